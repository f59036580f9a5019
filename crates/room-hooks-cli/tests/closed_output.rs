//! An output that nobody reads. Alone in its process: whatever else is started meanwhile would have the
//! reading end for a moment.

use std::{
    io,
    process::{Command, Stdio},
};

#[test]
fn whoever_stops_reading_is_no_reason_to_complain() {
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
        // As whoever is ended by the signal; 0 would be a status.
        assert_eq!((output.status.code(), &*complaint), (Some(141), ""), "{arguments:?}");
    }
}
