//! Secrets in freed memory: a secret that is passed as a `String` is wiped. Linux lets a process
//! read its own memory without unsafe code.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs::File, os::unix::fs::FileExt};

use room_hooks::{ConfigError, IntoSecrets, tencent::Tencent, trtc::Trtc, zego::Zego};

/// A long secret: the allocator overwrites only the beginning of a freed block.
fn secret() -> String {
    "5ec2e7".repeat(50)
}

/// Whether the memory of a secret still contains it after `pass` took it.
fn is_left<T>(secret: String, pass: impl FnOnce(String) -> T) -> bool {
    let (address, mut memory) = (secret.as_ptr() as u64, vec![0; secret.len()]);
    let kept = pass(secret);
    File::open("/proc/self/mem").unwrap().read_exact_at(&mut memory, address).unwrap();
    drop(kept);
    memory.windows(12).any(|part| part == b"5ec2e75ec2e7")
}

#[test]
fn a_secret_that_is_passed_as_a_string_is_wiped() {
    assert!(is_left(secret(), drop), "the test detects a secret that is not wiped");
    assert!(!is_left(secret(), |secret| Zego::new(1, secret).unwrap()));
    assert!(!is_left(secret(), |secret| Tencent::new(1, secret).unwrap()));
    assert!(!is_left(secret(), |secret| Trtc::new(1, secret).unwrap()));
    assert!(!is_left(secret(), |secret| secret.into_secrets().unwrap()));
    // A refused secret is wiped, too: it may be a real secret with an extra newline.
    assert!(!is_left(secret() + "\n", |secret| {
        assert_eq!(Zego::new(1, secret).unwrap_err(), ConfigError::SecretPadded);
    }));
}
