//! PostgreSQL servers that a test starts for itself, on loopback ports and with files in the directory for temporary ones.
//!
//! A [`Server`] belongs to one test, which may kill it or change its settings. [`database`] gives each test an empty
//! database on a server that all share, which takes less time. Whoever starts servers calls [`clean_up`] at the end.
//!
//! Everything panics if it fails. Where PostgreSQL is not installed, ask [`Server::is_installed`] first.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

mod files;
mod programs;
mod server;
mod shared;

pub use server::{Server, client, unused_port};
pub use shared::{clean_up, database};
