//! Code that the benches share: cases, paired measurement and tables.

pub mod cases;
pub mod measure;
pub mod store;
pub mod table;

/// Whether this is a smoke run, which runs everything briefly to keep it working. `cargo bench --
/// --test` requests it for benches, and `--smoke` for programs.
#[must_use]
pub fn is_smoke_run() -> bool {
    std::env::args().any(|argument| argument == "--test" || argument == "--smoke")
}
