use std::{collections::HashSet, error::Error, fmt::Write, time::SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use room_hooks::{ConfigError, zego::Zego};
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use crate::contender::Variant;

pub const PATH: &str = "/hooks";

/// The secret for the signatures that other crates verify.
pub const GITHUB_SECRET: &str = "demo-github-secret";

pub fn zego() -> Result<Zego, ConfigError> {
    Zego::new(1_234_567_890, "demo-callback-secret")
}

/// Bodies of distinct deliveries, signed and fresh.
pub struct Deliveries(Vec<Vec<u8>>);

impl Deliveries {
    pub fn sign(count: usize) -> Result<Self, Box<dyn Error>> {
        let (zego, now) = (zego()?, SystemTime::now());
        let mut nonces = HashSet::with_capacity(count);
        let mut bodies = Vec::with_capacity(count);
        for number in 0..count {
            let body = zego.sign(&room_created(number), now)?.body;
            // A nonce has 32 random bits, so a few of many are equal. Hooks would refuse the second
            // delivery because its signature is bound to the first.
            if nonces.insert(serde_json::from_slice::<Nonce>(&body)?.nonce) {
                bodies.push(body);
            }
        }
        Ok(Self(bodies))
    }

    /// The deliveries as a variant's requests.
    pub fn requests(&self, variant: Variant) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
        self.0.iter().map(|body| request(body, variant)).collect()
    }
}

#[derive(Deserialize)]
struct Nonce {
    nonce: String,
}

fn room_created(number: usize) -> serde_json::Value {
    json!({
        "event": "room_create",
        "room_id": format!("friday-{number:012}"),
        "room_name": "Friday evening, all are welcome",
        "operator_account": "user-4711",
        "attributes": [{ "key": "topic", "value": "music", "auto_delete": 1 }],
    })
}

fn request(body: &[u8], variant: Variant) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
        body.len(),
    );
    if variant == Variant::Peer {
        head.push_str("x-hub-signature-256: sha256=");
        let mac = Hmac::<Sha256>::new_from_slice(GITHUB_SECRET.as_bytes())?.chain_update(body);
        for byte in mac.finalize().into_bytes() {
            write!(head, "{byte:02x}")?;
        }
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    Ok([head.as_bytes(), body].concat())
}
