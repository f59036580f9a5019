//! `replay`: its paths, its filters, and the names that it prints.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::fs;

use self::program::{Ran, Server, command, folder, ran, run, run_bytes, run_with};

/// Events of all providers, including ZEGO products that name their events in other members.
const EVENTS: [&str; 5] = [
    "room_create",
    "cloud_recording/1",
    "ai_agent/LLMResult",
    "Room.CallbackAfterDestroyRoom",
    "103",
];

/// Their names on the wire.
const NAMES: [&str; 5] =
    ["room_create", "cloud_recording/1", "LLMResult", "Room.CallbackAfterDestroyRoom", "103"];

fn recording(name: &str) -> String {
    let recording = folder(name).join("recording.jsonl").to_str().unwrap().to_owned();
    let lines = EVENTS.map(|event| run_bytes(&["sign", event, "--format", "json"]));
    fs::write(&recording, lines.concat()).unwrap();
    recording
}

fn replay(recording: &str, to: &Server, more: &[&str]) -> Ran {
    run(&[&["replay", recording, "--speed", "1000", "--to", &to.origin], more].concat())
}

/// The names that are printed.
fn names(ran: &Ran) -> Vec<&str> {
    ran.stdout.lines().map(|line| line.split_whitespace().nth(2).unwrap()).collect()
}

#[test]
fn each_event_is_shown_with_its_name_on_the_wire() {
    let listener = Server::listen(&[]);
    let replayed = replay(&recording("names"), &listener, &[]);
    assert_eq!(replayed.status, 0, "{}{}", replayed.stdout, replayed.stderr);
    assert_eq!(names(&replayed), NAMES);
}

#[test]
fn a_delivery_goes_to_the_path_at_which_it_was_recorded() {
    let recording = folder("paths").join("recording.jsonl").to_str().unwrap().to_owned();
    let paths = ["--path", "zego=/callbacks/z", "--path", "trtc=/callbacks/t"];
    let first = Server::listen(&[&["--record", &recording], &paths[..]].concat());
    for (event, path) in [("room_create", "/callbacks/z"), ("103", "/callbacks/t")] {
        let sent = run(&["send", event, "--to", &format!("{}{path}", first.origin)]);
        assert_eq!(sent.status, 0, "{}{}", sent.stdout, sent.stderr);
        assert_eq!(run(&["send", event, "--to", &first.origin]).status, 1, "nothing is there");
    }
    let sent = run(&["send", "Room.CallbackAfterDestroyRoom", "--to", &first.origin]);
    assert_eq!(sent.status, 0, "the path of Tencent is still the usual one");
    drop(first);

    let second = Server::listen(&paths);
    let replayed = replay(&recording, &second, &[]);
    assert_eq!((replayed.status, replayed.stdout.matches("200 ").count()), (0, 3));
    // To an app with other paths.
    let third = Server::listen(&["--path", "zego=/z"]);
    let replayed = replay(&recording, &third, &["--path", "zego=/z", "--path", "trtc=/hooks/trtc"]);
    assert_eq!((replayed.status, replayed.stdout.matches("200 ").count()), (0, 3));
    let replayed = replay(&recording, &third, &[]);
    let answers: Vec<_> = replayed.stdout.lines().map(|line| &line[..4]).collect();
    assert_eq!(answers, ["404 ", "404 ", "200 "]);
}

/// The path is in a file that others may have edited, and must not change the host.
#[test]
fn a_recorded_path_does_not_lead_to_another_host() {
    let recording = recording("hosts");
    let lines = fs::read_to_string(&recording).unwrap();
    for path in ["@192.0.2.1/", ".example.com/", "1", ":1/", "\\\\192.0.2.1"] {
        let edited = lines.replacen("\"verified\"", &format!("\"path\":{path:?},\"verified\""), 1);
        fs::write(&recording, edited).unwrap();
        let listener = Server::listen(&[]);
        let replayed = replay(&recording, &listener, &[]);
        assert_eq!((replayed.status, &*replayed.stdout), (2, ""), "{path}");
        assert!(replayed.stderr.contains("does not begin with a slash"), "{}", replayed.stderr);
        assert_eq!(listener.interrupted(), "");
    }
}

#[test]
fn filters_select_deliveries() {
    let listener = Server::listen(&[]);
    let recording = recording("filters");
    for (filters, selected) in [
        (&["--provider", "zego"][..], &NAMES[..3]),
        (&["--provider", "trtc", "--provider", "tencent"], &NAMES[3..]),
        (&["--event", "ROOM_CREATE", "--event", "103"], &["room_create", "103"]),
        // As it is sent, or as it is listed.
        (&["--event", "llmresult"], &["LLMResult"]),
        (&["--event", "ai_agent/LLMResult"], &["LLMResult"]),
        (&["--event", "room_create", "--room", "lobby"], &["room_create"]),
        (&["--room", "lobby", "--provider", "trtc"], &["103"]),
    ] {
        let replayed = replay(&recording, &listener, filters);
        assert_eq!(names(&replayed), selected, "{filters:?}: {}", replayed.stderr);
    }
    for filters in [["--room", "Lobby"], ["--event", "room"], ["--event", "raw"]] {
        let replayed = replay(&recording, &listener, &filters);
        assert_eq!((replayed.status, &*replayed.stdout), (2, ""), "{filters:?}");
        assert!(replayed.stderr.contains("no delivery in the recording matches"), "{filters:?}");
    }
}

#[test]
fn a_recording_is_read_from_standard_input() {
    let listener = Server::listen(&[]);
    let lines = fs::read(recording("stdin")).unwrap();
    let replayed = run_with(&["replay", "-", "--speed", "1000", "--to", &listener.origin], &lines);
    assert_eq!(names(&replayed), NAMES);
    let empty = run_with(&["replay", "-"], b"");
    assert!(empty.stderr.contains("the recording is empty"), "{}", empty.stderr);
}

#[test]
fn a_path_without_effect_is_refused() {
    let replayed =
        run(&["replay", "-", "--to", "http://127.0.0.1:9/x", "--path", "zego=/callbacks"]);
    assert_eq!(replayed.status, 2);
    assert!(replayed.stderr.contains("--path has no effect"), "{}", replayed.stderr);
}

#[test]
fn a_recording_of_several_providers_is_not_signed_with_the_secret_of_one() {
    let recording = recording("one-secret");
    let secret = folder("one-secret-file").join("secret.txt");
    fs::write(&secret, program::ZEGO_SECRET).unwrap();
    let listener = Server::listen(&[]);
    let with = ["--secret-file", secret.to_str().unwrap()];
    let replayed = replay(&recording, &listener, &with);
    assert_eq!((replayed.status, &*replayed.stdout), (2, ""));
    assert!(replayed.stderr.contains("select one with --provider"), "{}", replayed.stderr);
    let replayed = replay(&recording, &listener, &[&with[..], &["--provider", "zego"]].concat());
    assert_eq!((replayed.status, replayed.stdout.lines().count()), (0, 3));
}

#[test]
fn refused_deliveries_can_be_left_out() {
    let recording = folder("verified").join("recording.jsonl").to_str().unwrap().to_owned();
    let first = Server::listen(&["--record", &recording]);
    for more in [&["--forge", "signature"][..], &[]] {
        run(&[&["send", "103", "--to", &first.origin], more].concat());
    }
    drop(first);
    let second = Server::listen(&[]);
    assert_eq!(replay(&recording, &second, &[]).status, 1);
    let replayed = replay(&recording, &second, &["--verified"]);
    assert_eq!((replayed.status, replayed.stdout.lines().count()), (0, 1));
    assert!(replayed.stderr.contains("1 of 1 acknowledged"), "{}", replayed.stderr);
}

#[test]
fn a_question_is_selected_by_its_room() {
    let listener = Server::listen(&[]);
    for question in ["before_send_msg", "Live.CallbackBeforeSendGift"] {
        let recorded = run_bytes(&["sign", question, "--format", "json"]);
        let arguments = ["replay", "-", "--to", &listener.origin, "--room"];
        let replayed = run_with(&[&arguments[..], &["lobby"]].concat(), &recorded);
        assert_eq!(replayed.status, 0, "{}", replayed.stderr);
        assert_eq!(names(&replayed), [question]);
        let replayed = run_with(&[&arguments[..], &["attic"]].concat(), &recorded);
        assert!(replayed.stderr.contains(&format!("the recording contains {question}")));
    }
}

#[test]
fn the_secrets_of_other_providers_are_not_read() {
    let listener = Server::listen(&[]);
    let recording = recording("others");
    let arguments = ["replay", &recording, "--provider", "zego", "--speed", "1000", "--to"];
    let mut replay = command(&[&arguments[..], &[&listener.origin]].concat());
    let replayed = ran(replay.env("TRTC_KEY_FILE", "/nonexistent").output().unwrap());
    assert_eq!(replayed.status, 0, "{}", replayed.stderr);
}

#[test]
fn what_is_wrong_with_a_recording_is_said_with_its_line() {
    let listener = Server::listen(&[]);
    let line = String::from_utf8(run_bytes(&["sign", "room_create", "--format", "json"])).unwrap();
    let arguments = ["replay", "-", "--to", &listener.origin];
    let marked = run_with(&arguments, format!("\u{feff}{line}").as_bytes());
    assert_eq!(marked.status, 0, "{}", marked.stderr);
    let broken = r#"{"at":1,"provider":"zego","body_base64":"?"}"#;
    let replayed = run_with(&arguments, format!("{line}{broken}\n").as_bytes());
    assert!(replayed.stderr.contains("line 2: its body is not base64"), "{}", replayed.stderr);
    let no_event = r#"{"at":1,"provider":"zego","body":"garbage"}"#;
    let replayed = run_with(&[&arguments[..], &["--room", "x"]].concat(), no_event.as_bytes());
    assert!(replayed.stderr.contains("matches the filters\n"), "{}", replayed.stderr);
}
