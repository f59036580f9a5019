//! The providers' signatures, written a second time from their documentation.

use sha1::{Digest, Sha1};
use sha2::Sha256;

pub(crate) fn zego(secret: &str, timestamp: &str, nonce: &str) -> String {
    let mut parts = [secret, timestamp, nonce];
    parts.sort_unstable();
    base16ct::lower::encode_string(&Sha1::digest(parts.concat()))
}

pub(crate) fn tencent(token: &str, request_time: &str) -> String {
    base16ct::lower::encode_string(&Sha256::digest(format!("{token}{request_time}")))
}
