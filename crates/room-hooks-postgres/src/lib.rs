//! Durable inbox in PostgreSQL: an event is committed before its sender is answered, and a worker on any machine handles
//! it afterwards, as often as it takes.
//!
//! ```no_run
//! use room_hooks::{Handlers, Hooks, Verified, inbox::Worker, zego::{self, Zego}};
//! use room_hooks_postgres::PostgresInbox;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let inbox = PostgresInbox::connect(&std::env::var("DATABASE_URL")?).await?;
//!
//!     // The web side, here or in another process.
//!     let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//!     let hooks = Hooks::new(zego).with_inbox(inbox.clone());
//!
//!     // The worker side, as many as you like.
//!     let handlers = Handlers::new().on(async |created: Verified<zego::RoomCreated>| {
//!         println!("{} is open", created.event.room_id);
//!     });
//!     Worker::new(inbox, handlers).ordered_by_room().run().await;
//!     Ok(())
//! }
//! ```
//!
//! [`PostgresStore`] only remembers which deliveries have been handled, for handlers that run while their sender waits.
//!
//! # What the database must be
//!
//! * **PostgreSQL 12 or newer**, with the encoding `UTF8`, and with read committed as the default isolation.
//! * **Writable**: the primary server. With several hosts in the URL and `target_session_attrs=read-write`, the primary is
//!   found after a failover. Only a synchronous replica has all that was acknowledged.
//! * **Where only this service reads it**: it holds what your users do, unencrypted.
//!
//! The tables are in a schema of their own, `room_hooks`, which [`connect`](PostgresInbox::connect) creates or brings up
//! to date, under a lock. That takes a user with the right to create a schema, once. Afterwards `USAGE` on the schema and
//! `ALL` on its tables will do. A program of an older version goes on with newer tables, or is refused if it cannot.
//!
//! Connections are not encrypted unless [`Database::with_tls`] says how.
//!
//! # Commits
//!
//! Every put waits until its commit is durable, whatever `synchronous_commit` is by default, as far as the server's `fsync`
//! is on. Operations that wait for one another's commits share an `fsync`, so more senders cost less each.
//!
//! # Order
//!
//! A worker that is [ordered by room](room_hooks::inbox::Worker::ordered_by_room) locks a room before it looks at it, by an
//! advisory lock that lasts for that claim. The order of arrival is that in which puts begin: of two that overlap, either
//! can be the first.
//!
//! # Latency
//!
//! A put notifies the workers of its process at once and all others through `NOTIFY`, at most 20 times a second. A worker
//! also asks every 2 s, which is all that there is behind a pooler that shares connections by the transaction, such as
//! PgBouncer: it does not pass notifications on. It must know of prepared statements (`max_prepared_statements`).
//!
//! # When the database is unavailable
//!
//! An operation waits 1 s for a free connection and 10 s in all, and then fails with
//! [`InboxError::Unavailable`](room_hooks::inbox::InboxError::Unavailable);
//! [`OnInboxFailure`](room_hooks::inbox::OnInboxFailure) says what happens to the delivery. A put is given up after a
//! second. The next operation connects again: once the database is back, nothing needs a restart.
//!
//! # Upkeep
//!
//! Leave autovacuum on: each event is updated a few times. Transactions that stay open for hours, here or elsewhere in the
//! server, keep it from removing what is obsolete, and claims become slower.

#![forbid(unsafe_code)]

mod clock;
mod database;
mod error;
mod inbox;
mod signatures;
mod sql;
mod store;
mod sweep;

pub use database::Database;
pub use error::ConnectError;
pub use inbox::PostgresInbox;
pub use store::PostgresStore;
