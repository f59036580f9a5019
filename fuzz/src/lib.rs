//! Fuzz targets: what a stranger can send, in any form.
//!
//! Each takes bytes, makes a delivery of them, and panics if what becomes of it is wrong.
//! `cargo fuzz run NAME --sanitizer none` looks for such bytes, on a stable toolchain too; the
//! tests run each target with its corpus and some hundreds of changes of it, and compare deliveries
//! that are put together of parts; and `cargo run -p room-hooks-fuzz --bin NAME -- FILE` runs one
//! with a file that was found.

mod adapters;
#[cfg(test)]
mod bounded;
#[cfg(test)]
mod composed;
mod differential;
mod events;
mod identity;
mod receive;
mod receivers;
mod reference;
mod signed_texts;
mod tencent;
mod trtc;
mod zego;

#[cfg(fuzzing)]
pub use libfuzzer_sys;

/// A target. What is too short to mean anything is an error, and nothing else is.
pub type Target = fn(&[u8]) -> arbitrary::Result<()>;

/// Defines the targets, by the names of their programs and corpora.
macro_rules! targets {
    ($($name:ident: $target:path,)*) => {
        /// The target of a name.
        ///
        /// # Panics
        ///
        /// There is none.
        #[must_use]
        pub fn target(name: &str) -> Target {
            match name {
                $(stringify!($name) => $target,)*
                _ => panic!("there is no target of that name"),
            }
        }

        #[cfg(test)]
        mod tests {
            $(#[test]
            fn $name() {
                crate::bounded::run(stringify!($name), crate::target(stringify!($name)));
            })*
        }
    };
}

targets! {
    actix: adapters::actix,
    axum: adapters::axum,
    events: events::events,
    headers: trtc::headers,
    identity: identity::identity,
    queries: tencent::queries,
    receive: receive::receive,
    timestamps_and_nonces: signed_texts::timestamps_and_nonces,
    warp: adapters::warp,
    zego_bodies: zego::bodies,
}

/// Makes a target's program: a fuzzer under cargo-fuzz, and else one that runs the target with each
/// file that it is given.
#[macro_export]
macro_rules! program {
    ($name:literal) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            let _ = $crate::target($name)(data);
        });

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            for file in std::env::args_os().skip(1) {
                let _ = $crate::target($name)(&std::fs::read(file)?);
            }
            Ok(())
        }
    };
}

/// What is before the first zero, and what is behind it.
fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    let mut halves = data.splitn(2, |byte| *byte == 0);
    (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
}
