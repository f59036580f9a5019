//! Durable inbox in a SQLite file: an event is on disk before its sender is answered, and a worker handles it
//! afterwards, as often as it takes. No server is needed.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use room_hooks::inbox::{ClaimRequest, Ending, InboxStore, NewEvent, PutOutcome, WorkerId};
//! use room_hooks_sqlite::SqliteInbox;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let file = std::env::temp_dir().join(format!("room-hooks-lib-{}.db", std::process::id()));
//! let inbox = SqliteInbox::open(&file)?;
//!
//! // Once this has returned, a crash loses nothing.
//! let event = NewEvent::new("zego/room_create", b"{}".to_vec(), SystemTime::now());
//! assert_eq!(inbox.put(event).await?, PutOutcome::New);
//!
//! // A worker, in this process or another one.
//! let request = ClaimRequest::new(WorkerId(1), 32, Duration::from_secs(30));
//! for claimed in inbox.claim(request).await?.events {
//!     println!("{}, attempt {}", claimed.event.kind, claimed.attempt.number);
//!     inbox.finish(claimed.attempt, Ending::Done).await?;
//! }
//! # let _ = std::fs::remove_file(file);
//! # Ok(())
//! # }
//! ```
//!
//! [`SqliteStore`] only remembers which deliveries have been handled, for handlers that run while their sender waits.
//!
//! # What the file must be
//!
//! * **On a local disk.** The write-ahead log needs memory that all processes with the file share, so they are on one
//!   machine, and network file systems do not do. For several machines there are Redis and PostgreSQL.
//! * **In a directory that the process may write**: SQLite keeps two files beside it, `-wal` and `-shm`. They belong to
//!   it. Copy it with `sqlite3 FILE '.backup COPY'`, never one of the three alone.
//! * **Where only this service reads it**: it holds what your users do, unencrypted.
//!
//! # Commits
//!
//! Every commit is an `fsync` (`synchronous=FULL`), so that not even a power cut loses what was acknowledged, as far
//! as the disk does what it is told. Operations that wait are committed together. One that fails does not fail the
//! others of its group.
//!
//! A transaction waits 5 s for that of another process, and then fails: keep your own transactions on the same file
//! short. An operation whose caller has gone before it begins is not run.
//!
//! # SQLite itself
//!
//! The feature `bundled` compiles SQLite in. Without it, the system's is linked, which must be 3.38 or newer. A program
//! can have only one crate that links SQLite: any `rusqlite` from 0.32 to 0.43 will do.

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
