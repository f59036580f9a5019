//! Which delivery a signature belongs to.

use room_hooks::{DeliveryId, SignatureKey};

use crate::{database::Pool, error::Failure};

/// The part of a statement that binds a signature to an id for a span, from the parameters 2, 3 and 4. Then `own` has a
/// row, unless the signature belongs to another id. Without a signature, it has one.
///
/// A row that another transaction inserts meanwhile is waited for, and then looked at as it is, even though it is newer
/// than the statement.
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

/// Binds a signature to a delivery for a span, and tells whether it belongs to it.
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
