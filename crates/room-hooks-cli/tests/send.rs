//! `send`: the callbacks that it sends, its retries, and its notes about the response.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use self::program::{Server, ZEGO_SECRET, command, folder, ran, run, run_bytes, run_with};

/// Sends this response to every request. If it is empty, connections are closed at once.
fn stub(answer: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if answer.is_empty() {
                continue;
            }
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    origin
}

fn empty_answer(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

#[test]
fn a_forgery_is_refused_only_by_the_expected_status() {
    for answer in ["404 Not Found", "200 OK"] {
        let to = stub(&empty_answer(answer));
        let forged = run(&["send", "103", "--forge", "signature", "--to", &to]);
        assert_eq!(forged.status, 1, "{}", forged.stdout);
        assert!(forged.stdout.contains("expected 401"), "{}", forged.stdout);
    }
    // If the genuine callback is refused as well, the forged one proves nothing.
    let refusing = stub(&empty_answer("401 Unauthorized"));
    let forged = run(&["send", "room_create", "--forge", "tampered", "--to", &refusing]);
    assert_eq!(forged.status, 2, "{}", forged.stdout);
    // A closed connection is not a response.
    let forged = run(&["send", "103", "--forge", "slow", "--to", &stub("")]);
    assert!(forged.status == 2 && forged.stderr.contains("http://127.0.0.1"), "{}", forged.stderr);
}

/// A callback with a real signature must not reach another host.
#[test]
fn neither_a_redirect_nor_a_proxy_is_followed() {
    let elsewhere = stub(&empty_answer("200 OK"));
    let redirecting =
        stub(&empty_answer(&format!("307 Temporary Redirect\r\nLocation: {elsewhere}")));
    let sent = run(&["send", "103", "--to", &redirecting]);
    assert!(sent.status == 1 && sent.stdout.starts_with("307 "), "{}", sent.stdout);

    let mut proxied = command(&["send", "103", "--to", "http://127.0.0.1:9"]);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        proxied.env(name, &elsewhere);
    }
    assert_eq!(ran(proxied.output().unwrap()).status, 2);
}

#[test]
fn a_callback_is_retried_until_it_is_acknowledged() {
    let listener = Server::listen(&["--fail-first", "2", "--delay", "5"]);
    let send = |event: &str| {
        run(&["send", event, "--retry", "--resign", "--speed", "200", "--to", &listener.origin])
    };
    let sent = send("room_create");
    assert_eq!((sent.status, sent.stdout.matches("500 ").count()), (0, 2), "{}", sent.stdout);
    assert!(sent.stdout.contains("200 ") && sent.stderr.contains("next try in 0.01 s"));
    let printed = listener.interrupted();
    assert_eq!(printed.matches("failed").count(), 2, "{printed}");

    // Retries continue without a response, and reach a receiver that starts late.
    let nobody = ["send", "103", "--retry", "--speed", "5000", "--to", "http://127.0.0.1:9"];
    let unanswered = run(&nobody);
    assert_eq!((unanswered.status, unanswered.stdout.matches("none").count()), (2, 8));

    // The whole schedule of each provider.
    let listener = Server::listen(&["--fail-first", "1000"]);
    for (event, tries) in [("room_create", 6), ("103", 8), ("Room.CallbackAfterDestroyRoom", 1)] {
        let sent = run(&["send", event, "--retry", "--speed", "5000", "--to", &listener.origin]);
        assert_eq!((sent.status, sent.stdout.lines().count()), (1, tries), "{}", sent.stdout);
    }
}

/// No response reveals whether a handler was called, so `send` says what it may mean.
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
fn send_names_a_likely_mistake_in_the_secret_of_a_refused_callback() {
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
    assert!(sent.stderr.contains("a different secret") && !sent.stderr.contains("may be wrong"));
}

/// Only its signature distinguishes an event of ZIM's rooms from an equal one.
#[test]
fn the_same_event_without_an_identity_is_not_a_duplicate() {
    let listener = Server::listen(&[]);
    for _ in 0..2 {
        let sent = run(&["send", "room_create", "--same", "--to", &listener.origin]).stderr;
        assert!(sent.contains("each re-signed copy is a new event"), "{sent}");
        assert!(!sent.contains("duplicate"), "{sent}");
    }
    assert_eq!(listener.interrupted().matches("200 handled\n").count(), 2);
}

/// The receiver may have handled the callback even though it sent no response.
#[test]
fn a_retry_without_a_first_response_may_be_a_duplicate() {
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

/// Users choose the names of rooms.
#[test]
fn untrusted_text_never_starts_a_line() {
    let listener = Server::listen(&["--verbose"]);
    let set = "room_id=x\r\n05:00:00Z zego    FAKE";
    let sent = run(&["send", "room_create", "--set", set, "--to", &listener.origin]);
    assert_eq!(sent.status, 0);
    let verified = run_with(&["verify", "-"], &run_bytes(&["sign", "room_create", "--set", set]));
    let answer = "HTTP/1.1 500 No\r\nContent-Length: 6\r\nConnection: close\r\n\r\nx\nFAKE";
    let answered = run(&["send", "103", "--to", &stub(answer)]);
    for printed in [listener.interrupted(), verified.stdout, answered.stdout] {
        assert!(printed.contains("FAKE"), "{printed}");
        assert!(
            !printed.lines().any(|line| line.contains("FAKE") && !line.contains('x')),
            "{printed}"
        );
        assert!(!printed.contains('\r'), "{printed}");
    }
}

/// As from `--secret-file <(…)`, which can be read only once.
#[cfg(unix)]
#[test]
fn a_secret_from_a_pipe_is_read_once() {
    let pipe = folder("secret-pipe").join("pipe");
    let pipe = pipe.to_str().unwrap();
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let listener = Server::listen(&[]);
    let writer = thread::spawn({
        let pipe = pipe.to_owned();
        move || fs::write(pipe, ZEGO_SECRET).unwrap()
    });
    let mut send = command(&["send", "room_create", "--secret-file", pipe]);
    let mut sending = send.args(["--to", &listener.origin]).spawn().unwrap();
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = sending.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > Duration::from_secs(20) {
            sending.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(10));
    };
    writer.join().unwrap();
    assert!(status.success());
}
