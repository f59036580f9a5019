use std::{
    hash::{BuildHasher, RandomState},
    path::Path,
    time::{Duration, Instant},
};

use room_hooks::hooks::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError};

use crate::{
    clock::millis,
    database::{
        Database, Failure, Turn,
        keys::{self, Found, Kind},
    },
    error::OpenError,
    signatures::{self, Binding},
};

/// Delivery store in a SQLite file: remembers which deliveries have been handled.
///
/// Use it when handlers run while the sender waits, to recognize duplicates across restarts and
/// among the processes of one machine. You do not need it with a
/// [`SqliteInbox`](crate::SqliteInbox). Both can be in one file; each then counts the other's
/// signatures against its own bounds. Clones share a connection.
///
/// ```no_run
/// use room_hooks::{Hooks, Verified, zego::{self, Zego}};
/// use room_hooks_sqlite::SqliteStore;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
/// let hooks = Hooks::new(zego)
///     .on(async |created: Verified<zego::RoomCreated>| {
///         println!("{} is open", created.event.room_id);
///     })
///     .with_store(SqliteStore::open("rooms.db")?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SqliteStore {
    database: Database,
    most: i64,
}

impl SqliteStore {
    /// Opens a file, and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an [`OpenError`] if the file cannot be used. Its message says what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Ok(Self { database: Database::open(path.as_ref())?, most: 4_000_000 })
    }

    /// Sets how many deliveries, and how many bound signatures, the store may hold; 4,000,000 of
    /// each by default.
    #[must_use]
    pub fn with_max_rows(mut self, rows: u64) -> Self {
        self.most = rows.try_into().unwrap_or(i64::MAX);
        self
    }

    /// Stops the clock of this store, its clones and its renewal handles, so that only a test moves
    /// it.
    #[doc(hidden)]
    pub fn stop_clock(&self) {
        self.database.clock().stop();
    }

    #[doc(hidden)]
    pub fn advance_clock(&self, span: Duration) {
        self.database.clock().advance(span);
    }

    #[doc(hidden)]
    pub fn set_clock_back(&self, span: Duration) {
        self.database.clock().set_back(span);
    }

    /// Sets or reads a pragma of the connection, for tests.
    #[doc(hidden)]
    pub async fn pragma(&self, pragma: &str) -> Result<String, StoreError> {
        self.database.pragma(pragma).await.map_err(unavailable)
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Turn<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.database.write(work).await.map_err(unavailable)
    }
}

impl DeliveryStore for SqliteStore {
    async fn claim(
        &self,
        delivery: DeliveryKey,
        _now: Instant,
    ) -> Result<ClaimOutcome, StoreError> {
        let most = self.most;
        self.write(move |turn| claim(turn, delivery, most)).await?.ok_or(StoreError::Full)
    }

    async fn bind(&self, delivery: DeliveryKey, _now: Instant) -> Result<bool, StoreError> {
        let most = self.most;
        match self.write(move |turn| bind(turn, delivery, most)).await? {
            Binding::Own => Ok(true),
            Binding::Other => Ok(false),
            Binding::Full => Err(StoreError::Full),
        }
    }

    async fn renew(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        _now: Instant,
    ) -> Result<bool, StoreError> {
        self.write(move |turn| {
            let found = find(turn, delivery)?;
            let is_its_own = match state(turn, found.as_ref()) {
                Some(State::Claimed(holder)) => holder == token,
                Some(State::Settled) => false,
                None => true,
            };
            if is_its_own {
                set(turn, delivery, found.as_ref(), Some(token), delivery.lease)?;
            }
            Ok(is_its_own)
        })
        .await
    }

    async fn settle(&self, delivery: DeliveryKey, _now: Instant) -> Result<(), StoreError> {
        let most = self.most;
        let is_settled = self.write(move |turn| {
            let found = find(turn, delivery)?;
            // A claimed delivery already has a row. One that was handled without a claim may find
            // the store full.
            let has_room = found.is_some() || keys::has_room(turn, Kind::Delivery, most)?;
            if has_room {
                set(turn, delivery, found.as_ref(), None, delivery.retention)?;
            }
            Ok(has_room)
        });
        if is_settled.await? { Ok(()) } else { Err(StoreError::Full) }
    }

    fn for_renewal(&self) -> Option<Self> {
        Some(Self { database: self.database.another_lazily(), most: self.most })
    }

    async fn release(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        _now: Instant,
    ) -> Result<(), StoreError> {
        self.write(move |turn| {
            let found = find(turn, delivery)?;
            if let Some(State::Claimed(holder)) = state(turn, found.as_ref())
                && holder == token
            {
                keys::remove(turn, Kind::Delivery, delivery.id.as_bytes())?;
            }
            Ok(())
        })
        .await
    }
}

enum State {
    Claimed(ClaimToken),
    Settled,
}

/// Claims a delivery. `None` if the store is full.
fn claim(
    turn: &Turn<'_>,
    delivery: DeliveryKey,
    most: i64,
) -> rusqlite::Result<Option<ClaimOutcome>> {
    match bind(turn, delivery, most)? {
        Binding::Own => {}
        Binding::Other => return Ok(Some(ClaimOutcome::SignatureReused)),
        Binding::Full => return Ok(None),
    }
    let found = find(turn, delivery)?;
    match state(turn, found.as_ref()) {
        Some(State::Claimed(_)) => return Ok(Some(ClaimOutcome::InProgress)),
        Some(State::Settled) => return Ok(Some(ClaimOutcome::Settled)),
        None => {}
    }
    if found.is_none() && !keys::has_room(turn, Kind::Delivery, most)? {
        return Ok(None);
    }
    // A 64-bit keyed hash. Each `RandomState` has its own key, derived from the operating system's
    // random source.
    let token = ClaimToken(RandomState::new().hash_one(()));
    set(turn, delivery, found.as_ref(), Some(token), delivery.lease)?;
    Ok(Some(ClaimOutcome::Granted(token)))
}

fn bind(turn: &Turn<'_>, delivery: DeliveryKey, most: i64) -> rusqlite::Result<Binding> {
    let Some(signature) = delivery.signature else { return Ok(Binding::Own) };
    signatures::bind(turn, signature, delivery.id, millis(delivery.retention), most)
}

fn find(turn: &Turn<'_>, delivery: DeliveryKey) -> rusqlite::Result<Option<Found>> {
    keys::find(turn, Kind::Delivery, delivery.id.as_bytes())
}

/// The state of a delivery. `None` if it can be claimed.
fn state(turn: &Turn<'_>, found: Option<&Found>) -> Option<State> {
    let held = found.filter(|found| found.expires_at.is_none_or(|at| turn.now < at))?;
    let Some(owner) = &held.owner else { return Some(State::Settled) };
    // A token that cannot be read is treated as another process's.
    let token = owner.as_slice().try_into().map(u64::from_be_bytes);
    Some(State::Claimed(ClaimToken(token.unwrap_or_default())))
}

/// Claims the delivery with a token, or settles it if there is none.
fn set(
    turn: &Turn<'_>,
    delivery: DeliveryKey,
    found: Option<&Found>,
    token: Option<ClaimToken>,
    span: Duration,
) -> rusqlite::Result<()> {
    let token = token.map(|token| token.0.to_be_bytes());
    let owner = token.as_ref().map(<[u8; 8]>::as_slice);
    let expires_at = Some(turn.now + millis(span));
    let set = if found.is_some() { keys::update } else { keys::insert };
    set(turn, Kind::Delivery, delivery.id.as_bytes(), owner, expires_at)
}

fn unavailable(failure: Failure) -> StoreError {
    StoreError::Unavailable(failure.into())
}
