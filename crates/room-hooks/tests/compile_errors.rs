//! What must not compile, and what the compiler says about it.
//!
//! The messages differ from one compiler to the next, so they are compared by the one that wrote them and ignored by
//! others. After a change, `TRYBUILD=overwrite cargo test -p room-hooks --test compile_errors` writes them.

use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Trial};

/// The compiler that wrote the messages.
const RUSTC: &str = "rustc 1.95.";

fn main() -> ExitCode {
    let version = Command::new("rustc").arg("--version").output().map(|output| output.stdout);
    let is_that = version.is_ok_and(|version| version.starts_with(RUSTC.as_bytes()));
    let trial = Trial::test("events and questions are not taken for one another", || {
        trybuild::TestCases::new().compile_fail("tests/compile_errors/*.rs");
        Ok(())
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial.with_ignored_flag(!is_that)]).exit_code()
}
