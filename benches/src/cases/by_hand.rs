//! Verification by hand, as the vendors' pages show it: parse, join, hash, compare.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use room_hooks::testing::SignedDelivery;
use serde_json::Value;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use super::SECRET;

pub(super) fn zego(signed: &SignedDelivery) -> Option<Value> {
    let body: Value = serde_json::from_slice(&signed.body).ok()?;
    let (timestamp, nonce) = (body["timestamp"].to_string(), body["nonce"].as_str()?);
    let mut parts = [SECRET, &timestamp, nonce];
    parts.sort_unstable();
    let digest = hex::encode(Sha1::digest(parts.concat()));
    (digest == body["signature"].as_str()?).then_some(body)
}

pub(super) fn tencent(signed: &SignedDelivery) -> Option<Value> {
    let query: HashMap<_, _> = form_urlencoded::parse(signed.query.as_bytes()).collect();
    let digest = hex::encode(Sha256::digest([SECRET, query.get("RequestTime")?].concat()));
    let body = serde_json::from_slice(&signed.body).ok()?;
    (digest == *query.get("Sign")?).then_some(body)
}

pub(super) fn trtc(signed: &SignedDelivery) -> Option<Value> {
    let (_, sign) = signed.headers.iter().find(|(name, _)| name == "Sign")?;
    let hmac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).ok()?;
    let digest = STANDARD.encode(hmac.chain_update(&signed.body).finalize().into_bytes());
    let body = serde_json::from_slice(&signed.body).ok()?;
    (digest == *sign).then_some(body)
}
