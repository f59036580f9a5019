use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::{Duration, Instant},
};

use room_hooks::hooks::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError};

use crate::{
    clock::millis,
    database::{Database, Pool},
    error::{ConnectError, Failure},
    signatures::{self, binding},
    sql::{clock, now},
    sweep::{self, SweepSchedule},
};

/// Delivery store in PostgreSQL: remembers which deliveries have been handled.
///
/// Use it when handlers run while the sender waits, to recognize duplicates across restarts and
/// machines. You do not need it with a [`PostgresInbox`](crate::PostgresInbox), but both can share
/// a schema. Leases and retention follow the database's clock. Clones share a connection pool.
///
/// ```no_run
/// use room_hooks::{Hooks, Verified, zego::{self, Zego}};
/// use room_hooks_postgres::PostgresStore;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
/// let hooks = Hooks::new(zego)
///     .on(async |created: Verified<zego::RoomCreated>| {
///         println!("{} is open", created.event.room_id);
///     })
///     .with_store(PostgresStore::connect(&std::env::var("DATABASE_URL")?).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    pool: Pool,
    sweep_schedule: Arc<SweepSchedule>,
}

impl PostgresStore {
    /// Connects to the database at a [URL](Database::new), and creates or upgrades the tables.
    ///
    /// # Errors
    ///
    /// Returns a [`ConnectError`] if the database cannot be used. Its message says what to do.
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        Self::connect_with(&Database::new(url)?).await
    }

    /// Connects to a database, and creates or upgrades the tables.
    ///
    /// # Errors
    ///
    /// Returns a [`ConnectError`] if the database cannot be used. Its message says what to do.
    pub async fn connect_with(database: &Database) -> Result<Self, ConnectError> {
        let store = Self::connect_lazily(database)?;
        store.pool.prepare().await?;
        Ok(store)
    }

    /// Creates a store that connects at the first operation, so that a service can start before its
    /// database.
    ///
    /// # Errors
    ///
    /// Returns [`ConnectError::InvalidSchema`] if the schema name is invalid.
    pub fn connect_lazily(database: &Database) -> Result<Self, ConnectError> {
        Ok(Self { pool: Pool::new(database)?, sweep_schedule: Arc::default() })
    }

    /// Stops the clock of this store, its clones and its renewal handles. A stopped clock is exact
    /// only if the clocks of the database and of this machine agree.
    #[doc(hidden)]
    pub fn stop_clock(&self) {
        self.pool.clock().stop();
    }

    #[doc(hidden)]
    pub fn advance_clock(&self, span: Duration) {
        self.pool.clock().advance(span);
    }

    async fn run<T>(
        &self,
        operation: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, StoreError> {
        self.pool.run(operation).await.map_err(|failure| match failure.is_full() {
            true => StoreError::Full,
            false => StoreError::Unavailable(failure.into()),
        })
    }

    fn start_upkeep(&self) {
        self.sweep_schedule.start_if_due(&self.pool, &[sweep::DELIVERIES, sweep::KEYS]);
    }
}

/// Claims a delivery. If a concurrent claim wins, this statement's snapshot does not contain its
/// row, and the result is `in progress`.
///
/// The last `SELECT` sees a row as it was when the statement began. If another claim has replaced
/// an expired settlement since, the delivery is in progress: its handler may still fail.
const CLAIM: &str = concat!(
    binding!(),
    ", claimed AS (
        INSERT INTO room_hooks.deliveries AS known (id, token, expires_at)
        SELECT $2, $5::bigint, now + $6::bigint FROM own
        ON CONFLICT (id) DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at
        WHERE known.expires_at <= ",
    now!(),
    "   RETURNING 1)
    SELECT CASE
        WHEN NOT EXISTS (SELECT FROM own) THEN 'signature reused'
        WHEN EXISTS (SELECT FROM claimed) THEN 'granted'
        WHEN EXISTS (
            SELECT FROM room_hooks.deliveries WHERE id = $2 AND token IS NULL AND expires_at >",
    now!(),
    ") THEN 'settled'
        ELSE 'in progress' END"
);

/// Renews a claim, even an expired one, unless another process has claimed the delivery.
const RENEW: &str = concat!(
    clock!(),
    "INSERT INTO room_hooks.deliveries AS known (id, token, expires_at)
    SELECT $2::bytea, $3::bigint, now + $4::bigint FROM clock
    ON CONFLICT (id) DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at
    WHERE known.token = excluded.token OR known.expires_at <= ",
    now!(),
    "RETURNING 1"
);

const SETTLE: &str = concat!(
    clock!(),
    "INSERT INTO room_hooks.deliveries (id, token, expires_at)
    SELECT $2::bytea, NULL, now + $3::bigint FROM clock
    ON CONFLICT (id) DO UPDATE SET token = NULL, expires_at = excluded.expires_at"
);

const RELEASE: &str = "DELETE FROM room_hooks.deliveries WHERE id = $1 AND token = $2";

impl DeliveryStore for PostgresStore {
    async fn claim(
        &self,
        delivery: DeliveryKey,
        _now: Instant,
    ) -> Result<ClaimOutcome, StoreError> {
        self.start_upkeep();
        let token = unique_token();
        let claim = async {
            let row = self
                .pool
                .connection()
                .await?
                .query_one(
                    CLAIM,
                    &[
                        &self.pool.clock().offset(),
                        &delivery.id.as_bytes().as_slice(),
                        &delivery
                            .signature
                            .as_ref()
                            .map(|signature| signature.as_bytes().as_slice()),
                        &millis(delivery.retention),
                        &token.0.cast_signed(),
                        &millis(delivery.lease),
                    ],
                )
                .await?;
            Ok(match row.try_get(0)? {
                "granted" => ClaimOutcome::Granted(token),
                "settled" => ClaimOutcome::Settled,
                "signature reused" => ClaimOutcome::SignatureReused,
                _ => ClaimOutcome::InProgress,
            })
        };
        self.run(claim).await
    }

    async fn bind(&self, delivery: DeliveryKey, _now: Instant) -> Result<bool, StoreError> {
        let Some(signature) = delivery.signature else { return Ok(true) };
        self.start_upkeep();
        let retention = millis(delivery.retention);
        self.run(signatures::bind(&self.pool, signature, delivery.id, retention)).await
    }

    async fn renew(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        _now: Instant,
    ) -> Result<bool, StoreError> {
        let (offset, lease) = (self.pool.clock().offset(), millis(delivery.lease));
        let (id, token) = (delivery.id.as_bytes().as_slice(), token.0.cast_signed());
        let renew = async {
            let mut connection = self.pool.connection().await?;
            connection.query(RENEW, &[&offset, &id, &token, &lease]).await
        };
        Ok(!self.run(renew).await?.is_empty())
    }

    async fn settle(&self, delivery: DeliveryKey, _now: Instant) -> Result<(), StoreError> {
        let (offset, retention) = (self.pool.clock().offset(), millis(delivery.retention));
        let id = delivery.id.as_bytes().as_slice();
        let settle = async {
            let mut connection = self.pool.connection().await?;
            connection.query(SETTLE, &[&offset, &id, &retention]).await
        };
        self.run(settle).await.map(|_| ())
    }

    fn for_renewal(&self) -> Option<Self> {
        Some(Self {
            pool: self.pool.single_connection().ok()?,
            sweep_schedule: Arc::clone(&self.sweep_schedule),
        })
    }

    async fn release(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        _now: Instant,
    ) -> Result<(), StoreError> {
        let (id, token) = (delivery.id.as_bytes().as_slice(), token.0.cast_signed());
        let release = async {
            let mut connection = self.pool.connection().await?;
            connection.query(RELEASE, &[&id, &token]).await
        };
        self.run(release).await.map(|_| ())
    }
}

impl fmt::Debug for PostgresStore {
    /// Omits the URL, since it may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("pool", &self.pool).finish_non_exhaustive()
    }
}

/// Creates a token that no claim on any machine shares: 64 bits of a hash whose key comes from the
/// operating system's random number generator.
fn unique_token() -> ClaimToken {
    ClaimToken(RandomState::new().hash_one(()))
}
