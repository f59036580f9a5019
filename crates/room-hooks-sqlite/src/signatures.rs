use room_hooks::{DeliveryId, SignatureKey};

use crate::database::{
    Turn,
    keys::{self, Kind},
};

/// Whether a signature belongs to a delivery.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binding {
    Own,
    Other,
    /// The signature belongs to no delivery, and the store is full.
    Full,
}

/// Binds a signature to a delivery until its retention ends, unless it already belongs to one.
pub(crate) fn bind(
    turn: &Turn<'_>,
    signature: SignatureKey,
    id: DeliveryId,
    retention: i64,
    most: i64,
) -> rusqlite::Result<Binding> {
    let (signature, id) = (signature.as_bytes(), id.as_bytes());
    let until = Some(turn.now + retention);
    let Some(bound) = keys::find(turn, Kind::Signature, signature)? else {
        if !keys::has_room(turn, Kind::Signature, most)? {
            return Ok(Binding::Full);
        }
        keys::insert(turn, Kind::Signature, signature, Some(id), until)?;
        return Ok(Binding::Own);
    };
    if bound.expires_at.is_none_or(|expires_at| turn.now < expires_at) {
        let is_own = bound.owner.as_deref() == Some(id.as_slice());
        return Ok(if is_own { Binding::Own } else { Binding::Other });
    }
    keys::update(turn, Kind::Signature, signature, Some(id), until)?;
    Ok(Binding::Own)
}
