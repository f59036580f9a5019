//! The output and the exit status of every command.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program;

use std::{fs, process::Stdio};

use self::program::{
    Server, ZEGO_SECRET, assert_snapshot, command, example, folder, ran, run, run_bytes, run_with,
    signed,
};

#[test]
fn the_help_is_as_in_its_snapshot() {
    assert_snapshot("help.txt", &run(&["--help"]).stdout);
    for verb in [
        "demo",
        "send",
        "sign",
        "verify",
        "listen",
        "replay",
        "inbox",
        "events",
        "completions",
        "man",
    ] {
        let help = run(&[verb, "--help"]);
        assert_eq!(help.status, 0);
        assert!(help.stdout.contains("Exit status:\n  0    "), "{}", help.stdout);
        assert_snapshot(&format!("help-{verb}.txt"), &help.stdout);
        // Every process can read a secret on a command line.
        assert!(!help.stdout.contains("--secret "), "{}", help.stdout);
    }
}

#[test]
fn the_catalogue_lists_every_event_and_question() {
    assert_snapshot("events.txt", &run(&["events"]).stdout);
    let json = run(&["events", "--json"]).stdout;
    let events: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let listed = run(&["events"]).stdout;
    assert_eq!(events.len(), listed.lines().filter(|line| line.contains("::")).count());
    assert_eq!(events.iter().filter(|event| event["asks"] == true).count(), 6);
    assert!(events.iter().all(|event| event["sample"].is_object()));
}

#[test]
fn an_error_says_what_to_do() {
    let cases: &[(&[&str], &str)] = &[
        (&["send", "room_made"], "room-hooks events"),
        (&["send", "UpdateRoomInfo"], "Room.CallbackAfterUpdateRoomInfo"),
        (&["send", "103", "--to", "http://192.0.2.1"], "--allow-remote"),
        // A DNS server decides where a name leads.
        (&["send", "103", "--to", "http://localhost.example.com"], "--allow-remote"),
        (&["send", "103", "--to", "http://[2001:db8::1]/"], "--allow-remote"),
        (&["send", "103", "--to", "http://a:b@127.0.0.1:9"], "password"),
        (&["send", "103", "--to", "http://[::ffff:127.0.0.1]:9"], "127.0.0.1]:9"),
        (&["send", "103", "--to", "127.0.0.1:9"], "127.0.0.1:9"),
        (&["send", "103", "--speed", "0", "--retry"], "above 0"),
        (&["send", "103", "--times", "2", "--rate", "NaN"], "above 0"),
        (&["send", "103", "--times", "2", "--retry"], "cannot be used with"),
        (&["send", "room_create", "--provider", "trtc"], "sent by zego"),
        (&["send", "room_create", "--set", "nonce=1"], "--forge"),
        (&["send", "room_create", "--set", "a..b=1"], "empty"),
        (&["send", "103", "--to", "http://127.0.0.1:99999"], "port"),
        (&["send", "103", "--to", "ftp://127.0.0.1"], "neither http nor https"),
        (&["sign", "103", "--encoding", "form"], "only ZEGO"),
        (&["sign", "103", "--at", "18446744073709551615"], "clock"),
        (&["send", "103", "--set", "EventInfo"], "missing `=`"),
        (&["send", "room_create", "--set", "attributes.9.key=x"], "a list of 2 has no index 9"),
        (&["send", "room_create", "--set", "roomid=x"], "did you mean room_id?"),
        (&["send", "103", "--encoding", "form", "--to", "http://127.0.0.1:9"], "only ZEGO"),
        (&["send", "--body-file", "nowhere.json"], "--provider"),
        (&["send", "--provider", "zego", "--body-file", "nowhere.json"], "nowhere.json"),
        (&["send", "room_create", "--secret-file", "nowhere.txt"], "nowhere.txt"),
        (&["listen", "--addr", "0.0.0.0:0"], "--allow-remote"),
        (&["replay", "nowhere.jsonl"], "nowhere.jsonl"),
        (&["verify", "nowhere.http"], "nowhere.http"),
        (&["dance"], "help"),
    ];
    for (arguments, hint) in cases {
        let ran = run(arguments);
        assert_eq!(ran.status, 2, "{arguments:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(hint), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty(), "{arguments:?}: {}", ran.stdout);
    }
    // A port without a listener.
    let unanswered = run(&["send", "103", "--to", "http://127.0.0.1:9"]);
    assert_eq!((unanswered.status, unanswered.stderr.contains("http://127.0.0.1:9")), (2, true));
}

/// Nothing is a terminal in these tests, so no other test sees colors.
#[test]
fn colors_can_be_forced_and_disabled() {
    let colors = |forced: bool, unwanted: bool| {
        let mut verify = command(&["verify", "-"]);
        for (variable, set) in [("CLICOLOR_FORCE", forced), ("NO_COLOR", unwanted)] {
            verify.env_remove(variable);
            if set {
                verify.env(variable, "1");
            }
        }
        let mut child = verify
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let request = signed("103", &[]);
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), request.as_bytes()).unwrap();
        child.wait_with_output().unwrap().stdout.contains(&0x1b)
    };
    assert_eq!(
        [(true, false), (false, false), (false, true)].map(|(f, u)| colors(f, u)),
        [true, false, false]
    );
}

/// Output for programs is written byte for byte.
#[test]
fn a_signed_callback_verifies_with_any_characters() {
    for id in ["a\u{7f}b", "\u{1b}[31m", "50% + & = é房", "\r\n\r\n", "\u{85}"] {
        let set = format!("EventInfo.UserId={id}");
        for format in ["http", "json"] {
            let signed = run_bytes(&["sign", "103", "--set", &set, "--format", format]);
            let verified = run_with(&["verify", "-"], &signed);
            assert_eq!(verified.status, 0, "{id:?}, {format}: {}", verified.stderr);
        }
    }
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

/// Sends this response to every request. If it is empty, connections are closed at once.
fn stub(answer: &str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if answer.is_empty() {
                continue;
            }
            let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
            let _ = std::io::Write::write_all(&mut stream, answer.as_bytes());
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

/// Each example handles each event once, and refuses every bad callback.
#[test]
fn the_examples_handle_events_and_refuse_forgeries() {
    let events = run(&["events"]).stdout;
    let listed = events.lines().filter(|line| line.contains("::"));
    let kinds: Vec<_> = listed.map(|line| line.split_whitespace().nth(1).unwrap()).collect();
    for name in ["example-axum", "example-actix", "example-warp", "example-tower"] {
        let server = Server::start(example(name));
        let send = |event: &str, more: &[&str]| {
            let ran = run(&[&["send", event, "--to", &server.origin], more].concat());
            (ran.status, ran.stdout, ran.stderr)
        };
        for kind in &kinds {
            let (status, answer, error) = send(kind, &[]);
            assert!(status == 0 && answer.starts_with("200 "), "{name}, {kind}: {answer}{error}");
        }
        for encoding in ["json", "percent", "form"] {
            let (status, answer, _) = send("room_create", &["--encoding", encoding]);
            assert_eq!(status, 0, "{name}, {encoding}: {answer}");
        }
        for (event, room) in [
            ("room_create", "room_id"),
            ("Room.CallbackAfterDestroyRoom", "RoomId"),
            ("103", "EventInfo.RoomId"),
        ] {
            for forgery in ["signature", "app", "tampered", "oversize"] {
                // A room of its own, so that no other delivery is a duplicate.
                let room = format!("{room}={forgery}");
                let (status, answer, _) = send(event, &["--forge", forgery, "--set", &room]);
                assert_eq!(status, 0, "{name}, {event}, {forgery}: {answer}");
            }
        }
        let (status, answer, _) = send("room_create", &["--forge", "stale"]);
        assert!(status == 0 && answer.starts_with("401 "), "{name}: {answer}");
        let (status, answer, _) = send("room_create", &["--forge", "slow"]);
        assert!(status == 0 && answer.starts_with("408 "), "{name}: {answer}");

        let many =
            ["--times", "20", "--concurrency", "2", "--rate", "500", "--set", "room_id=r{i}"];
        let (status, summary, _) = send("room_create", &many);
        assert!(status == 0 && summary.contains("20 sent in"), "{name}: {summary}");
        assert!(summary.contains("p99") && summary.contains('█'), "{name}: {summary}");

        let printed = server.interrupted();
        assert_eq!(printed.matches("\"room_id\":\"r").count() / 2, 20, "{printed}");
    }
}

/// The steps of a new user, who starts with a wrong secret.
#[test]
fn a_callback_is_sent_refused_explained_corrected_recorded_and_replayed() {
    let folder = folder("newcomer");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::write(folder.join("wrong.txt"), "the-server-secret\n").unwrap();
    let recording = path("recording.jsonl");
    let listener = Server::listen(&["--record", &recording]);
    let send = |more: &[&str]| {
        run(&[&["send", "room_create", "--set", "room_id=50% off", "--to", &listener.origin], more]
            .concat())
    };

    let refused = send(&["--secret-file", &path("wrong.txt")]);
    assert!(refused.status == 1 && refused.stdout.starts_with("401 "), "{}", refused.stdout);
    let explained = run(&["verify", &recording]);
    assert_eq!(explained.status, 1);
    assert!(explained.stdout.contains("likely: the wrong secret"), "{}", explained.stdout);
    let found = run(&["verify", &recording, "--try-secret-file", &path("wrong.txt")]);
    assert!(found.stdout.contains("wrong.txt holds the one that signed"), "{}", found.stdout);
    assert_eq!(send(&[]).status, 0);
    assert_eq!(send(&["--encoding", "form", "--set", "room_name=In a form"]).status, 0);
    let printed = listener.interrupted();
    assert!(printed.contains("401 refused: the signature is wrong"), "{printed}");
    assert!(printed.contains("200 handled"), "{printed}");

    let kept = fs::read_to_string(&recording).unwrap();
    assert!(kept.lines().count() == 3 && !kept.contains(ZEGO_SECRET), "{kept}");
    let listener = Server::listen(&["--verbose"]);
    let to = ["--to", &*listener.origin];
    let replayed = run(&[&["replay", &recording, "--speed", "1000"], &to[..]].concat());
    assert_eq!((replayed.status, replayed.stdout.matches("200 ").count()), (1, 2));
    assert!(replayed.stdout.starts_with("401 "), "what was refused is not signed");
    fs::write(path("stale.jsonl"), signed("room_create", &["--format", "json"])).unwrap();
    let refused = run(&[&["replay", &path("stale.jsonl"), "--as-recorded"], &to[..]].concat());
    assert!(refused.status == 1 && refused.stdout.starts_with("401 "), "{}", refused.stdout);
    let printed = listener.interrupted();
    assert!(printed.contains("401 refused: the signature is wrong"), "{printed}");
    assert_eq!(printed.matches("200 handled").count(), 2, "{printed}");
    assert!(printed.contains(r#""room_id":"50% off""#), "{printed}");
    assert!(printed.contains(r#""room_name":"In a form""#), "{printed}");
    assert!(printed.contains("refused: stale"), "{printed}");
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

/// A retry during handling is answered 503, and a delivery is shown even if its sender hangs up.
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

/// Even if the body is not text.
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
