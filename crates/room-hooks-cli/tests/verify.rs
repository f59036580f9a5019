//! The reports of `verify`. `causes.rs` covers the causes of refusals, and `captures.rs` the
//! formats.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::fs;

use self::program::{
    SIGNED, Server, ZEGO_SECRET, assert_snapshot, command, folder, ran, run, run_with, signed,
};

/// TRTC's published vector, after a proxy that re-serializes JSON.
fn published_vector_rewritten() -> String {
    let body = r#"{"EventGroupId":2,"EventType":204,"CallbackTs":1664209748188,"EventInfo":{"RoomId":8489,"EventTs":1664209748,"EventMsTs":1664209748180,"UserId":"user_85034614","Reason":0}}"#;
    let sign = "kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=";
    format!("POST /hooks/trtc HTTP/1.1\r\nSdkAppId: 1400000000\r\nSign: {sign}\r\n\r\n{body}")
}

#[test]
fn verify_explains_each_verdict() {
    let zego = signed("room_create", &[]);
    let tencent = signed("Room.CallbackAfterDestroyRoom", &[]);
    let trtc = signed("103", &[]);
    let secrets = folder("secrets");
    let right = secrets.join("right.txt");
    fs::write(&right, format!("{ZEGO_SECRET}\n")).unwrap();
    let wrong = secrets.join("wrong.txt");
    fs::write(&wrong, "another-secret").unwrap();
    let (right, wrong) = (right.to_str().unwrap(), wrong.to_str().unwrap());

    let at = ["--at", SIGNED];
    let without_length = |request: &str| {
        let lines = request.split("\r\n").filter(|line| !line.starts_with("Content-Length"));
        lines.collect::<Vec<_>>().join("\r\n")
    };
    let cases: &[(&str, String, &[&str], i32)] = &[
        ("zego", zego.clone(), &at, 0),
        ("zego-form", signed("room_exit", &["--encoding", "form"]), &at, 0),
        ("zego-percent", signed("room_exit", &["--encoding", "percent"]), &at, 0),
        ("zego-recording", signed("room_create", &["--format", "json"]), &[], 0),
        ("zego-wrong-secret", zego.clone(), &["--at", SIGNED, "--secret-file", wrong], 1),
        (
            "zego-another-secret",
            zego.clone(),
            &["--at", SIGNED, "--secret-file", wrong, "--try-secret-file", right],
            1,
        ),
        ("zego-stale", zego.clone(), &["--at", "1757510000"], 1),
        ("zego-ahead", zego.clone(), &["--at", "1757490000"], 1),
        ("zego-another-app", zego.clone(), &["--at", SIGNED, "--app-id", "7"], 1),
        (
            "zego-digits",
            without_length(&zego)
                .replace("\"timestamp\":1757500000", "\"timestamp\":1757500000000"),
            &at,
            1,
        ),
        ("zego-fraction", without_length(&zego).replace("1757500000}", "1757500000.0}"), &at, 1),
        ("zego-cut-off", without_length(&zego).replace("\"signature\"", "\""), &at, 1),
        ("zego-nothing", "POST /hooks/zego HTTP/1.1\r\n\r\nhello".to_owned(), &at, 1),
        ("zego-no-event", "POST /hooks/zego HTTP/2\r\n\r\n{\"a\":1}".to_owned(), &at, 1),
        ("tencent", tencent.clone(), &at, 0),
        ("tencent-no-token", tencent.replace("Sign=", "Signed="), &at, 1),
        (
            "tencent-two-commands",
            tencent.replace("?CallbackCommand=Room", "?CallbackCommand=Zoom"),
            &at,
            1,
        ),
        ("trtc", trtc.clone(), &at, 0),
        ("trtc-rewritten", without_length(&trtc).replace("\",\"", "\",\n  \""), &at, 1),
        ("trtc-newline", format!("{}\n", without_length(&trtc)), &at, 1),
        ("trtc-rewritten-by-a-proxy", published_vector_rewritten(), &at, 1),
        ("trtc-tampered", trtc.replace("lobby", "vault"), &at, 1),
    ];
    let vectors = secrets.join("vector.txt");
    fs::write(&vectors, "123654").unwrap();
    for (name, request, arguments, status) in cases {
        let of_the_vector = ["--secret-file", vectors.to_str().unwrap()];
        let more: &[&str] = if name.ends_with("proxy") { &of_the_vector } else { &[] };
        let arguments = &[*arguments, more].concat();
        let verified = run_with(&[&["verify", "-"], &arguments[..]].concat(), request.as_bytes());
        assert_eq!(verified.status, *status, "{name}: {}{}", verified.stdout, verified.stderr);
        let printed = verified.stdout.replace(right, "right.txt").replace(wrong, "wrong.txt");
        assert_snapshot(&format!("verify-{name}.txt"), &printed);
    }
}

/// An attacker may have sent it to a recording receiver.
#[test]
fn verify_survives_any_recorded_delivery() {
    let head = "POST /hooks/trtc HTTP/1.1\r\nSign: x\r\n\r\n";
    for body in [
        "[".repeat(200_000),
        "{\"a\":".repeat(200_000),
        "\"".to_owned(),
        format!("{{\"a\":{}{}}}", "[".repeat(120), "]".repeat(120)),
    ] {
        let verified = run_with(&["verify", "-"], format!("{head}{body}").as_bytes());
        assert_eq!(verified.status, 1, "{}", verified.stderr);
    }
    for odd in [&b""[..], b"\0\0", b"\xff\xfe", b"POST", b"{\"at\":1}"] {
        assert_eq!(run_with(&["verify", "-"], odd).status, 2, "{odd:?}");
    }
}

/// `verify` does as hooks do, which bind a signature to the first content that they see with it.
#[test]
fn a_second_body_under_a_signature_is_seen_in_a_recording() {
    let first = signed("room_create", &["--format", "json"]);
    let second = first.replace("lobby", "vault");
    let verified = run_with(&["verify", "-"], format!("{first}{first}{second}").as_bytes());
    assert_eq!(verified.status, 1);
    assert_eq!(verified.stdout.matches("verified: room_create in room lobby").count(), 2);
    assert!(verified.stdout.contains("first seen with other content, in delivery 1"));
    // The case of hexadecimal digits does not matter.
    let digits = second.rsplit("signature").next().unwrap().trim_start_matches(['\\', '"', ':']);
    let shouted = second.replace(&digits[..40], &digits[..40].to_uppercase());
    assert_ne!(shouted, second);
    let verified = run_with(&["verify", "-"], format!("{first}{shouted}").as_bytes());
    assert_eq!(verified.status, 1, "{}", verified.stdout);
}

#[test]
fn a_recording_that_was_cut_off_is_read_up_to_the_cut() {
    let line = signed("103", &["--format", "json"]);
    let cut_off = format!("{line}{}", &line[..100]);
    let verified = run_with(&["verify", "-"], cut_off.as_bytes());
    assert_eq!((verified.status, verified.stdout.matches("verified: ").count()), (0, 1));
    assert!(verified.stderr.contains("line 2 is cut off and was skipped"), "{}", verified.stderr);
    let broken = run_with(&["verify", "-"], format!("{line}{{}}\n").as_bytes());
    assert!(broken.status == 2 && broken.stderr.contains("line 2"), "{}", broken.stderr);
}

#[test]
fn a_secret_that_was_not_given_is_the_likeliest_cause() {
    let folder = folder("not-given");
    fs::write(folder.join("request.http"), signed("room_create", &[])).unwrap();
    let request = folder.join("request.http");
    let mut verify = command(&["verify", request.to_str().unwrap(), "--at", SIGNED]);
    let verified = ran(verify.env_remove("ZEGO_CALLBACK_SECRET").output().unwrap());
    assert!(verified.status == 1 && verified.stdout.contains("no secret was given"));
    // The secret can also be in a file, and errors name the file.
    let secret = folder.join("secret.txt");
    fs::write(&secret, format!("{ZEGO_SECRET}\n")).unwrap();
    let mut of_file = command(&["verify", request.to_str().unwrap(), "--at", SIGNED]);
    of_file.env_remove("ZEGO_CALLBACK_SECRET").env("ZEGO_CALLBACK_SECRET_FILE", &secret);
    assert_eq!(ran(of_file.output().unwrap()).status, 0);
    fs::write(&secret, " \n").unwrap();
    let blank = run(&["sign", "room_create", "--secret-file", secret.to_str().unwrap()]);
    assert!(blank.status == 2 && blank.stderr.contains("secret.txt: a secret is blank"));
}

#[test]
fn a_recorded_refusal_is_reported() {
    let recording = folder("verify-refused").join("recording.jsonl");
    let path = recording.to_str().unwrap();
    let mut listen = command(&["listen", "--record", path]);
    listen.env("ZEGO_CALLBACK_SECRET", "another-secret");
    let listener = Server::start(listen);
    run(&["send", "room_create", "--to", &listener.origin]);
    drop(listener);
    let verified = run(&["verify", path]);
    assert_eq!(verified.status, 0);
    assert!(
        verified.stdout.contains("but it was refused when it arrived: "),
        "{}",
        verified.stdout
    );
}

/// For example, because the URLs of two providers were swapped in a console.
#[test]
fn a_callback_at_the_path_of_another_provider_is_recognized() {
    for (event, path, cause) in [
        ("room_create", "trtc", "a callback from zego that was sent to the path of trtc"),
        ("103", "zego", "a callback from trtc that was sent to the path of zego"),
    ] {
        let recording = folder(&format!("verify-mixed-{path}")).join("recording.jsonl");
        let recording = recording.to_str().unwrap();
        let listener = Server::listen(&["--record", recording]);
        run(&["send", event, "--to", &format!("{}/hooks/{path}", listener.origin)]);
        drop(listener);
        let verified = run(&["verify", recording]);
        assert_eq!(verified.status, 1);
        assert!(verified.stdout.contains(cause), "{event}: {}", verified.stdout);
    }
}
