//! Claims in Redis, so that several machines, or one before and after a restart, handle each delivery
//! once.
//!
//! ```no_run
//! use room_hooks::{Hooks, RoomCreated, Verified, zego::Zego};
//! use room_hooks_redis::RedisClaims;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let claims = RedisClaims::connect(&std::env::var("REDIS_URL")?).await?;
//!     let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//!     let hooks = Hooks::new(zego)
//!         .on(async |created: Verified<RoomCreated>| {
//!             println!("{} is open", created.event.room_id);
//!         })
//!         .with_claims(claims);
//!     Ok(())
//! }
//! ```
//!
//! # What Redis must be
//!
//! * **One server**, or what speaks its protocol with scripts. Failing over to a replica may lose the
//!   last claims, and what they were of is then handled again.
//! * **Set not to evict**: `maxmemory-policy noeviction`, Redis's default. All keys have an expiry, so
//!   every other policy takes claims to make room, and their deliveries are handled again. A Redis that
//!   is full says so instead, which is [`StoreError::Full`](room_hooks::hooks::StoreError::Full).
//! * **Not a Redis Cluster**: no redirection to another node is followed. Where a proxy stands for a
//!   cluster, a prefix with a hash tag, `{room-hooks}:`, keeps the keys of a script in one slot.
//!
//! `rediss://` needs TLS, which is a feature of the crate `redis`: depend on it as well, in the same
//! major version, with `tokio-rustls-comp` or `tokio-native-tls-comp`.
//!
//! # When Redis is out of order
//!
//! An operation that has no answer after 500 ms is an error, and so is one that finds nobody listening.
//! [`StoreFailure`](room_hooks::hooks::StoreFailure) says what becomes of the delivery. As a delivery
//! takes two operations, a Redis that hangs costs it a second. The next operation connects anew: once
//! Redis is back, nothing needs a restart.

#![forbid(unsafe_code)]

mod claims;
mod connection;
mod error;

pub use claims::RedisClaims;
pub use error::ConnectError;
