//! The output and the recordings of `listen`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::fs;

use self::program::{Server, folder, run, run_bytes};

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

/// A retry during handling gets 503, and a delivery is shown even if its sender hangs up.
#[test]
fn a_retry_during_handling_and_a_sender_that_hangs_up_are_shown() {
    let recording = folder("at-once").join("recording.jsonl");
    let recording = recording.to_str().unwrap();
    let listener = Server::listen(&["--delay", "1500", "--record", recording]);
    let moment = || std::thread::sleep(std::time::Duration::from_millis(200));
    let begin = |request: &[u8]| {
        let address = listener.origin.strip_prefix("http://").unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        std::io::Write::write_all(&mut stream, request).unwrap();
        moment();
        stream
    };
    let status = |mut stream: std::net::TcpStream| {
        let mut status = [0; 12];
        std::io::Read::read_exact(&mut stream, &mut status).unwrap();
        String::from_utf8_lossy(&status).into_owned()
    };
    let created = run_bytes(&["sign", "room_create"]);
    let (first, second) = (begin(&created), begin(&created));
    assert_eq!(status(second), "HTTP/1.1 503");
    assert_eq!(status(first), "HTTP/1.1 200");
    drop(begin(&run_bytes(&["sign", "103"])));
    let elsewhere = format!("{}/elsewhere", listener.origin);
    assert_eq!(run(&["send", "104", "--to", &elsewhere]).status, 1);
    std::thread::sleep(std::time::Duration::from_secs(3));
    let printed = listener.interrupted();
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}");
    assert!(lines[0].contains("503 still being handled"), "{printed}");
    assert!(lines[1].ends_with("200 handled") && lines[1].contains("room_create"), "{printed}");
    assert!(lines[2].ends_with("200 handled") && lines[2].contains("103"), "{printed}");
    assert_eq!(fs::read_to_string(recording).unwrap().lines().count(), 3);
}

/// The body need not be text.
#[test]
fn a_recording_keeps_every_byte() {
    let recording = folder("bytes").join("recording.jsonl");
    let listener = Server::listen(&["--record", recording.to_str().unwrap()]);
    let address = listener.origin.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let body = b"\xff\xfe\0 {\r\n";
    let head = format!(
        "POST /hooks/trtc?a=%20b HTTP/1.1\r\nHost: x\r\nSign: s\r\nAuthorization: not kept\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    std::io::Write::write_all(&mut stream, &[head.as_bytes(), body].concat()).unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    drop(listener);
    let kept = fs::read_to_string(&recording).unwrap();
    let record: serde_json::Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(record["query"], "a=%20b");
    assert_eq!(record["headers"], serde_json::json!([["Sign", "s"]]));
    assert_eq!(record["body_base64"], "//4AIHsNCg==");
}
