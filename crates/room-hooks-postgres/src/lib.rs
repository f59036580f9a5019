//! Durable inbox for [`room_hooks`] in PostgreSQL, for any number of machines.
//!
//! [`PostgresInbox`] commits each verified event before the sender is answered. Workers on any
//! machine then run your handlers until they succeed.
//!
//! ```no_run
//! use room_hooks::{Handlers, Hooks, Verified, inbox::Worker, zego::{self, Zego}};
//! use room_hooks_postgres::PostgresInbox;
//!
//! # async fn shutdown_signal() {}
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let inbox = PostgresInbox::connect(&std::env::var("DATABASE_URL")?).await?;
//!
//! // The web side verifies callbacks and stores their events. Mount it with the adapter of your
//! // framework, such as `room_hooks_axum::handler(hooks)`.
//! let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//! let hooks = Hooks::new(zego).with_inbox(inbox.clone());
//!
//! // A worker handles them, in this process or in others on any machine.
//! let handlers = Handlers::new().on(async |created: Verified<zego::RoomCreated>| {
//!     println!("{} is open", created.event.room_id);
//! });
//! let worker = Worker::new(inbox, handlers).ordered_by_room();
//! let working = tokio::spawn(worker.run_until(shutdown_signal()));
//!
//! // Serve until shutdown. Then wait for the handlers that still run.
//! working.await?;
//! # Ok(())
//! # }
//! ```
//!
//! Without an inbox, handlers run while the sender waits. [`PostgresStore`] then remembers which
//! deliveries have been handled, across restarts and machines.
//!
//! # Requirements
//!
//! * **PostgreSQL 12 or newer**, with the encoding `UTF8`.
//! * **The primary server.** To find it after a failover, list several hosts in the URL and add
//!   `target_session_attrs=read-write`. Only a synchronous replica is sure to have every
//!   acknowledged event.
//! * **Restricted access.** The tables contain your users' activity, unencrypted.
//!
//! [`connect`](PostgresInbox::connect) creates or upgrades the tables, in a schema named
//! `room_hooks`. Several processes may do so at once. Creating the schema needs the privilege
//! `CREATE` on the database. Afterward, `USAGE` on the schema and `ALL` on its tables suffice.
//! After an upgrade, older programs keep working, or receive [`ConnectError::NewerSchema`] if they
//! cannot.
//!
//! Connections are unencrypted unless you set [`Database::with_tls`].
//!
//! # Outages
//!
//! Hooks wait at most 1 s for a put. If it fails,
//! [`OnInboxFailure`](room_hooks::inbox::OnInboxFailure) decides what happens to the event. Spill
//! it to a file, since Tencent does not retry:
//!
//! ```no_run
//! # use room_hooks::{Hooks, zego::Zego};
//! # use room_hooks_postgres::PostgresInbox;
//! use std::sync::Arc;
//! use room_hooks::inbox::OnInboxFailure;
//! use room_hooks_sqlite::SqliteInbox;
//!
//! # fn example(zego: Zego, inbox: PostgresInbox) -> Result<(), room_hooks_sqlite::OpenError> {
//! let spill = Arc::new(SqliteInbox::open("spill.db")?);
//! let hooks = Hooks::new(zego)
//!     .with_inbox(inbox)
//!     .with_inbox_failure_policy(OnInboxFailure::Spill(spill));
//! # Ok(())
//! # }
//! ```
//!
//! Other operations wait at most 1 s for a free connection and 10 s in total, and then fail with
//! [`InboxError::Unavailable`](room_hooks::inbox::InboxError::Unavailable). Later operations
//! reconnect, so no process needs a restart once the database is back.
//!
//! # Durability
//!
//! A put returns once its commit is durable, whatever the default of `synchronous_commit`, provided
//! that the server's `fsync` is on. Concurrent puts share an `fsync`, so the cost per put falls as
//! the number of senders grows.
//!
//! # Order by room
//!
//! A worker that is [ordered by room](room_hooks::inbox::Worker::ordered_by_room) holds an advisory
//! lock on each room while it claims events. The order of arrival is the order in which puts begin.
//! Two puts that overlap can arrive in either order.
//!
//! # Latency
//!
//! A put notifies workers in the same process immediately, and those in other processes through
//! `NOTIFY`, at most 20 times a second. Workers also poll every 2 s.
//!
//! # Limits
//!
//! An inbox holds up to 1,000,000 events and 4 GiB by default. [`PostgresInbox::with_max_rows`] and
//! [`PostgresInbox::with_max_bytes`] change that. A delivery store is limited only by the disk.
//!
//! # Connection poolers
//!
//! Behind a pooler in transaction mode, such as PgBouncer, workers receive no notifications and
//! only poll. The pooler must support prepared statements: PgBouncer does since version 1.21, if
//! `max_prepared_statements` is above 0. Behind an older one, operations fail with "prepared
//! statement does not exist"; use its session mode.
//!
//! This crate sets the isolation `read committed` and an empty search path once for each
//! connection, which a pooler in transaction mode does not preserve. There, leave
//! `default_transaction_isolation` at `read committed`, and do not let other users create functions
//! in `public`.
//!
//! # Maintenance
//!
//! Keep autovacuum on, since each event is updated a few times. Transactions that stay open for
//! hours, even in other databases of the server, prevent the removal of dead rows and slow down
//! claims.

#![cfg_attr(docsrs, feature(doc_cfg))]
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

/// Compiles the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
