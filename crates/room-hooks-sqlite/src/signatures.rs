use room_hooks::{DeliveryId, SignatureKey};
use rusqlite::OptionalExtension;

use crate::database::{Expiring, Turn};

/// Whether a signature belongs to a delivery.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binding {
    Own,
    Anothers,
    /// It belongs to none, and there is no room for another.
    Full,
}

/// Binds a signature to a delivery until its retention ends, unless it belongs to one already.
pub(crate) fn bind(
    turn: &Turn<'_>,
    signature: SignatureKey,
    id: DeliveryId,
    retention: i64,
    most: i64,
) -> rusqlite::Result<Binding> {
    let (signature, id) = (signature.as_bytes(), id.as_bytes());
    let expires_at = turn.now + retention;
    let has_room = Expiring::Signatures.has_room(turn, most)?;
    if has_room {
        let inserted = turn
            .prepare(
                "INSERT INTO room_hooks_signatures VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute((signature, id, expires_at))?;
        if inserted > 0 {
            Expiring::Signatures.count(turn, 1);
            return Ok(Binding::Own);
        }
    }
    let bound: Option<(Vec<u8>, i64)> = turn
        .prepare("SELECT id, expires_at FROM room_hooks_signatures WHERE signature = ?1")?
        .query_row([signature], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((owner, expired_at)) = bound else { return Ok(Binding::Full) };
    if turn.now < expired_at {
        return Ok(if owner == id { Binding::Own } else { Binding::Anothers });
    }
    turn.prepare("UPDATE room_hooks_signatures SET id = ?2, expires_at = ?3 WHERE signature = ?1")?
        .execute((signature, id, expires_at))?;
    Ok(Binding::Own)
}
