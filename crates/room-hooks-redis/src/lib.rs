//! Delivery store in Redis, so that several machines, or one before and after a restart, handle each delivery
//! once.
//!
//! ```no_run
//! use room_hooks::{Hooks, Verified, zego::{self, Zego}};
//! use room_hooks_redis::RedisStore;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let store = RedisStore::connect(&std::env::var("REDIS_URL")?).await?;
//!     let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//!     let hooks = Hooks::new(zego)
//!         .on(async |created: Verified<zego::RoomCreated>| {
//!             println!("{} is open", created.event.room_id);
//!         })
//!         .with_store(store);
//!     Ok(())
//! }
//! ```
//!
//! # What Redis must be
//!
//! * **One server**, or what speaks its protocol with scripts. Failing over to a replica may lose the
//!   last claims, and what they were of is then handled again.
//! * **Set not to evict**: `maxmemory-policy noeviction`, Redis's default. All keys have an expiry, so
//!   every other policy evicts claims to make room, and their deliveries are handled again. A Redis that
//!   is full says so instead, which is [`StoreError::Full`](room_hooks::hooks::StoreError::Full).
//! * **Not a Redis Cluster** of several nodes: no redirection to another node is followed. Behind a proxy, or
//!   with a single endpoint, the hash tag of the default prefix keeps the keys of a script in one slot.
//!
//! `rediss://` needs TLS, which is a feature of the crate `redis`: depend on it as well, in the same
//! major version, with `tokio-rustls-comp` or `tokio-native-tls-comp`.
//!
//! # When Redis is unavailable
//!
//! An operation without an answer after 500 ms is an error.
//! [`FailurePolicy`](room_hooks::FailurePolicy) says what happens to the delivery then. A delivery
//! takes two operations, so that a Redis that hangs costs it a second. The next operation connects again:
//! once Redis is back, nothing needs a restart. Leases are renewed by a thread with a connection of its own,
//! which takes them back when Redis was away for longer than they last.

#![forbid(unsafe_code)]

mod connection;
mod error;
mod store;

pub use error::ConnectError;
pub use store::RedisStore;
