//! What `listen` shows of a delivery, and `send` of its answer.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    thread,
};

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

/// No answer reveals whether a handler was called, so `send` says what it may mean.
#[test]
fn send_says_when_an_answer_may_mean_a_duplicate() {
    let listener = Server::listen(&["--fail-first", "1"]);
    let send =
        |more: &[&str]| run(&[&["send", "103", "--to", &listener.origin], more].concat()).stderr;
    assert!(!send(&["--same"]).contains("duplicate"), "it failed");
    for _ in 0..2 {
        assert!(send(&["--same"]).contains("the event is then a duplicate, and no handler runs"));
    }
    assert!(!send(&[]).contains("duplicate"), "it is a new event");
    let retried = send(&["--retry", "--speed", "1000"]);
    assert!(!retried.contains("duplicate"), "{retried}");
}

#[test]
fn send_says_what_seems_wrong_with_the_secret_of_a_refused_callback() {
    let secret = folder("odd-secret").join("secret.txt");
    let secret = secret.to_str().unwrap();
    let listener = Server::listen(&[]);
    for (text, told) in
        [("\"quoted\"", "the quotation marks"), ("KEY=secret", "the name before it")]
    {
        fs::write(secret, text).unwrap();
        let sent = run(&["send", "room_exit", "--secret-file", secret, "--to", &listener.origin]);
        assert_eq!(sent.status, 1);
        assert!(sent.stderr.contains(&format!("{secret} may be wrong: {told}")), "{}", sent.stderr);
    }
    fs::write(secret, "another").unwrap();
    let sent = run(&["send", "room_exit", "--secret-file", secret, "--to", &listener.origin]);
    assert!(sent.stderr.contains("another secret") && !sent.stderr.contains("may be wrong"));
}

/// Nothing but its signature tells a room of ZIM's from the next.
#[test]
fn the_same_event_without_an_identity_is_no_duplicate() {
    let listener = Server::listen(&[]);
    for _ in 0..2 {
        let sent = run(&["send", "room_create", "--same", "--to", &listener.origin]).stderr;
        assert!(sent.contains("each newly signed one is a new event"), "{sent}");
        assert!(!sent.contains("duplicate"), "{sent}");
    }
    assert_eq!(listener.interrupted().matches("200 handled\n").count(), 2);
}

/// The receiver may have handled what it did not answer.
#[test]
fn a_retry_after_no_answer_may_be_a_duplicate() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let answering = thread::spawn(move || {
        drop(listener.accept().unwrap());
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 8192];
        while !String::from_utf8_lossy(&request).contains("lobby") {
            assert_ne!(stream.read(&mut request).unwrap(), 0);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let sent = run(&["send", "103", "--to", &origin, "--retry", "--speed", "1000"]);
    answering.join().unwrap();
    assert_eq!(sent.status, 0, "{}{}", sent.stdout, sent.stderr);
    assert!(sent.stdout.starts_with("none "), "{}", sent.stdout);
    assert!(sent.stderr.contains("the event is then a duplicate"), "{}", sent.stderr);
}
