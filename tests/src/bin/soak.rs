//! The load test, which `tests/soak` builds and starts together with the examples.

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    room_hooks_tests::soak()
}

#[cfg(not(unix))]
fn main() -> Result<(), &'static str> {
    Err("it ends servers by a signal, which this system does not have")
}
