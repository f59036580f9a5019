//! The best-known receivers of signed callbacks in Rust, with bodies of the same size.

use std::{
    error::Error,
    time::{Duration, SystemTime},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::HeaderMap;
use livekit_api::{
    access_token::{AccessToken, TokenVerifier},
    webhooks::WebhookReceiver,
};
use room_hooks::testing::SignedDelivery;
use serde::de::DeserializeOwned;
use serde_json::json;
use sha2::{Digest, Sha256};
use standardwebhooks::Webhook;

use super::{Contender, SECRET};

/// Standard Webhooks: verifies, then deserializes into the same type.
pub(super) fn standard<T>(signed: &[SignedDelivery]) -> Result<Contender, Box<dyn Error>>
where
    T: DeserializeOwned,
{
    let webhook = Webhook::from_bytes(SECRET.into())?;
    let sent_at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
    let id = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
    let mut deliveries = Vec::new();
    for SignedDelivery { body, .. } in signed.iter().cloned() {
        let signature = webhook.sign(id, i64::try_from(sent_at)?, &body)?;
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", id.parse()?);
        headers.insert("webhook-timestamp", sent_at.to_string().parse()?);
        headers.insert("webhook-signature", signature.parse()?);
        webhook.verify(&body, &headers)?;
        deliveries.push((body, headers));
    }
    Ok(Contender::new("`standardwebhooks`", deliveries, move |(body, headers)| {
        webhook.verify(body, headers).ok()?;
        serde_json::from_slice::<T>(body).ok()
    }))
}

/// LiveKit's server SDK with its own events, padded to the same length with the room's metadata.
pub(super) fn livekit(signed: &[SignedDelivery]) -> Result<Contender, Box<dyn Error>> {
    let body = |metadata: &str| {
        json!({
            "event": "room_started", "id": "EV_7f3a", "createdAt": "1763800000",
            "room": {"sid": "RM_7f3a", "name": "lobby", "metadata": metadata},
        })
        .to_string()
    };
    let receiver = WebhookReceiver::new(TokenVerifier::with_api_key("key", SECRET));
    let mut deliveries = Vec::new();
    for signed in signed {
        let body = body(&"m".repeat(signed.body.len().saturating_sub(body("").len())));
        let token = AccessToken::with_api_key("key", SECRET)
            .with_sha256(&STANDARD.encode(Sha256::digest(&body)))
            .with_ttl(Duration::from_secs(3600))
            .to_jwt()?;
        receiver.receive(&body, &token)?;
        deliveries.push((body, token));
    }
    Ok(Contender::new("`livekit-api`", deliveries, move |(body, token)| {
        receiver.receive(body, token)
    }))
}
