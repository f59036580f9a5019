//! Fuzz targets for everything that an attacker can send.
//!
//! Each target makes a delivery from bytes, and panics if the result is wrong.
//!
//! * `cargo fuzz run NAME --sanitizer none` searches for such bytes. It works on a stable
//!   toolchain.
//! * The tests run each target with its corpus and with mutations of it, and check deliveries that
//!   are composed of parts.
//! * `cargo run -p room-hooks-fuzz --bin NAME -- FILE` runs a target with one file.

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

/// A target. It returns an error only for input that is too short.
pub type Target = fn(&[u8]) -> arbitrary::Result<()>;

/// Defines the targets, by the names of their programs and corpora.
macro_rules! targets {
    ($($name:ident: $target:path,)*) => {
        /// Returns the target with this name.
        ///
        /// # Panics
        ///
        /// If no target has this name.
        #[must_use]
        pub fn target(name: &str) -> Target {
            match name {
                $(stringify!($name) => $target,)*
                _ => panic!("no target has this name"),
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

/// Defines a target's program: a fuzzer under cargo-fuzz, otherwise a program that runs the target
/// with each file argument.
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

/// The bytes before and after the first zero byte.
fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    let mut halves = data.splitn(2, |byte| *byte == 0);
    (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
}
