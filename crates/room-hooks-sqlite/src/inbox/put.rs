use room_hooks::{
    DeliveryId, SignatureKey,
    inbox::{NewEvent, PutOutcome},
};
use rusqlite::{OptionalExtension, named_params};

use super::Bounds;
use crate::{
    clock::{millis, to_millis},
    database::{
        State, Turn,
        keys::{self, Found, Kind},
    },
    signatures::{self, Binding},
};

/// The approximate size of a row and its index entries in bytes, without its texts and its payload.
const ROW: i64 = 300;

/// Stores an event. `None` if the inbox is full.
pub(super) fn put(
    turn: &Turn<'_>,
    event: &NewEvent,
    bounds: Bounds,
) -> rusqlite::Result<Option<PutOutcome>> {
    let retention = millis(event.retention);
    if let (Some(id), Some(signature)) = (event.id, event.signature) {
        // Binds the signature even if there is no room for the event, so that the signature belongs
        // to its retry.
        match signatures::bind(turn, signature, id, retention, bounds.rows)? {
            Binding::Own => {}
            Binding::Other => return Ok(Some(PutOutcome::SignatureReused)),
            Binding::Full => return Ok(None),
        }
    }
    let room = event.room.as_deref().unwrap_or_default();
    let texts = event.payload.len() + event.kind.len() + room.len();
    let size = i64::try_from(texts).unwrap_or(i64::MAX).saturating_add(ROW);
    let key = event.id.as_ref().map(DeliveryId::as_bytes);
    let remembered = key.map(|key| keys::find(turn, Kind::Event, key)).transpose()?.flatten();
    let is_remembered = |found: &Found| found.expires_at.is_none_or(|at| turn.now < at);
    if remembered.as_ref().is_some_and(is_remembered) {
        return Ok(Some(PutOutcome::Duplicate));
    }
    let needs_key = key.is_some() && remembered.is_none();
    if !make_room(turn, size, needs_key, bounds)? {
        return Ok(None);
    }
    if let Some(key) = key {
        // The key does not expire before the event is removed. `make_room` may have removed the
        // expired key that was found.
        if remembered.is_some() {
            keys::remove(turn, Kind::Event, key)?;
        }
        keys::insert(turn, Kind::Event, key, None, None)?;
    }
    let sequence = turn.totals().sequence + 1;
    turn.prepare(
        "INSERT INTO room_hooks_events
            (sequence, id, signature, retention, keep_until, kind, format, room, received_at, size, state, next_at, payload)
         VALUES (:sequence, :id, :signature, :retention, :keep_until, :kind, :format, :room, :received_at, :size, 'ready', :now,
            :payload)",
    )?
    .execute(named_params! {
        ":sequence": sequence,
        ":id": event.id.as_ref().map(DeliveryId::as_bytes),
        ":signature": event.signature.as_ref().map(SignatureKey::as_bytes),
        ":retention": retention,
        // Without an id, a retry cannot be recognized, so there is nothing to remember.
        ":keep_until": if event.id.is_some() { turn.now + retention } else { turn.now },
        ":kind": event.kind,
        ":format": event.format_version,
        ":room": event.room,
        ":received_at": to_millis(event.received_at),
        ":size": size,
        ":now": turn.now,
        ":payload": event.payload,
    })?;
    turn.count(|totals| {
        totals.sequence = sequence;
        totals.ready += 1;
        totals.bytes += size;
    });
    Ok(Some(PutOutcome::New))
}

/// Removes the oldest done events whose retention has ended, until there is room. Returns whether
/// there is room.
fn make_room(
    turn: &Turn<'_>,
    size: i64,
    needs_key: bool,
    bounds: Bounds,
) -> rusqlite::Result<bool> {
    // An event that can never fit must not cause the removal of others.
    if size > bounds.bytes {
        return Ok(false);
    }
    let has_room = || {
        let totals = turn.totals();
        totals.rows() < bounds.rows
            && totals.bytes.saturating_add(size) <= bounds.bytes
            && (totals.ids < bounds.rows || !needs_key)
    };
    if needs_key {
        keys::has_room(turn, Kind::Event, bounds.rows)?;
    }
    let mut is_left = true;
    while !has_room() && is_left {
        is_left = remove_oldest(turn)?;
    }
    Ok(has_room())
}

fn remove_oldest(turn: &Turn<'_>) -> rusqlite::Result<bool> {
    let mut oldest = turn.prepare(
        "SELECT sequence, size FROM room_hooks_events INDEXED BY room_hooks_events_forgettable
         WHERE state = 'done' AND keep_until <= ?1 ORDER BY keep_until, sequence LIMIT 1",
    )?;
    let oldest = oldest.query_row([turn.now], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if let Some((sequence, size)) = oldest {
        remove(turn, State::Done, sequence, size)?;
    }
    Ok(oldest.is_some())
}

/// Removes an event that no worker holds. Its id is removed when its retention ends.
pub(super) fn remove(
    turn: &Turn<'_>,
    state: State,
    sequence: i64,
    size: i64,
) -> rusqlite::Result<()> {
    let mut delete =
        turn.prepare("DELETE FROM room_hooks_events WHERE sequence = ?1 RETURNING id, keep_until")?;
    // An unreadable id counts as missing.
    let (id, keep_until) =
        delete.query_row([sequence], |row| Ok((row.get(0).ok().flatten(), row.get(1)?)))?;
    match id {
        Some(id) if turn.now < keep_until => {
            keys::update(turn, Kind::Event, &id, None, Some(keep_until))?;
        }
        Some(id) => keys::remove(turn, Kind::Event, &id)?,
        None => {}
    }
    turn.count(|totals| {
        *totals.of_state(state) -= 1;
        totals.bytes -= size;
    });
    Ok(())
}
