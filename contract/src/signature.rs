//! The providers' signatures, implemented independently of the core from their documentation.

use data_encoding::{BASE64, HEXLOWER};
use sha1::{Digest, Sha1};
use sha2::Sha256;

/// Signs for ZEGO, as a lowercase hex digest.
#[must_use]
pub fn zego(secret: &str, timestamp: &str, nonce: &str) -> String {
    let mut parts = [secret, timestamp, nonce];
    parts.sort_unstable();
    HEXLOWER.encode(&Sha1::digest(parts.concat()))
}

/// Signs for Tencent, as a lowercase hex digest.
#[must_use]
pub fn tencent(token: &str, request_time: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{token}{request_time}")))
}

/// Signs for TRTC, in base64: HMAC-SHA256 per RFC 2104, for keys no longer than one block.
#[must_use]
pub fn trtc(key: &str, body: &[u8]) -> String {
    let padded = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(key.bytes()).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(body).finalize();
    let outer = Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize();
    BASE64.encode(&outer)
}
