//! What the benches share: the cases, paired measurement, and tables.

pub mod cases;
pub mod measure;
pub mod store;
pub mod table;

/// Whether this is a smoke run: everything once, for a moment, so that nothing rots. Cargo's benches are
/// run so with `cargo bench -- --test`, the programs with `--smoke`.
#[must_use]
pub fn is_smoke_run() -> bool {
    std::env::args().any(|argument| argument == "--test" || argument == "--smoke")
}
