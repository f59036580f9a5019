//! Code that must not compile, and the compiler's messages.
//!
//! The messages differ between compiler versions, so the test is ignored except with the version
//! that wrote them. Update them after a change:
//! `TRYBUILD=overwrite cargo test -p room-hooks --test compile_errors`.

use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Trial};

/// The compiler version that wrote the messages.
const RUSTC: &str = "rustc 1.95.";

fn main() -> ExitCode {
    let version = Command::new("rustc").arg("--version").output().map(|output| output.stdout);
    let is_that = version.is_ok_and(|version| version.starts_with(RUSTC.as_bytes()));
    let trial = Trial::test("misuse of events and questions does not compile", || {
        trybuild::TestCases::new().compile_fail("tests/compile_errors/*.rs");
        Ok(())
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial.with_ignored_flag(!is_that)]).exit_code()
}
