//! Questions between two processes of the program: one asks, one answers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use program::{Server, folder, run};

fn ask(listener: &Server, question: &str, more: &[&str]) -> String {
    let sent = run(&[&["send", question, "--to", &listener.origin], more].concat());
    assert_eq!(sent.status, 0, "{}{}", sent.stdout, sent.stderr);
    sent.stdout.lines().find_map(|line| line.strip_prefix("decision: ")).unwrap().to_owned()
}

#[test]
fn a_question_is_allowed_and_its_decision_is_shown_on_both_sides() {
    let listener = Server::listen(&["--verbose"]);
    for _ in 0..2 {
        assert_eq!(ask(&listener, "Live.CallbackBeforeSendGift", &[]), "allowed");
    }
    assert_eq!(ask(&listener, "before_send_msg", &[]), "neutral, so ZIM decides");
    let printed = listener.interrupted();
    assert_eq!(printed.matches("200 allowed").count(), 2, "{printed}");
    for shown in ["200 neutral, so ZIM decides", r#""msg_body":"hello""#, r#""GiftId":"rose""#] {
        assert!(printed.contains(shown), "{shown} is not in {printed}");
    }
}

#[test]
fn listen_denies_questions_with_and_without_a_text() {
    let listener = Server::listen(&["--deny"]);
    assert_eq!(ask(&listener, "Live.CallbackBeforeSendGift", &[]), "denied, code 1");
    assert_eq!(ask(&listener, "before_send_msg", &[]), "not sent");
    assert!(listener.interrupted().contains("200 denied, code 1"));
    let listener = Server::listen(&["--deny=no links here"]);
    for (question, decision) in [
        ("Live.CallbackBeforeSendGift", "denied, code 102100: no links here"),
        ("Group.CallbackBeforeSendMsg", "denied, code 10100: no links here"),
        ("before_send_msg", "not sent: no links here"),
    ] {
        assert_eq!(ask(&listener, question, &[]), decision);
    }
    // Events are handled as usual.
    let sent = run(&["send", "room_create", "--to", &listener.origin]);
    assert_eq!(sent.status, 0);
    assert!(!sent.stdout.contains("decision"), "{}", sent.stdout);
}

#[test]
fn a_handler_that_fails_or_is_late_leaves_a_question_to_the_failure_policy() {
    let listener = Server::listen(&["--deny", "--fail-first", "1"]);
    assert_eq!(ask(&listener, "Live.CallbackBeforeSendGift", &[]), "allowed");
    assert_eq!(ask(&listener, "Live.CallbackBeforeSendGift", &[]), "denied, code 1");
    let listener = Server::listen(&["--deny", "--delay", "60000"]);
    assert_eq!(ask(&listener, "Group.CallbackBeforeSendMsg", &[]), "allowed");
}

#[test]
fn a_question_that_is_forged_is_refused() {
    let listener = Server::listen(&[]);
    for question in ["Live.CallbackBeforeSendGift", "before_send_msg"] {
        let sent = run(&["send", question, "--forge", "signature", "--to", &listener.origin]);
        assert_eq!(sent.status, 0, "{}{}", sent.stdout, sent.stderr);
    }
}

/// Tencent's signature does not cover the body, so the question is authentic even with another
/// body.
#[test]
fn a_question_whose_body_cannot_be_read_is_not_taken_for_a_probe() {
    let recording = folder("unreadable").join("recording.jsonl").to_str().unwrap().to_owned();
    let signed = run(&["sign", "Live.CallbackBeforeSendGift"]).stdout;
    let (head, _) = signed.split_once("\r\n\r\n").unwrap();
    let head: Vec<_> = head.lines().filter(|line| !line.starts_with("Content-Length")).collect();
    let request = format!("{}\r\nContent-Length: 4\r\n\r\n<a/>", head.join("\r\n"));
    let listener = Server::listen(&["--record", &recording, "--deny"]);
    let mut stream = TcpStream::connect(listener.origin.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let shown = listener.interrupted();
    assert!(shown.contains("Live.CallbackBeforeSendGift"), "{shown}");
    assert!(shown.contains("200 allowed, by the failure policy: "), "{shown}");
    // The delivery contains no event to sign.
    let replayed = run(&["replay", &recording, "--to", &Server::listen(&[]).origin]);
    assert!(replayed.stderr.contains("contains no event to sign"), "{}", replayed.stderr);
}
