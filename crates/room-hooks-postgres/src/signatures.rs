//! Binds signatures to deliveries.

use room_hooks::{DeliveryId, SignatureKey};

use crate::{database::Pool, error::Failure};

/// Begins a statement that binds the signature `$3` to the id `$2` for `$4` milliseconds. `own`
/// then has one row, or none if the signature belongs to another id. Without a signature, `own` has
/// one row.
///
/// `ON CONFLICT` waits for a concurrent insert of the same signature and then sees that row,
/// although the row is newer than the statement's snapshot.
macro_rules! binding {
    () => {
        concat!(
            $crate::sql::clock!(),
            ", bound AS (
                INSERT INTO room_hooks.keys AS known (key, owner, expires_at)
                SELECT 's'::bytea || $3::bytea, $2::bytea, now + $4::bigint FROM clock WHERE $3 IS NOT NULL
                ON CONFLICT (key) DO UPDATE SET owner = excluded.owner,
                    expires_at = CASE WHEN known.expires_at <= ",
            $crate::sql::now!(),
            " THEN excluded.expires_at ELSE known.expires_at END
                WHERE known.owner = excluded.owner OR known.expires_at <= ",
            $crate::sql::now!(),
            " RETURNING 1),
            own AS MATERIALIZED (
                SELECT now FROM clock WHERE $3 IS NULL OR EXISTS (SELECT FROM bound)) "
        )
    };
}

pub(crate) use binding;

const BIND: &str = concat!(binding!(), "SELECT EXISTS (SELECT FROM own)");

/// Binds a signature to a delivery for `retention` milliseconds. Returns `false` if the signature
/// belongs to another delivery.
pub(crate) async fn bind(
    pool: &Pool,
    signature: SignatureKey,
    id: DeliveryId,
    retention: i64,
) -> Result<bool, Failure> {
    let (id, signature) = (id.as_bytes().as_slice(), signature.as_bytes().as_slice());
    let mut connection = pool.connection().await?;
    let row =
        connection.query_one(BIND, &[&pool.clock().offset(), &id, &signature, &retention]).await?;
    Ok(row.try_get(0)?)
}
