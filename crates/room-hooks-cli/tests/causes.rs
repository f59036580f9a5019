//! The causes that `verify` names: mistakes in a secret, a body or a time, and their corrections.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{fs, io::Write};

use data_encoding::{BASE64, HEXLOWER};
use flate2::{Compression, write::GzEncoder};

use self::program::{Ran, SIGNED, command, folder, ran, run, run_bytes, run_with, signed};

/// A secret that contains no words, so that any part of it stands out in the output.
const SECRET: &str = "q7Zk9vXw2LmP4rTs";

const SERVER_SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// The environment variables of secrets, which are removed so that none of them helps.
const SECRETS: [&str; 3] = ["ZEGO_CALLBACK_SECRET", "TENCENT_TOKEN", "TRTC_KEY"];

/// Verifies a callback that `SECRET` signed, with the secret `given`, and checks that no part of a
/// secret is printed.
fn verified_with(event: &str, given: &str, name: &str, variables: &[(&str, &str)]) -> Ran {
    let folder = folder(name);
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::write(path("secret.txt"), SECRET).unwrap();
    fs::write(path("given.txt"), given).unwrap();
    let request = signed(event, &["--secret-file", &path("secret.txt")]);
    fs::write(path("request.http"), request).unwrap();
    let mut verify = command(&["verify", &path("request.http"), "--at", SIGNED]);
    SECRETS.into_iter().for_each(|name| _ = verify.env_remove(name));
    verify.args(["--secret-file", &path("given.txt")]).envs(variables.iter().copied());
    let verified = ran(verify.output().unwrap());
    let printed = format!("{}{}", verified.stdout, verified.stderr).to_lowercase();
    let (base64, hex) = (BASE64.encode(SECRET.as_bytes()), HEXLOWER.encode(SECRET.as_bytes()));
    for secret in [SECRET, SERVER_SECRET, &base64, &hex].map(str::to_lowercase) {
        for start in 0..secret.len() - 6 {
            let part = &secret[start..start + 6];
            assert!(!printed.contains(part), "{part} of a secret is in {printed}");
        }
    }
    verified
}

#[test]
fn a_secret_that_was_pasted_with_something_else_is_recognized_and_never_printed() {
    let (base64, hex) = (BASE64.encode(SECRET.as_bytes()), HEXLOWER.encode(SECRET.as_bytes()));
    for (given, correction) in [
        (format!("{SECRET}\n"), ""),
        (format!("{SECRET}\r\n"), ""),
        (format!("  {SECRET}"), "white space around the secret"),
        (format!("{SECRET}\n\n"), "white space around the secret"),
        (format!("\u{feff}{SECRET}"), "remove the byte order mark, and it verifies"),
        (format!("CallbackSecret={SECRET}"), "remove the name before it, and it verifies"),
        (format!("export X='{SECRET}'\n"), "then the quotation marks, and it verifies"),
        (format!("Bearer {SECRET}"), "remove the word before it, and it verifies"),
        (format!("\"{SECRET}\""), "remove the quotation marks, and it verifies"),
        (base64.clone(), "decode it from base64, and it verifies"),
        (hex.to_uppercase(), "decode it from hexadecimal, and it verifies"),
    ] {
        for event in ["room_create", "Room.CallbackAfterDestroyRoom", "103"] {
            let verified = verified_with(event, &given, "pasted", &[]);
            let status = i32::from(!correction.is_empty());
            assert_eq!(verified.status, status, "{event}, {given:?}: {}", verified.stderr);
            assert!(verified.stdout.contains(correction), "{given:?}: {}", verified.stdout);
        }
    }
    // A console that shows the secret in one encoding, and signs with another.
    let folder = folder("encoded");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::write(path("given.txt"), SECRET.to_uppercase()).unwrap();
    for (signer, correction) in [
        (base64, "encode it in base64, and it verifies"),
        (SECRET.to_lowercase(), "write it in lower case, and it verifies"),
    ] {
        fs::write(path("signer.txt"), &signer).unwrap();
        let given =
            if signer == SECRET.to_lowercase() { SECRET.to_uppercase() } else { SECRET.into() };
        fs::write(path("given.txt"), given).unwrap();
        let request = signed("room_create", &["--secret-file", &path("signer.txt")]);
        let arguments = ["verify", "-", "--at", SIGNED, "--secret-file", &path("given.txt")];
        let verified = run_with(&arguments, request.as_bytes());
        assert!(verified.stdout.contains(correction), "{}", verified.stdout);
    }
}

#[test]
fn another_secret_of_the_console_is_recognized_by_its_variable_or_suspected_by_its_shape() {
    let app_sign = SERVER_SECRET.repeat(2);
    let none: &[(&str, &str)] = &[];
    let cases = [
        (
            "room_create",
            "other",
            &[("ZEGO_SERVER_SECRET", SECRET)][..],
            "the variable ZEGO_SERVER_SECRET",
        ),
        ("103", "other", &[("TENCENT_TOKEN", SECRET)], "the variable TENCENT_TOKEN"),
        (
            "room_create",
            SERVER_SECRET,
            &[("ZEGO_SERVER_SECRET", SERVER_SECRET)],
            "has the same value as ZEGO_SERVER_SECRET (ZEGO's ServerSecret, judging by its name)",
        ),
        // The variable of the right secret says nothing new.
        (
            "room_create",
            SERVER_SECRET,
            &[("ZEGO_CALLBACK_SECRET", SERVER_SECRET)],
            "AppSign. It has 32 hexadecimal digits",
        ),
        ("room_create", SERVER_SECRET, none, "its shape does not distinguish them"),
        ("room_create", &app_sign, none, "64 hexadecimal digits, like an AppSign"),
        ("103", &app_sign, none, "64 hexadecimal digits, like an SDKSecretKey"),
        ("room_create", "other", none, "ZEGO signs with the console's CallbackSecret"),
    ];
    for (event, given, variables, cause) in cases {
        let verified = verified_with(event, given, "another", variables);
        assert_eq!(verified.status, 1, "{}", verified.stderr);
        assert!(verified.stdout.contains(cause), "{cause}: {}", verified.stdout);
        assert!(verified.stdout.contains("secret    wrong"), "{}", verified.stdout);
    }
}

#[test]
fn a_wrong_secret_is_named_before_a_stale_time() {
    let folder = folder("wrong-and-stale");
    let wrong = folder.join("wrong.txt");
    fs::write(&wrong, "another").unwrap();
    let arguments = ["verify", "-", "--at", "1757510000", "--secret-file", wrong.to_str().unwrap()];
    for event in ["room_create", "Room.CallbackAfterDestroyRoom"] {
        let printed = run_with(&arguments, signed(event, &[]).as_bytes()).stdout;
        let places = [
            "secret    wrong",
            "time      stale",
            "likely: the wrong",
            "also: with that corrected",
        ]
        .map(|line| printed.find(line).unwrap_or_else(|| unreachable!("{line}: {printed}")));
        assert!(places.is_sorted(), "{printed}");
        assert!(printed.contains("pass --at 1757500000"), "{printed}");
    }
}

/// The digits of an old pair are split differently between timestamp and nonce, so the same text is
/// signed.
#[test]
fn a_replay_with_the_digits_of_timestamp_and_nonce_moved_is_recognized() {
    let request = signed("room_create", &[]).replace("1757500000}", "4762235644}");
    let forged = request.replace("7548405024762235644", "1757500000754840502");
    let verified = run_with(&["verify", "-", "--at", "4762235644"], forged.as_bytes());
    assert_eq!(verified.status, 1, "{}", verified.stderr);
    for line in
        ["secret    right", "time      stale: timestamp and nonce", "an attacker moved digits"]
    {
        assert!(verified.stdout.contains(line), "{}", verified.stdout);
    }
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_body_that_was_compressed_or_decompressed_in_transit_is_recognized() {
    for event in ["room_create", "103"] {
        let request = run_bytes(&["sign", event, "--at", SIGNED]);
        let at = request.windows(4).position(|gap| gap == b"\r\n\r\n").unwrap();
        let (head, body) = (&request[..at], &request[at + 4..]);
        let head = String::from_utf8(head.to_vec()).unwrap();
        let head: Vec<_> = head.split("\r\n").filter(|line| !line.contains("-Length")).collect();
        let head = head.join("\r\n");
        let encoding = "\r\nContent-Encoding: gzip";
        let mut bomb = gzip(&vec![b' '; 20 << 20]);
        bomb.extend(gzip(body));
        for (encoding, body, cause) in [
            (encoding, gzip(body), "compressed the body with gzip: decompressed, it verifies"),
            ("", gzip(body), "decompressed, it verifies"),
            (
                encoding,
                body.to_vec(),
                "decompressed the body and left the header. Remove the header",
            ),
            (encoding, bomb, "expands to more than 1 MiB"),
            (encoding, gzip(body)[..20].to_vec(), "cut off or broken"),
            (
                "\r\nContent-Encoding: br",
                b"\x8b".to_vec(),
                "with br, which `verify` cannot decompress",
            ),
        ] {
            let request = [format!("{head}{encoding}\r\n\r\n").as_bytes(), &body].concat();
            let verified = run_with(&["verify", "-", "--at", SIGNED], &request);
            assert_eq!(verified.status, 1, "{}", verified.stderr);
            assert!(verified.stdout.contains(cause), "{event}, {cause}: {}", verified.stdout);
        }
    }
}

#[test]
fn line_endings_that_were_changed_are_recognized() {
    let folder = folder("line-endings");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::write(path("key.txt"), "123654").unwrap();
    let body = "{\n\t\"EventGroupId\":\t2,\n\t\"EventType\":\t204,\n\t\"CallbackTs\":\t1664209748188,\n\t\"EventInfo\":\t{\n\
                \t\t\"RoomId\":\t8489,\n\t\t\"EventTs\":\t1664209748,\n\t\t\"EventMsTs\":\t1664209748180,\n\
                \t\t\"UserId\":\t\"user_85034614\",\n\t\t\"Reason\":\t0\n\t}\n}";
    fs::write(path("body.json"), body.replace('\n', "\r\n")).unwrap();
    let (sign, app) =
        ("Sign: kkoFeO3Oh2ZHnjtg8tEAQhtXK16/KI05W3BQff8IvGA=", "SdkAppId: 1400000000");
    let arguments =
        ["verify", "--header", sign, "--header", app, "--body-file", &path("body.json")];
    let verified = run(&[&arguments[..], &["--secret-file", &path("key.txt")]].concat());
    assert_eq!(verified.status, 1, "{}", verified.stderr);
    assert!(
        verified.stdout.contains("from LF to CR LF: with LF, it verifies"),
        "{}",
        verified.stdout
    );
    assert!(
        verified.stdout.contains("secret    right, but the body was changed"),
        "{}",
        verified.stdout
    );
}

#[test]
fn the_clock_that_is_wrong_is_named() {
    let signed = signed("room_create", &[]);
    for (at, cause) in [
        ("1757490000", "it was sent 2h 46m after the time of --at"),
        ("1757510000", "it was sent 2h 46m before the time of --at"),
    ] {
        let verified = run_with(&["verify", "-", "--at", at], signed.as_bytes());
        assert_eq!(verified.status, 1);
        assert!(verified.stdout.contains(cause), "{}", verified.stdout);
        assert!(
            verified.stdout.contains("with --at 1757500000 it verifies"),
            "{}",
            verified.stdout
        );
    }
    let verified = run_with(&["verify", "-", "--at", "1757500000000"], signed.as_bytes());
    assert!(verified.stderr.contains("milliseconds"), "{}", verified.stderr);
}

#[test]
fn a_wrong_app_id_does_not_hide_the_secret_that_signed() {
    let folder = folder("wrong-app-and-secret");
    let (wrong, right) = (folder.join("wrong.txt"), folder.join("right.txt"));
    fs::write(&wrong, "another").unwrap();
    fs::write(&right, SECRET).unwrap();
    let (wrong, right) = (wrong.to_str().unwrap(), right.to_str().unwrap());
    let request = signed("room_create", &["--secret-file", right]);
    let arguments = ["verify", "-", "--at", SIGNED, "--app-id", "5", "--secret-file", wrong];
    let arguments = [&arguments[..], &["--try-secret-file", right]].concat();
    let verified = run_with(&arguments, request.as_bytes());
    assert_eq!(verified.status, 1);
    for cause in ["the wrong --app-id", "right.txt contains the one that signed it"] {
        assert!(verified.stdout.contains(cause), "{}", verified.stdout);
    }
}

#[test]
fn a_callback_at_the_path_of_another_provider_is_recognized() {
    for (event, sender) in
        [("room_create", "zego"), ("Room.CallbackAfterDestroyRoom", "tencent"), ("103", "trtc")]
    {
        let request = signed(event, &[]);
        for provider in ["zego", "tencent", "trtc"].into_iter().filter(|name| *name != sender) {
            let arguments = ["verify", "-", "--at", SIGNED, "--provider", provider];
            let verified = run_with(&arguments, request.as_bytes());
            assert_eq!(verified.status, 1, "{}", verified.stderr);
            let cause = format!("a callback from {sender} that was sent to the path of {provider}");
            assert!(verified.stdout.contains(&cause), "{}", verified.stdout);
        }
    }
}

#[test]
fn the_secret_of_one_provider_is_not_tried_on_a_capture_of_several() {
    let secret = folder("several").join("secret.txt");
    fs::write(&secret, SECRET).unwrap();
    let capture = ["room_create", "103"].map(|event| signed(event, &["--format", "json"])).concat();
    let arguments = ["verify", "-", "--secret-file", secret.to_str().unwrap()];
    let verified = run_with(&arguments, capture.as_bytes());
    assert_eq!(verified.status, 2);
    assert!(verified.stderr.contains("but the capture has several"), "{}", verified.stderr);
}
