use room_hooks::{
    DeliveryId, SignatureKey,
    inbox::{NewEvent, PutOutcome},
};
use tokio_postgres::{error::SqlState, types::ToSql};

use super::bounds::Size;
use crate::{
    clock::{millis, to_millis},
    database::{Connection, Pool},
    error::Failure,
    signatures::binding,
    sql::{clock, now},
};

macro_rules! insert {
    ($from:literal) => {
        concat!(
            "INSERT INTO room_hooks.events (id, signature, retention, keep_until, kind, format, room, received_at, size,
                state, next_at, payload)
            SELECT $2::bytea, $3::bytea, $4::bigint, CASE WHEN $2 IS NULL THEN now ELSE now + $4 END, $5, $6, $7, $8, $9,
                'ready', now, $10
            FROM ",
            $from
        )
    };
}

/// Stores an event whose id and signature are both new, as in most puts. Plain inserts take half
/// the time of inserts with `ON CONFLICT`. Writes nothing if the id or the signature is known.
const PUT_NEW: &str = concat!(
    clock!(),
    ", new AS MATERIALIZED (
        SELECT now FROM clock
        WHERE NOT EXISTS (
            SELECT FROM room_hooks.keys WHERE key IN ('s'::bytea || $3::bytea, 'e'::bytea || $2::bytea))),
    remembered AS (
        INSERT INTO room_hooks.keys (key, owner, expires_at)
        SELECT key, owner, CASE WHEN owner IS NOT NULL THEN now + $4::bigint END
        FROM new, (VALUES ('s'::bytea || $3, $2), ('e'::bytea || $2, NULL)) AS digest (key, owner)
        WHERE key IS NOT NULL),
    put AS (",
    insert!("new"),
    ")
    SELECT CASE WHEN EXISTS (SELECT FROM new) THEN 'new' END"
);

/// Stores an event whose id or signature may be known. `$11` is whether the inbox has room.
///
/// Each step depends on the previous one, so that all transactions lock in the same order:
/// signature, id, event.
const PUT: &str = concat!(
    binding!(),
    ", remembered AS (
        INSERT INTO room_hooks.keys AS known (key)
        SELECT 'e'::bytea || $2 FROM own WHERE $11 AND $2 IS NOT NULL
        ON CONFLICT (key) DO UPDATE SET expires_at = NULL WHERE known.expires_at <= ",
    now!(),
    "   RETURNING 1),
    put AS (",
    insert!("own WHERE $11::boolean AND ($2 IS NULL OR EXISTS (SELECT FROM remembered))"),
    "   RETURNING 1)
    SELECT CASE
        WHEN NOT EXISTS (SELECT FROM own) THEN 'signature reused'
        WHEN EXISTS (SELECT FROM put) THEN 'new'
        WHEN $11 OR EXISTS (
            SELECT FROM room_hooks.keys
            WHERE key = 'e'::bytea || $2 AND (expires_at IS NULL OR expires_at > ",
    now!(),
    ")) THEN 'duplicate'
        ELSE 'full' END"
);

/// Stores an event. Returns `None` if the inbox is full. Even then the signature is bound to the
/// event's id, so that no other delivery can use it before the sender retries.
pub(super) async fn put(
    pool: &Pool,
    event: &NewEvent,
    size: Size,
    has_room: bool,
) -> Result<Option<PutOutcome>, Failure> {
    let id = event.id.as_ref().map(|id| DeliveryId::as_bytes(id).as_slice());
    // A signature can only be bound to an id.
    let signature = event.id.and(event.signature.as_ref());
    let signature = signature.map(|signature| SignatureKey::as_bytes(signature).as_slice());
    let (retention, received_at) = (millis(event.retention), to_millis(event.received_at));
    let (offset, format) = (pool.clock().offset(), i64::from(event.format_version));
    let parameters: [&(dyn ToSql + Sync); 11] = [
        &offset,
        &id,
        &signature,
        &retention,
        &event.kind,
        &format,
        &event.room,
        &received_at,
        &size.bytes,
        &event.payload,
        &has_room,
    ];
    let mut connection = pool.connection().await?;
    if has_room && put_new(&mut connection, &parameters[..10]).await? {
        return Ok(Some(PutOutcome::New));
    }
    let row = connection.query_one(PUT, &parameters).await?;
    match row.try_get(0)? {
        "new" => Ok(Some(PutOutcome::New)),
        "duplicate" => Ok(Some(PutOutcome::Duplicate)),
        "signature reused" => Ok(Some(PutOutcome::SignatureReused)),
        _ => Ok(None),
    }
}

/// Returns `false` if the id or the signature is known.
async fn put_new(
    connection: &mut Connection,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<bool, Failure> {
    match connection.query_one(PUT_NEW, parameters).await {
        Ok(row) => Ok(row.try_get::<_, Option<&str>>(0)?.is_some()),
        // A concurrent put was first.
        Err(failure) if failure.code() == Some(&SqlState::UNIQUE_VIOLATION) => Ok(false),
        Err(failure) => Err(failure),
    }
}
