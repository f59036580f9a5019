//! The output and the exit status of every command.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod program;

use std::{fs, process::Stdio};

use self::program::{
    Server, ZEGO_SECRET, assert_snapshot, command, example, folder, run, run_bytes, run_with,
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
        // Every process could read a secret on a command line.
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
                // A different room each time, so that no other delivery is a duplicate.
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
    assert!(found.stdout.contains("wrong.txt contains the one that signed it"), "{}", found.stdout);
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
    assert!(replayed.stdout.starts_with("401 "), "a refused delivery is not signed");
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
