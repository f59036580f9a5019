//! What `listen` shows of a delivery.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::fs;

use self::program::{Server, folder, run};

fn send(listener: &Server, event: &str, more: &[&str]) {
    run(&[&["send", event, "--to", &listener.origin], more].concat());
}

#[test]
fn each_event_is_shown_with_its_rust_type() {
    let unknown = folder("rust-type").join("event.json");
    fs::write(&unknown, r#"{"event":"room_dance","room_id":"lobby"}"#).unwrap();
    let listener = Server::listen(&[]);
    for event in ["room_create", "express/room_create", "103", "Live.CallbackBeforeSendGift"] {
        send(&listener, event, &[]);
    }
    let unknown = ["--provider", "zego", "--body-file", unknown.to_str().unwrap()];
    run(&[&["send", "--to", &listener.origin], &unknown[..]].concat());
    send(&listener, "103", &["--forge", "signature"]);
    let shown = listener.interrupted();
    let column =
        |line: &str, nth: usize| line.split_whitespace().nth(nth).unwrap_or_default().to_owned();
    let types: Vec<_> = shown.lines().map(|line| (column(line, 2), column(line, 3))).collect();
    let expected = [
        ("room_create", "zego::RoomCreated"),
        ("room_create", "zego::express::RoomCreated"),
        ("103", "trtc::UserEntered"),
        ("Live.CallbackBeforeSendGift", "tencent::live::BeforeSendGift"),
        ("room_dance", "RawEvent"),
        ("-", "-"),
    ];
    assert_eq!(types, expected.map(|(name, kind)| (name.to_owned(), kind.to_owned())), "{shown}");
}

#[test]
fn verbose_shows_the_members_that_a_type_does_not_have() {
    let listener = Server::listen(&["--verbose"]);
    send(&listener, "room_create", &[]);
    let new = ["--set-new", "mood=good\nor bad", "--set-new", "attributes.0.hat:={\"size\":7}"];
    send(&listener, "room_create", &new);
    send(&listener, "103", &["--set-new", "EventInfo.Mood=good"]);
    let shown = listener.interrupted();
    let unknown: Vec<_> =
        shown.lines().filter_map(|line| line.trim().strip_prefix("not in the type: ")).collect();
    let expected = [
        r#"attributes.0.hat = {"size":7}"#,
        r#"mood = "good\nor bad""#,
        r#"EventInfo.Mood = "good""#,
    ];
    assert_eq!(unknown, expected, "{shown}");
}
