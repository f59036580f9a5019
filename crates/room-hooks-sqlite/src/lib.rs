//! Durable inbox for [`room_hooks`] in a SQLite file, for the processes of one machine.
//!
//! [`SqliteInbox`] commits each verified event to the file before the sender is answered. A
//! [`Worker`](room_hooks::inbox::Worker) then runs your handlers until they succeed. No server is
//! needed.
//!
//! ```no_run
//! use room_hooks::{Handlers, Hooks, Verified, inbox::Worker, zego::{self, Zego}};
//! use room_hooks_sqlite::SqliteInbox;
//!
//! # async fn shutdown_signal() {}
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let inbox = SqliteInbox::open("rooms.db")?;
//!
//! // The web side verifies callbacks and stores their events. Mount it with the adapter of your
//! // framework, such as `room_hooks_axum::handler(hooks)`.
//! let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
//! let hooks = Hooks::new(zego).with_inbox(inbox.clone());
//!
//! // The worker handles them, in this process or in another that opens the same file.
//! let handlers = Handlers::new().on(async |created: Verified<zego::RoomCreated>| {
//!     println!("{} is open", created.event.room_id);
//! });
//! let worker = Worker::new(inbox, handlers);
//! let working = tokio::spawn(worker.run_until(shutdown_signal()));
//!
//! // Serve until shutdown. Then wait for the handlers that still run.
//! working.await?;
//! # Ok(())
//! # }
//! ```
//!
//! Without an inbox, handlers run while the sender waits. [`SqliteStore`] then remembers in a file
//! which deliveries have been handled, so that a restart forgets none.
//!
//! # Requirements
//!
//! * **A local disk.** SQLite's write-ahead log uses memory that all processes with the file share.
//!   They must run on one machine, and network file systems do not work. For several machines, use
//!   `room-hooks-postgres`.
//! * **A writable directory.** SQLite keeps two files next to the database, `-wal` and `-shm`, that
//!   are part of it. Back up with `sqlite3 FILE '.backup COPY'`; never copy one of the three alone.
//! * **Restricted access.** The file contains your users' activity, unencrypted.
//!
//! # Durability
//!
//! Each commit waits for an `fsync` (`synchronous=FULL`): acknowledged events survive a power cut,
//! provided that the disk honors the `fsync`. Operations that wait are committed together. If one
//! fails, the others in its group still succeed.
//!
//! A transaction waits up to 5 s for a lock that another process holds, and then fails. Keep your
//! own transactions on the same file short. An operation whose caller gives up before it starts
//! does not run.
//!
//! # Limits
//!
//! An inbox holds up to 1,000,000 events and 4 GiB by default, and a delivery store 4,000,000
//! deliveries. [`SqliteInbox::with_max_rows`], [`SqliteInbox::with_max_bytes`] and
//! [`SqliteStore::with_max_rows`] change that.
//!
//! # Features
//!
//! * `bundled` compiles SQLite into the program, which needs a C compiler. Without it, the program
//!   links the system's SQLite, which must be 3.38 or newer.
//!
//! Only one crate in a program can link SQLite. If your program uses `rusqlite`, any version from
//! 0.32 to 0.43 works.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod clock;
mod database;
mod error;
mod inbox;
mod signatures;
mod store;

pub use error::OpenError;
pub use inbox::SqliteInbox;
pub use store::SqliteStore;

/// Compiles the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
