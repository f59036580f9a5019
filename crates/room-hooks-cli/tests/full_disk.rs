//! Outputs and recordings that cannot be written, because the disk is full.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{
    fs::{self, File, OpenOptions},
    process::{Command, Stdio},
};

use self::program::{Ran, Server, command, example, folder, ran, run, run_bytes};

fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// The same command, limited to files of half a KiB.
fn cramped(command: &Command) -> Command {
    let mut cramped = Command::new("sh");
    // A program that ignores the signal gets an error, as from a full disk.
    cramped.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""]);
    cramped.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => cramped.env(name, value),
            None => cramped.env_remove(name),
        };
    }
    cramped
}

fn run_to(stdout: impl Into<Stdio>, mut command: Command) -> Ran {
    let child = command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).spawn();
    ran(child.unwrap().wait_with_output().unwrap())
}

#[test]
fn every_command_reports_a_full_disk() {
    let listener = Server::listen(&[]);
    let folder = folder("full-disk");
    let recording = folder.join("recording.jsonl");
    fs::write(&recording, run_bytes(&["sign", "103", "--format", "json"])).unwrap();
    let recording = recording.to_str().unwrap();
    let to = ["--to", &*listener.origin];
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["help", "send"],
        &["send", "--help"],
        &["demo"],
        &["events"],
        &["events", "--json"],
        &["completions", "zsh"],
        &["man"],
        &["sign", "103"],
        &["sign", "103", "--format", "json"],
        &["verify", recording],
        &["send", "103", to[0], to[1]],
        &["send", "103", "--times", "2", to[0], to[1]],
        &["send", "103", "--forge", "signature", to[0], to[1]],
        &["send", "103", "--retry", "--to", "http://127.0.0.1:9"],
        &["replay", recording, to[0], to[1]],
    ] {
        let ran = run_to(full(), command(arguments));
        assert_eq!(ran.status, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("No space left"), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{arguments:?}: {}", ran.stderr);
    }
}

/// A request does not end with a line break, so its last line stays in the buffer of standard
/// output.
#[test]
fn a_truncated_output_is_reported() {
    let sign = command(&["sign", "room_create"]);
    let file = folder("cut-off").join("request.http");
    let signed = run_bytes(&["sign", "room_create"]);
    let head = signed.windows(4).position(|gap| gap == b"\r\n\r\n").unwrap() + 4;
    // The head fits, but only a part of the body.
    fs::write(&file, vec![b'\n'; 512 - head - 50]).unwrap();
    let ran = run_to(OpenOptions::new().append(true).open(&file).unwrap(), cramped(&sign));
    assert_eq!(fs::read(&file).unwrap().len(), 512);
    assert!(ran.status == 2 && ran.stderr.contains("too large"), "{}", ran.stderr);
}

/// The output can be written, but the recording cannot.
#[test]
fn a_delivery_that_cannot_be_recorded_is_not_acknowledged() {
    let listener = Server::listen(&["--record", "/dev/full"]);
    let sent = run(&["send", "103", "--to", &listener.origin]);
    assert_ne!(sent.status, 0, "{}", sent.stdout);
    let ended = listener.ended();
    assert_eq!((ended.status, &*ended.stdout), (2, ""));
    assert!(ended.stderr.contains("the recording cannot be written: No space"), "{}", ended.stderr);
}

#[test]
fn a_delivery_that_cannot_be_printed_is_not_acknowledged() {
    let recording = folder("not-printed").join("recording.jsonl");
    let listen = ["listen", "--addr", "127.0.0.1:0", "--record", recording.to_str().unwrap()];
    let listener = Server::start_printing_to(full(), command(&listen));
    assert_ne!(run(&["send", "103", "--to", &listener.origin]).status, 0);
    let ended = listener.ended();
    assert!(ended.status == 2 && ended.stderr.contains("No space left"), "{}", ended.stderr);
    assert_eq!(run(&["verify", recording.to_str().unwrap()]).status, 0, "it was recorded");
}

#[test]
fn a_recording_that_filled_the_disk_has_whole_lines_and_can_be_continued() {
    let recording = folder("filled-up").join("recording.jsonl");
    let listen = ["listen", "--addr", "127.0.0.1:0", "--record", recording.to_str().unwrap()];
    let lines = || fs::read_to_string(&recording).unwrap().lines().count();

    let listener = Server::start(cramped(&command(&listen)));
    let send = |listener: &Server| run(&["send", "103", "--to", &listener.origin]).status;
    let mut acknowledged = 0;
    while send(&listener) == 0 {
        acknowledged += 1;
    }
    assert_eq!(listener.ended().status, 2);
    assert!(acknowledged > 0 && lines() == acknowledged, "{acknowledged} and {}", lines());

    let listener = Server::start(command(&listen));
    assert_eq!(send(&listener), 0);
    listener.interrupted();
    assert_eq!(lines(), acknowledged + 1);
    assert_eq!(run(&["verify", recording.to_str().unwrap()]).status, 0);
}

/// Notes on standard error are not essential.
#[test]
fn a_standard_error_without_room_changes_nothing_else() {
    let forged = folder("full-error").join("forged.http");
    let signed = String::from_utf8(run_bytes(&["sign", "103"])).unwrap();
    fs::write(&forged, signed.replace("lobby", "vault")).unwrap();
    for (arguments, status) in [
        (&["events"][..], 0),
        (&["demo"], 0),
        (&["verify", forged.to_str().unwrap()], 1),
        (&["send", "room_made"], 2),
        (&["send", "103", "--retry", "--speed", "5000", "--to", "http://127.0.0.1:9"], 2),
        (&["dance"], 2),
    ] {
        // Without a secret, there is a note.
        let mut command = command(arguments);
        let ran = command.env_remove("ZEGO_CALLBACK_SECRET").stderr(full()).output().unwrap();
        assert_eq!(ran.status.code(), Some(status), "{arguments:?}");
        let neither = command.stdout(full()).stderr(full()).status().unwrap();
        assert_eq!(neither.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn an_example_acknowledges_nothing_that_it_could_not_print() {
    for name in ["example-axum", "example-actix", "example-warp", "example-tower"] {
        let server = Server::start_printing_to(full(), example(name));
        for event in ["room_create", "Room.CallbackAfterDestroyRoom", "103"] {
            for _ in 0..2 {
                let sent = run(&["send", event, "--to", &server.origin]);
                assert!(sent.stdout.starts_with("500 "), "{name}, {event}: {}", sent.stdout);
            }
        }
        server.signal("TERM");
        let ended = server.ended();
        assert_eq!(ended.status, 0, "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains("handler failed"), "{name}: {}", ended.stderr);
        assert!(!ended.stderr.contains("panicked"), "{name}: {}", ended.stderr);
    }
}

#[test]
fn a_log_that_cannot_be_written_changes_no_answer() {
    let listen = || command(&["listen", "--addr", "127.0.0.1:0"]);
    for name in ["listen", "example-axum", "example-actix", "example-warp", "example-tower"] {
        let server = if name == "listen" { listen() } else { example(name) };
        let server = Server::start_unheard(server);
        // A refusal is logged, and so is an unknown path.
        let elsewhere = format!("{}/elsewhere", server.origin);
        let sent = run(&["send", "103", "--to", &elsewhere]);
        assert!(sent.stdout.starts_with("404 "), "{name}: {}", sent.stderr);
        for event in ["room_create", "Room.CallbackAfterDestroyRoom", "103"] {
            let forged = run(&["send", event, "--forge", "signature", "--to", &server.origin]);
            assert!(forged.stdout.starts_with("401 "), "{name}: {}", forged.stdout);
            assert_eq!(run(&["send", event, "--to", &server.origin]).status, 0, "{name}");
        }
        server.signal("TERM");
        assert_eq!(server.ended().status, 0, "{name}");
    }
}
