//! The built program, as a user runs it.

use std::process::Command;

#[test]
fn the_demonstration_shows_every_provider_and_every_refusal() {
    let output = Command::new(env!("CARGO_BIN_EXE_room-hooks")).arg("demo").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    for shown in [
        r#"handled: {"room_id":"lobby","operator_account":"ada""#,
        r#""RoomInfo":{"RoomId":"lobby""#,
        r#""RoomId":"8489","#,
        "200 the room is created again",
        "200 its retry, with a new time",
        "401 a body that was changed in transit",
        "the signature was first seen with other content",
        "500 the handler fails",
        "handler failed error=the database is down",
        "200 its retry calls the handler again",
        "the signature is wrong",
        "not signed",
        "the app is not configured",
        "stale",
        "ahead of this machine's clock",
        "unreadable",
        "the query and the body name different commands",
        "duplicate parameter or member",
        "decision: allowed",
        "decision: denied, code 102100: no gifts here",
        "question not decided",
        "the handler exceeded its timeout and was aborted",
        "405 a browser's GET",
        "the body took longer",
        "the body is larger than the limit",
        "All 42 responses are correct.",
    ] {
        assert!(printed.contains(shown), "{shown} is not in\n{printed}");
    }
}

#[test]
fn a_wrong_command_is_a_usage_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_room-hooks")).arg("dance").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}
