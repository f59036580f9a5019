//! Durable inbox in PostgreSQL. Each event is committed before the sender receives a response. Workers on any machine then
//! handle the events, and retry those that fail.
//!
//! ```no_run
//! use room_hooks::{Handlers, Hooks, Verified, inbox::Worker, zego::{self, Zego}};
//! use room_hooks_postgres::PostgresInbox;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let inbox = PostgresInbox::connect(&std::env::var("DATABASE_URL")?).await?;
//!
//!     // The web server, in this process or another.
//!     let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//!     let hooks = Hooks::new(zego).with_inbox(inbox.clone());
//!
//!     // A worker. Any number of processes can run one.
//!     let handlers = Handlers::new().on(async |created: Verified<zego::RoomCreated>| {
//!         println!("{} is open", created.event.room_id);
//!     });
//!     Worker::new(inbox, handlers).ordered_by_room().run().await;
//!     Ok(())
//! }
//! ```
//!
//! Handlers that run while the sender waits need no inbox. For them, [`PostgresStore`] remembers which deliveries have been
//! handled.
//!
//! # Requirements
//!
//! * **PostgreSQL 12 or newer**, with the encoding `UTF8`.
//! * **The primary server.** To find it after a failover, list several hosts in the URL and add
//!   `target_session_attrs=read-write`. Only a synchronous replica is sure to have every acknowledged event.
//! * **Restricted access.** The tables contain your users' data unencrypted.
//!
//! [`connect`](PostgresInbox::connect) creates or upgrades the tables, in a schema named `room_hooks`. Several processes
//! may do so at once. Creating the schema needs the privilege `CREATE` on the database. Afterwards `USAGE` on the schema
//! and `ALL` on its tables suffice. After an upgrade, older programs keep working, or receive
//! [`ConnectError::NewerSchema`] if they cannot.
//!
//! Connections are unencrypted unless you set [`Database::with_tls`].
//!
//! # Durability
//!
//! Every put waits until its commit is durable, whatever the default of `synchronous_commit`, provided that the server's
//! `fsync` is on. Concurrent puts share an `fsync`, so the cost per put falls as the number of senders grows.
//!
//! # Order by room
//!
//! A worker that is [ordered by room](room_hooks::inbox::Worker::ordered_by_room) holds an advisory lock on each room while
//! it claims events. The order of arrival is the order in which puts begin. Two puts that overlap can arrive in either
//! order.
//!
//! # Latency
//!
//! A put notifies the workers of its own process immediately, and those of other processes through `NOTIFY`, at most 20
//! times a second. Workers also poll every 2 s.
//!
//! # Connection poolers
//!
//! Behind a pooler in transaction mode, such as PgBouncer, workers receive no notifications and only poll. The pooler must
//! support prepared statements: PgBouncer does since version 1.21, if `max_prepared_statements` is above 0. Behind an
//! older one, operations fail with "prepared statement does not exist"; use its session mode.
//!
//! This crate sets the isolation `read committed` and an empty search path once for each connection, which a pooler in
//! transaction mode does not preserve. There, leave `default_transaction_isolation` at `read committed`, and let no one
//! else create functions in `public`.
//!
//! # Outages
//!
//! An operation waits at most 1 s for a free connection and 10 s in total, and then fails with
//! [`InboxError::Unavailable`](room_hooks::inbox::InboxError::Unavailable). A put waits at most 1 s, after which
//! [`OnInboxFailure`](room_hooks::inbox::OnInboxFailure) decides what happens to the delivery. Later operations reconnect,
//! so no process needs a restart once the database is back.
//!
//! # Maintenance
//!
//! Keep autovacuum on, since each event is updated a few times. Transactions that stay open for hours, even in other
//! databases of the server, prevent the removal of dead rows and slow down claims.

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
