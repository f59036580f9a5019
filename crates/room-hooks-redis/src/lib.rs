//! Delivery store for [`room_hooks`] in Redis: several machines handle each delivery once.
//!
//! [`RedisStore`] remembers which deliveries have been handled, across restarts and machines. Use
//! it when handlers run while the sender waits:
//!
//! ```no_run
//! use room_hooks::{FailurePolicy, Hooks, Verified, zego::{self, Zego}};
//! use room_hooks_redis::RedisStore;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = RedisStore::connect(&std::env::var("REDIS_URL")?).await?;
//! let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//! let hooks = Hooks::new(zego)
//!     .on(async |created: Verified<zego::RoomCreated>| {
//!         println!("{} is open", created.event.room_id);
//!     })
//!     .with_store(store)
//!     // The default: while Redis is unavailable, an event may be handled twice. `Closed` answers
//!     // 503 instead.
//!     .with_store_failure_policy(FailurePolicy::Open);
//! # Ok(())
//! # }
//! ```
//!
//! Mount the hooks with the adapter of your framework, such as `room_hooks_axum::handler(hooks)`.
//!
//! This store is not an inbox. To store events before their senders are answered and handle them in
//! a worker, use `room-hooks-sqlite` or `room-hooks-postgres`, which do not need this store.
//!
//! # Requirements
//!
//! * **One server**, or one that is compatible and runs Lua scripts. A failover to a replica may
//!   lose the last claims, and their deliveries are then handled again.
//! * **No eviction**: `maxmemory-policy noeviction`, which is Redis's default. All keys expire, so
//!   any other policy may evict claims, and their deliveries are then handled again. Without
//!   eviction, new claims fail with [`StoreError::Full`](room_hooks::hooks::StoreError::Full) while
//!   Redis is full.
//! * **Not a Redis Cluster** of several nodes, since redirections are not followed. Behind a proxy
//!   or a single endpoint, the hash tag in the default prefix keeps the keys of a script in one
//!   slot.
//!
//! `rediss://` needs TLS. Enable it by adding the crate `redis` to your dependencies, in the same
//! major version as this crate, with its feature `tokio-rustls-comp` or `tokio-native-tls-comp`.
//! This crate has no features.
//!
//! # Outages
//!
//! An operation fails if Redis does not respond within 500 ms.
//! [`FailurePolicy`](room_hooks::FailurePolicy) then decides what happens to the delivery. A
//! delivery takes two operations, so a Redis that hangs delays it by a second. Later operations
//! reconnect, so no process needs a restart once Redis is back. A separate thread renews leases on
//! its own connection, and reclaims those that expired during an outage.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod connection;
mod error;
mod store;

pub use error::ConnectError;
pub use store::RedisStore;

/// Compiles the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
