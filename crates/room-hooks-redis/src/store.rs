use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::LazyLock,
    time::{Duration, Instant},
};

use data_encoding::HEXLOWER;
use redis::{Client, FromRedisValue, RedisError, Script, ScriptInvocation};
use room_hooks::hooks::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError};

use crate::{
    connection::{Connection, is_full},
    error::ConnectError,
};

static BIND: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("bind.lua")));
static CLAIM: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("claim.lua")));
static RENEW: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("renew.lua")));
static SETTLE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("settle.lua")));
static RELEASE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("release.lua")));

/// Delivery store in Redis: remembers which deliveries have been handled.
///
/// Any number of processes can share it. Clones share a connection.
///
/// ```no_run
/// use room_hooks::{Hooks, zego::Zego};
/// use room_hooks_redis::{ConnectError, RedisStore};
///
/// async fn hooks(zego: Zego) -> Result<Hooks<Zego>, ConnectError> {
///     let store = RedisStore::connect("redis://:secret@db.internal/").await?;
///     Ok(Hooks::new(zego).with_store(store))
/// }
/// ```
///
/// Each operation is one script and one round trip. Leases and retention follow Redis's clock, the
/// only one that all processes share, so operations ignore their argument `now`.
///
/// All keys expire by themselves:
///
/// | key, after the prefix | value | expires after |
/// |---|---|---|
/// | `delivery:` and the id in 32 hex digits, while it is claimed | the token of the claim | the lease |
/// | the same, once it is settled | `settled` | the retention |
/// | `signature:` and its digest in 32 hex digits | the id that it is bound to | the retention |
#[derive(Clone)]
pub struct RedisStore {
    connection: Connection,
    prefix: String,
}

impl RedisStore {
    /// Connects to the Redis at a URL, `redis://[[user]:password@]host[:port][/database]`, and
    /// [checks](Self::check) that it is usable.
    ///
    /// # Errors
    ///
    /// Returns a [`ConnectError`] if the URL is invalid or Redis cannot be used.
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        let store = Self::connect_lazily(url)?;
        store.check().await?;
        Ok(store)
    }

    /// Checks that Redis runs the scripts and lets them write their keys, with a fictitious
    /// delivery that expires within a second. Fails on a replica, on a cluster that needs a hash
    /// tag, and if the user may not write these keys.
    ///
    /// [`connect`](Self::connect) calls this. Call it again after
    /// [`with_prefix`](Self::with_prefix).
    ///
    /// # Errors
    ///
    /// Returns [`ConnectError::Unusable`] if Redis rejects the login, a script or a key.
    pub async fn check(&self) -> Result<(), ConnectError> {
        const BRIEFLY: u64 = 1000;
        let (prefix, ClaimToken(token)) = (&self.prefix, unique_token());
        let call = |script: &'static Script| {
            let mut call = script.key(format!("{prefix}delivery:check:{token:x}"));
            call.key(format!("{prefix}signature:check:{token:x}")).arg(token);
            call
        };
        let unusable = |error: RedisError| ConnectError::Unusable(error.into());
        let mut claim = call(&CLAIM);
        claim.arg(token).arg(BRIEFLY).arg(BRIEFLY);
        let _: String = self.connection.run(&claim).await.map_err(unusable)?;
        let mut bind = call(&BIND);
        bind.arg(BRIEFLY);
        let _: bool = self.connection.run(&bind).await.map_err(unusable)?;
        let mut renew = call(&RENEW);
        renew.arg(token).arg(BRIEFLY);
        let _: bool = self.connection.run(&renew).await.map_err(unusable)?;
        let mut settle = call(&SETTLE);
        settle.arg(BRIEFLY);
        let () = self.connection.run(&settle).await.map_err(unusable)?;
        let mut release = call(&RELEASE);
        release.arg(token);
        self.connection.run(&release).await.map_err(unusable)
    }

    /// Creates a store that connects at the first operation, so that a service can start before its
    /// Redis.
    ///
    /// # Errors
    ///
    /// Returns [`ConnectError::InvalidUrl`] if the URL is invalid.
    pub fn connect_lazily(url: &str) -> Result<Self, ConnectError> {
        let client = Client::open(url).map_err(|error| ConnectError::InvalidUrl(error.into()))?;
        Ok(Self { connection: Connection::new(client), prefix: "{room-hooks}:".into() })
    }

    /// Sets the prefix of all keys; `{room-hooks}:` by default, a hash tag that keeps the keys of a
    /// script in one slot of a cluster.
    ///
    /// Processes with the same prefix and database share deliveries. Unrelated services need
    /// different prefixes or databases.
    #[must_use]
    pub fn with_prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Begins a call with the arguments that all scripts share: the key of the delivery, the key of
    /// its signature if it has one, and the id.
    fn call(&self, script: &'static Script, delivery: DeliveryKey) -> ScriptInvocation<'static> {
        let (prefix, id) = (&self.prefix, delivery.id.to_string());
        let mut call = script.key(format!("{prefix}delivery:{id}"));
        if let Some(signature) = delivery.signature {
            call.key(format!("{prefix}signature:{}", HEXLOWER.encode(signature.as_bytes())));
        }
        call.arg(id);
        call
    }

    async fn run<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        self.connection.run(call).await.map_err(|error| {
            if is_full(&error) { StoreError::Full } else { StoreError::Unavailable(error.into()) }
        })
    }
}

impl DeliveryStore for RedisStore {
    async fn claim(
        &self,
        delivery: DeliveryKey,
        _now: Instant,
    ) -> Result<ClaimOutcome, StoreError> {
        let token = unique_token();
        let mut call = self.call(&CLAIM, delivery);
        call.arg(token.0).arg(milliseconds(delivery.lease)).arg(milliseconds(delivery.retention));
        let claim: String = self.run(&call).await?;
        match claim.as_str() {
            "granted" => Ok(ClaimOutcome::Granted(token)),
            "in progress" => Ok(ClaimOutcome::InProgress),
            "settled" => Ok(ClaimOutcome::Settled),
            "signature reused" => Ok(ClaimOutcome::SignatureReused),
            _ => Err(StoreError::Unavailable(format!("unknown claim outcome: {claim:?}").into())),
        }
    }

    async fn bind(&self, delivery: DeliveryKey, _now: Instant) -> Result<bool, StoreError> {
        if delivery.signature.is_none() {
            return Ok(true);
        }
        let mut call = self.call(&BIND, delivery);
        self.run(call.arg(milliseconds(delivery.retention))).await
    }

    async fn renew(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        _now: Instant,
    ) -> Result<bool, StoreError> {
        let mut call = self.call(&RENEW, delivery);
        self.run(call.arg(token.0).arg(milliseconds(delivery.lease))).await
    }

    async fn settle(&self, delivery: DeliveryKey, _now: Instant) -> Result<(), StoreError> {
        let mut call = self.call(&SETTLE, delivery);
        self.run(call.arg(milliseconds(delivery.retention))).await
    }

    fn for_renewal(&self) -> Option<Self> {
        Some(Self { connection: self.connection.another(), prefix: self.prefix.clone() })
    }

    async fn release(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        _now: Instant,
    ) -> Result<(), StoreError> {
        let mut call = self.call(&RELEASE, delivery);
        self.run(call.arg(token.0)).await
    }
}

impl fmt::Debug for RedisStore {
    /// Omits the URL, since it may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Creates a token that no claim on any machine shares: a 64-bit hash whose key comes from the
/// operating system's random number generator. A counter in Redis would start over, and repeat old
/// tokens, if Redis restarted without its data.
fn unique_token() -> ClaimToken {
    ClaimToken(RandomState::new().hash_one(()))
}

/// Converts a span to milliseconds that Redis accepts: at least 1, and at most a century, so that
/// its clock does not overflow.
fn milliseconds(span: Duration) -> u64 {
    const CENTURY: u64 = 100 * 365 * 24 * 60 * 60 * 1000;
    u64::try_from(span.as_millis()).map_or(CENTURY, |span| span.clamp(1, CENTURY))
}
