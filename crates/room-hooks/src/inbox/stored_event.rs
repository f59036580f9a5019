//! Converts a verified event to the form that an inbox stores.

use std::time::Duration;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Document, Provider, RoomEvent, Verified, hooks::DeliveryKey};

use super::NewEvent;

/// The version of the payload's format. A worker leaves events of a newer version to a newer
/// worker.
pub(super) const FORMAT_VERSION: u32 = 1;

/// Converts an event, without its signature.
pub(crate) fn stored_event<E: RoomEvent>(
    verified: &Verified<E>,
    delivery: Option<DeliveryKey>,
    retention: Duration,
) -> Result<NewEvent, serde_json::Error> {
    Ok(NewEvent {
        id: delivery.map(|delivery| delivery.id),
        signature: delivery.and_then(|delivery| delivery.signature),
        retention,
        kind: kind_of::<E::Provider>(verified.event.kind()),
        format_version: FORMAT_VERSION,
        room: room_of(verified),
        received_at: verified.first_received_at(),
        payload: serde_json::to_vec(&verified.to_stored())?,
    })
}

/// The name of a provider's kind of event in an inbox.
pub(super) fn kind_of<P: Provider>(kind: &str) -> String {
    format!("{}/{kind}", P::NAME)
}

/// The room by which an event is ordered, with provider and app.
fn room_of<E: RoomEvent>(verified: &Verified<E>) -> Option<String> {
    let room_id = verified.event.room_id()?;
    // JSON, so that no character in a room's name can harm a store, and a number differs from a
    // string.
    let room_id = match is_numbered::<E::Provider>(&verified.document) {
        true => room_id.to_owned(),
        false => Value::from(room_id).to_string(),
    };
    let room_id = match room_id.len() {
        ..=200 => room_id,
        _ => format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(room_id))),
    };
    Some(format!("{}/{}/{room_id}", E::Provider::NAME, verified.app_id))
}

fn is_numbered<P: Provider>(document: &Document) -> bool {
    P::HAS_NUMBERED_ROOMS
        && P::ROOM_ID
            .iter()
            .find_map(|path| document.at(path))
            .is_some_and(|room_id| !room_id.starts_with('"'))
}
