//! PostgreSQL servers for tests, on loopback ports and with their files in the temporary directory.
//!
//! A [`Server`] belongs to one test, which may kill it or change its settings. [`database`] is
//! faster: it gives each test an empty database on a shared server. Call [`clean_up`] at the end.
//!
//! All functions panic if they fail. Call [`Server::is_installed`] first if PostgreSQL may be
//! missing.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

mod files;
mod programs;
mod server;
mod shared;

pub use server::{Server, client, unused_port};
pub use shared::{clean_up, database};
