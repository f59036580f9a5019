//! An output whose reader is gone. The only test in its process, because a child of another test
//! could briefly inherit the reading end.

use std::{
    io,
    process::{Command, Stdio},
};

#[test]
fn a_broken_pipe_ends_every_command_without_a_message() {
    for arguments in [
        &["--help"][..],
        &["events"],
        &["events", "--json"],
        &["completions", "zsh"],
        &["man"],
        &["sign", "103"],
        &["demo"],
    ] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_room-hooks"))
            .args(arguments)
            .env("TRTC_KEY", "akeyofthetests")
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        // The status of a program that SIGPIPE ends.
        assert_eq!((output.status.code(), &*complaint), (Some(141), ""), "{arguments:?}");
    }
}
