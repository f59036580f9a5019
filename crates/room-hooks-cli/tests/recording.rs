//! Recordings that an attacker has added to: `replay` signs only deliveries that a signature
//! verified.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use self::program::{Ran, Server, folder, run, run_bytes, run_with};

/// An event of each provider, and the member that names its room.
const EVENTS: [(&str, &str, &str); 3] = [
    ("zego", "room_create", "room_id"),
    ("tencent", "Room.CallbackAfterDestroyRoom", "RoomId"),
    ("trtc", "103", "EventInfo.RoomId"),
];

fn recorder(name: &str) -> (Server, String) {
    let recording = folder(name).join("recording.jsonl").to_str().unwrap().to_owned();
    (Server::listen(&["--record", &recording]), recording)
}

fn records(recording: &str) -> Vec<Value> {
    let lines = fs::read_to_string(recording).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn write_records(recording: &str, records: &[Value]) {
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    fs::write(recording, lines).unwrap();
}

/// An event that was signed long ago, as a line of a recording.
fn stale_record(event: &str) -> Value {
    let line = run_bytes(&["sign", event, "--at", "1757500000", "--format", "json"]);
    serde_json::from_slice(&line).unwrap()
}

fn send(listener: &Server, event: &str, more: &[&str]) -> String {
    run(&[&["send", event, "--to", &listener.origin], more].concat()).stdout
}

fn replay(recording: &str, listener: &Server, more: &[&str]) -> Ran {
    run(&[&["replay", recording, "--speed", "1000", "--to", &listener.origin], more].concat())
}

/// Sends a raw request, and returns the status line.
fn post(listener: &Server, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(listener.origin.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(request).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    String::from_utf8_lossy(&status).into_owned()
}

/// A request that carries no signature.
fn unsigned_request(provider: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let head = format!("POST /hooks/{provider} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}");
    format!("{head}\r\n\r\n{body}").into_bytes()
}

#[test]
fn replay_does_not_sign_a_forged_recording() {
    let (listener, recording) = recorder("forged");
    for (_, event, room) in EVENTS {
        let forged = ["--forge", "signature", "--set", &format!("{room}=planted")];
        let answer = send(&listener, event, &forged);
        assert!(answer.starts_with("401 "), "{event}: {answer}");
        assert!(send(&listener, event, &["--set", &format!("{room}=honest")]).starts_with("200 "));
    }
    listener.interrupted();

    let (second, replayed_recording) = recorder("forged-replayed");
    let replayed = replay(&recording, &second, &[]);
    let printed = second.interrupted();
    assert!(!printed.contains("planted"), "a forged event was handled:\n{printed}");
    assert_eq!(printed.matches("honest").count(), 3, "{printed}");
    assert_eq!(printed.matches("200 handled").count(), 3, "{printed}");
    let answers: Vec<_> = replayed.stdout.lines().map(|line| &line[..4]).collect();
    assert_eq!(answers, ["401 ", "200 ", "401 ", "200 ", "401 ", "200 "], "{}", replayed.stdout);
    assert_eq!(replayed.status, 1);
    for line in [1, 3, 5] {
        let note =
            format!("line {line} was refused when it arrived: sent as recorded, not signed\n");
        assert!(replayed.stderr.contains(&note), "{note}{}", replayed.stderr);
    }
    assert_eq!(replayed.stderr.matches("not signed").count(), 3, "{}", replayed.stderr);

    let (first, second) = (records(&recording), records(&replayed_recording));
    for (nth, (first, second)) in first.iter().zip(&second).enumerate() {
        let is_forged = nth % 2 == 0;
        for record in [first, second] {
            assert_eq!(record["verified"], if is_forged { "refused" } else { "signature" });
        }
        if is_forged {
            for member in ["query", "headers", "body"] {
                assert_eq!(first[member], second[member], "{member}");
            }
        }
    }
}

#[test]
fn replay_does_not_sign_a_recorded_delivery_without_a_signature() {
    let (listener, recording) = recorder("without-signature");
    for (provider, event) in [
        ("zego", r#"{"event":"room_create","room_id":"planted"}"#),
        ("tencent", r#"{"CallbackCommand":"Room.CallbackAfterDestroyRoom","RoomId":"planted"}"#),
        ("trtc", r#"{"EventGroupId":1,"EventType":103,"EventInfo":{"RoomId":"planted"}}"#),
    ] {
        let status = post(&listener, &unsigned_request(provider, event));
        assert_eq!(status, "HTTP/1.1 401", "{provider}");
    }
    listener.interrupted();
    assert_never_signed("without-signature-replayed", &recording, "was refused when it arrived");
}

/// Such a recording does not say which deliveries were refused.
#[test]
fn replay_does_not_sign_a_recording_of_an_older_version() {
    let recording = folder("older").join("recording.jsonl").to_str().unwrap().to_owned();
    let mut records = EVENTS.map(|(_, event, _)| stale_record(event));
    // TRTC signatures do not go stale, so this one is forged.
    let forged = format!("{}=", "A".repeat(43));
    records[2]["headers"] = json!([["SdkAppId", "1400000000"], ["Sign", forged]]);
    for record in &mut records {
        record.as_object_mut().unwrap().remove("verified");
    }
    write_records(&recording, &records);
    assert_never_signed("older-replayed", &recording, "has no verification status");
}

#[test]
fn replay_does_not_sign_a_record_of_an_unsigned_app() {
    let recording = folder("unsigned").join("recording.jsonl").to_str().unwrap().to_owned();
    let mut record = stale_record("Room.CallbackAfterDestroyRoom");
    record["query"] = json!("SdkAppid=1400000000&CallbackCommand=Room.CallbackAfterDestroyRoom");
    record["verified"] = json!("unsigned");
    write_records(&recording, &[record]);
    assert_never_signed("unsigned-replayed", &recording, "is from an app that does not sign");

    let replayed = replay(&recording, &Server::listen(&[]), &["--as-recorded"]);
    assert!(replayed.status == 1 && replayed.stdout.starts_with("401 "), "{}", replayed.stdout);
    assert!(!replayed.stderr.contains("not signed"), "{}", replayed.stderr);
}

/// Replays a recording of which no delivery may be signed, so that the receiver refuses them all.
fn assert_never_signed(name: &str, recording: &str, why: &str) {
    let (listener, replayed_recording) = recorder(name);
    let replayed = replay(recording, &listener, &[]);
    let printed = listener.interrupted();
    assert!(!printed.contains("200 "), "an event was handled:\n{printed}");
    for line in replayed.stdout.lines() {
        assert!(line.starts_with("401 "), "{}", replayed.stdout);
    }
    let (first, second) = (records(recording), records(&replayed_recording));
    assert_eq!((replayed.status, second.len()), (1, first.len()));
    for (nth, (first, second)) in (1..).zip(first.iter().zip(&second)) {
        let note = format!("line {nth} {why}");
        assert!(replayed.stderr.contains(&note), "{note}\n{}", replayed.stderr);
        let kept = |record: &Value| (record["query"].clone(), record["body"].clone());
        assert_eq!(kept(first), kept(second));
        assert_eq!(second["verified"], "refused");
    }
    assert_eq!(replayed.stderr.matches("not signed").count(), first.len(), "{}", replayed.stderr);
}

/// ZEGO does not sign the body: an attacker who has seen a signature can send another body with it.
#[test]
fn replay_does_not_sign_a_second_body_under_a_seen_signature() {
    let (listener, recording) = recorder("second-body");
    let honest = String::from_utf8(run_bytes(&["sign", "room_create"])).unwrap();
    assert_eq!(post(&listener, honest.as_bytes()), "HTTP/1.1 200");
    // Of the same length, because the head contains the length.
    let planted = honest.replace("\"lobby\"", "\"vault\"");
    assert_ne!(planted, honest);
    assert_eq!(post(&listener, planted.as_bytes()), "HTTP/1.1 401");

    let records = records(&recording);
    let planted: Value = serde_json::from_str(records[1]["body"].as_str().unwrap()).unwrap();
    assert_eq!(planted["nonce"].to_string().trim_matches('"').len(), 19, "{planted}");
    // The same listener, which has bound the signature to the first body.
    let replayed = replay(&recording, &listener, &[]);
    let printed = listener.interrupted();
    let mut planted = printed.lines().filter(|line| line.contains("vault"));
    assert!(planted.all(|line| line.contains(" 401 ")), "the body was signed:\n{printed}");
    assert_eq!(printed.matches("200 handled").count(), 2, "the honest one, re-signed: {printed}");
    let answers: Vec<_> = replayed.stdout.lines().map(|line| &line[..4]).collect();
    assert_eq!(answers, ["200 ", "401 "], "{}", replayed.stdout);
    assert!(replayed.stderr.contains("line 2 was refused when it arrived"), "{}", replayed.stderr);
    assert_eq!(records[0]["verified"], "signature");
    assert_eq!(records[1]["verified"], "refused");
}

/// A delivery is authentic whether or not its handler succeeds.
#[test]
fn replay_signs_a_delivery_whose_handler_failed() {
    let recording = folder("failed").join("recording.jsonl").to_str().unwrap().to_owned();
    let listener = Server::listen(&["--record", &recording, "--fail-first", "3"]);
    for (_, event, _) in EVENTS {
        assert!(send(&listener, event, &[]).starts_with("500 "), "{event}");
    }
    listener.interrupted();
    for record in records(&recording) {
        assert_eq!(record["verified"], "signature");
    }
    let second = Server::listen(&[]);
    let replayed = replay(&recording, &second, &[]);
    assert_eq!((replayed.status, replayed.stdout.matches("200 ").count()), (0, 3));
    assert!(!replayed.stderr.contains("not signed"), "{}", replayed.stderr);
}

#[test]
fn replay_signs_the_output_of_sign() {
    let recording = folder("of-sign").join("recording.jsonl").to_str().unwrap().to_owned();
    let records = EVENTS.map(|(_, event, _)| stale_record(event));
    for record in &records {
        assert_eq!(record["verified"], "signature");
    }
    write_records(&recording, &records);
    let listener = Server::listen(&[]);
    let replayed = replay(&recording, &listener, &[]);
    assert_eq!((replayed.status, replayed.stdout.matches("200 ").count()), (0, 3));
}

/// A probe has no event, but its signature is verified like any other.
#[test]
fn replay_signs_the_recorded_probe_of_a_console() {
    let (listener, recording) = recorder("probe");
    let sign = ["sign", "--provider", "tencent", "--body-file", "-"];
    let probe = run_with(&sign, b"{}").stdout;
    assert_eq!(post(&listener, probe.as_bytes()), "HTTP/1.1 200");
    assert_eq!(post(&listener, &unsigned_request("tencent", "{}")), "HTTP/1.1 401");
    let printed = listener.interrupted();
    assert!(printed.contains("200 a console's probe"), "{printed}");
    let verdicts: Vec<_> = records(&recording).iter().map(|r| r["verified"].clone()).collect();
    assert_eq!(verdicts, ["signature", "refused"]);

    let replayed = replay(&recording, &Server::listen(&[]), &[]);
    let answers: Vec<_> = replayed.stdout.lines().map(|line| &line[..4]).collect();
    assert_eq!(answers, ["200 ", "401 "], "{}", replayed.stdout);
    assert_eq!(replayed.stderr.matches("not signed").count(), 1, "{}", replayed.stderr);
}

/// An unknown status is an error.
#[test]
fn replay_does_not_sign_a_record_with_an_unknown_status() {
    let recording = folder("verdicts").join("recording.jsonl").to_str().unwrap().to_owned();
    let listener = Server::listen(&[]);
    for status in [json!("Signature"), json!("yes"), json!(true), json!(["signature"]), json!("")] {
        let mut record = stale_record("room_create");
        record["verified"] = status;
        write_records(&recording, &[record]);
        let replayed = replay(&recording, &listener, &[]);
        assert_eq!(replayed.status, 2, "{}", replayed.stdout);
        assert!(
            replayed.stderr.contains("line 1 is not a recorded delivery"),
            "{}",
            replayed.stderr
        );
    }
    assert_eq!(listener.interrupted(), "");
}

/// The delivery is sent as recorded, so an attacker can make one that the client rejects.
#[test]
fn replay_continues_after_a_forged_delivery_that_it_cannot_send() {
    let (listener, recording) = recorder("unsendable");
    // The server accepts this target; with the address in front of it the client does not.
    let query = "a".repeat(65_518);
    let request = unsigned_request(&format!("tencent?{query}"), "{}");
    assert_eq!(post(&listener, &request), "HTTP/1.1 401");
    assert!(send(&listener, "103", &[]).starts_with("200 "));
    listener.interrupted();
    let second = Server::listen(&[]);
    let replayed = replay(&recording, &second, &[]);
    assert!(second.interrupted().contains("200 handled"), "{}", replayed.stderr);
    assert_eq!(replayed.status, 2, "{}", replayed.stderr);
    let error = replayed.stderr.lines().last().unwrap_or_default();
    assert!(error.contains("line 1: ") && error.contains("uri too long"), "{}", replayed.stderr);
}

/// As if its writer had been killed.
#[test]
fn a_recording_that_ends_in_half_a_line_is_continued() {
    let recording = folder("half").join("recording.jsonl").to_str().unwrap().to_owned();
    for _ in 0..2 {
        let listener = Server::listen(&["--record", &recording]);
        assert!(send(&listener, "103", &[]).starts_with("200 "));
        drop(listener);
        let lines = fs::read(&recording).unwrap();
        fs::write(&recording, &lines[..lines.len() - 10]).unwrap();
    }
    let listener = Server::listen(&["--record", &recording]);
    assert!(send(&listener, "104", &[]).starts_with("200 "));
    drop(listener);
    fs::write(
        &recording,
        [run_bytes(&["sign", "103", "--format", "json"]), fs::read(&recording).unwrap()].concat(),
    )
    .unwrap();
    let replayed = replay(&recording, &Server::listen(&[]), &[]);
    assert_eq!((replayed.status, replayed.stdout.lines().count()), (0, 2), "{}", replayed.stderr);
    assert_eq!(
        replayed.stderr.matches("is cut off and was skipped").count(),
        2,
        "{}",
        replayed.stderr
    );
}

/// A reader of a recording sees signatures, and an editor chooses what `replay` signs.
#[cfg(unix)]
#[test]
fn a_recording_is_created_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let (listener, recording) = recorder("mode");
    assert!(send(&listener, "103", &[]).starts_with("200 "));
    let mode = fs::metadata(&recording).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}
