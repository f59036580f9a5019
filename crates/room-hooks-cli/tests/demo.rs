//! The built program, as a user runs it.

use std::process::Command;

#[test]
fn the_demonstration_shows_both_events_and_every_refusal() {
    let output = Command::new(env!("CARGO_BIN_EXE_room-hooks")).arg("demo").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    for shown in [
        r#"{"room_id":"lobby","operator_account":"ada""#,
        r#""RoomInfo":{"RoomId":"lobby""#,
        "401 the signature is wrong",
        "401 not signed",
        "401 the app 1234567891 is not configured",
        "401 stale",
        "ahead of this machine's clock",
        "400 unreadable",
        "400 the query and the body name different commands",
        "400 a parameter is repeated",
        "405 not a POST request",
        "408 the body took longer",
        "413 the body is larger than the limit",
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
