//! Every format that `verify` reads, with a file that a real program wrote (see
//! `captures/README.md`).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{fs, path::Path};

use self::program::{SIGNED, assert_snapshot, command, folder, ran, run, run_bytes, run_with};

/// A file of the folder `captures`.
fn capture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    folder.join(name).to_str().unwrap().to_owned()
}

/// The key of the example that TRTC publishes, which two captures contain.
const EXAMPLE_KEY: &str = "123654";

#[test]
fn each_capture_is_explained() {
    let folder = folder("captures");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::write(path("wrong.txt"), "another-secret").unwrap();
    fs::write(path("example.txt"), EXAMPLE_KEY).unwrap();
    // Stands for a wrong secret of each provider.
    let wrong: &[&str] = &[];
    let example: &[&str] = &["--secret-file", &path("example.txt"), "--at", "1664209748"];
    let at: &[&str] = &["--at", SIGNED];
    let stale: &[&str] = &["--at", "1757510000"];
    let cases: &[(&str, &str, &[&[&str]], i32)] = &[
        ("request.http", "", &[at], 0),
        ("request.http", "-stale", &[stale], 1),
        ("request.http", "-wrong", &[stale, wrong], 1),
        ("request-chunked.http", "", &[at], 0),
        ("request-chunked.http", "-wrong", &[at, wrong], 1),
        ("curl-v-zego.txt", "", &[], 2),
        ("curl-v-tencent.txt", "", &[], 0),
        ("curl-v-tencent.txt", "-wrong", &[wrong], 1),
        ("curl-v-tencent.txt", "-stale", &[stale], 1),
        ("curl-v-trtc.txt", "", &[], 2),
        ("trace-trtc.txt", "", &[example], 0),
        ("trace-trtc.txt", "-wrong", &[at], 1),
        ("trace-ascii-trtc.txt", "", &[example], 2),
        ("trace-ascii-tencent.txt", "-wrong", &[wrong], 1),
        ("trace-ascii-zego.txt", "", &[], 0),
        ("trace-ascii-zego.txt", "-stale", &[stale], 1),
        ("trace-ascii-tencent.txt", "", &[], 0),
        ("chromium.har", "", &[at], 0),
        ("chromium.har", "-wrong", &[at, wrong], 1),
        ("access-combined.log", "", &[], 0),
        ("access-combined.log", "-stale", &[stale], 1),
        ("access-common.log", "-wrong", &[wrong], 1),
        ("access-common.log", "-zego", &[&["--provider", "zego"]], 2),
    ];
    for (file, name, arguments, status) in cases {
        let mut verify = command(&["verify", &capture(file)]);
        if arguments.contains(&wrong) {
            for name in ["ZEGO_CALLBACK_SECRET", "TENCENT_TOKEN", "TRTC_KEY"] {
                // Otherwise `verify` would find the right secret there.
                verify.env_remove(name).env(format!("{name}_FILE"), path("wrong.txt"));
            }
        }
        let verified = ran(verify.args(arguments.concat()).output().unwrap());
        let printed = format!("{}{}", verified.stdout, verified.stderr);
        let printed = printed.replace(&path(""), "");
        assert_eq!(verified.status, *status, "{file}{name}: {printed}");
        let stem = file.split('.').next().unwrap();
        assert_snapshot(&format!("capture-{stem}{name}.txt"), &printed);
    }
}

#[test]
fn parts_that_a_capture_lacks_are_added_by_flags() {
    let folder = folder("complements");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let body_of = |event: &str, more: &[&str]| {
        let request = run_bytes(&[&["sign", event, "--at", SIGNED], more].concat());
        let at = request.windows(4).position(|gap| gap == b"\r\n\r\n").unwrap();
        (String::from_utf8(request[..at].to_vec()).unwrap(), request[at + 4..].to_vec())
    };
    let verify = |arguments: &[&str]| run(&[&["verify", "--at", SIGNED], arguments].concat());

    // A head, with a body from a flag.
    for (event, capture_file) in [("room_create", "curl-v-zego.txt"), ("103", "curl-v-trtc.txt")] {
        fs::write(path("body.json"), body_of(event, &[]).1).unwrap();
        let verified = verify(&[&capture(capture_file), "--body-file", &path("body.json")]);
        assert_eq!(verified.status, 0, "{event}: {}", verified.stdout);
    }
    // A body alone, in each encoding.
    for encoding in ["json", "percent", "form"] {
        fs::write(path("body"), body_of("room_exit", &["--encoding", encoding]).1).unwrap();
        let verified = verify(&[&path("body")]);
        assert_eq!(verified.status, 0, "{encoding}: {}{}", verified.stdout, verified.stderr);
    }
    // A body, with the part that signs it from a flag.
    let (head, body) = body_of("103", &[]);
    fs::write(path("body.json"), body).unwrap();
    let bare = verify(&[&path("body.json")]);
    assert!(bare.status == 2 && bare.stdout.contains("TRTC's signature is in a header"));
    let sign = head.lines().find(|line| line.starts_with("Sign: ")).unwrap();
    let app = "SdkAppId: 1400000000";
    assert_eq!(verify(&[&path("body.json"), "--header", sign, "--header", app]).status, 0);
    let (head, body) = body_of("Room.CallbackAfterDestroyRoom", &[]);
    fs::write(path("body.json"), body).unwrap();
    let bare = verify(&[&path("body.json")]);
    assert!(bare.status == 2 && bare.stdout.contains("Tencent's signature is in the query"));
    let target = head.split(' ').nth(1).unwrap();
    let query = target.split_once('?').unwrap().1;
    assert_eq!(verify(&[&path("body.json"), "--query", query]).status, 0);
    // A URL alone, absolute or not, and a query alone.
    for url in [target, &format!("https://example.com{target}"), query, &format!("?{query}")] {
        fs::write(path("url.txt"), format!("{url}\n")).unwrap();
        let verified = verify(&[&path("url.txt")]);
        assert_eq!(verified.status, 0, "{url}: {}{}", verified.stdout, verified.stderr);
        assert!(verified.stdout.contains("verified in part"), "{}", verified.stdout);
        let whole = verify(&[&path("url.txt"), "--body-file", &path("body.json")]);
        assert!(whole.status == 0 && whole.stdout.contains("\nverified: Room.Callback"));
    }

    for (arguments, problem) in [
        (&[&*capture("request.http"), "--body-file", "x"][..], "FILE already has a body"),
        (&[&*capture("curl-v-tencent.txt"), "--query", "a=b"], "FILE already has a query"),
        (&[&*capture("curl-v-trtc.txt"), "--header", "sign: s"], "FILE already has a header sign"),
        (&[&*capture("chromium.har"), "--body-file", "x"], "for one request, but FILE has 4"),
    ] {
        let refused = verify(arguments);
        assert_eq!(refused.status, 2, "{problem}: {}", refused.stdout);
        assert!(refused.stderr.contains(problem), "{problem}: {}", refused.stderr);
    }
}

#[test]
fn an_unreadable_input_is_an_error_that_names_the_accepted_formats() {
    let chunked = fs::read(capture("request-chunked.http")).unwrap();
    let request = fs::read(capture("request.http")).unwrap();
    let trace = fs::read(capture("trace-trtc.txt")).unwrap();
    let har = fs::read(capture("chromium.har")).unwrap();
    let of = |bytes: &[u8], length: usize| bytes[..bytes.len() - length].to_vec();
    for (input, problem) in [
        (of(&chunked, 20), "the chunked body is cut off"),
        (of(&chunked, 5), "the chunked body is cut off"),
        (of(&request, 1), "the body has 322 of the 323 bytes"),
        (trace[..2000].to_vec(), "the trace is cut off"),
        (of(&har, 9), "the HAR file cannot be read"),
        (Vec::new(), "the input is empty; accepted formats: an HTTP request"),
        (b" \n".to_vec(), "the input is empty"),
        (b"\0\x01\x02binary".to_vec(), "the format of the input is unknown; accepted formats"),
        (b"hello world".to_vec(), "the format of the input is unknown; accepted formats"),
        (b"\xff\xfe>\0 \0".to_vec(), "UTF-16"),
        (b"\x1f\x8b\x08\0".to_vec(), "gunzip"),
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n".to_vec(), "a response"),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), "standard input: the only request is not a POST"),
        (
            b"1.1.1.1 - - [10/Sep/2025:10:26:43 +0000] \"GET / HTTP/1.1\" 200 1".to_vec(),
            "--provider",
        ),
    ] {
        let refused = run_with(&["verify", "-"], &input);
        let input = String::from_utf8_lossy(&input);
        assert_eq!((refused.status, &*refused.stdout), (2, ""), "{input}");
        assert!(refused.stderr.contains(problem), "{problem}: {}", refused.stderr);
    }
}

#[test]
fn at_most_64_mib_are_read() {
    let file = folder("huge").join("access.log");
    fs::File::create(&file).unwrap().set_len((64 << 20) + 1).unwrap();
    for arguments in [["verify", file.to_str().unwrap()], ["verify", "/dev/zero"]] {
        let refused = run(&arguments);
        assert_eq!(refused.status, 2);
        assert!(refused.stderr.contains("has more than 64 MiB"), "{}", refused.stderr);
    }
}

/// If a capture is cut off, overwritten or joined, `verify` still exits with a regular status.
#[test]
fn a_damaged_capture_does_not_make_verify_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut captures = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        captures.push(fs::read(entry.unwrap().path()).unwrap());
    }
    assert!(captures.len() > 12);
    for (nth, bytes) in captures.iter().enumerate() {
        let other = &captures[(nth + 1) % captures.len()];
        let (half, third) = (bytes.len() / 2, bytes.len() / 3);
        let overwritten = |byte: u8| {
            let mut bytes = bytes.clone();
            bytes[third..third + 8].fill(byte);
            bytes
        };
        for damaged in [
            bytes[..half].to_vec(),
            bytes[half..].to_vec(),
            [&bytes[..half], &bytes[half + 1..]].concat(),
            [&bytes[..third], &other[other.len() / 2..]].concat(),
            overwritten(0xff),
            overwritten(b'"'),
            overwritten(b'9'),
        ] {
            let verified = run_with(&["verify", "-"], &damaged);
            assert!((0..=2).contains(&verified.status), "{}", verified.stderr);
            assert!(!verified.stderr.contains("panicked"), "{}", verified.stderr);
        }
    }
}

/// In the output of `--trace-ascii`, a `.` can stand for another byte. Only a matching signature
/// proves that it does not.
#[test]
fn a_body_with_dots_verifies_if_they_were_sent() {
    let folder = folder("dots");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::write(path("wrong.txt"), "another").unwrap();
    fs::write(path("key.txt"), "thekeythatsigned").unwrap();
    let set = ["--set", "EventInfo.UserId=a.b", "--secret-file", &path("key.txt")];
    let request = run_bytes(&[&["sign", "103", "--at", SIGNED][..], &set].concat());
    let request = String::from_utf8(request).unwrap();
    let (head, body) = request.split_at(request.find("\r\n\r\n").unwrap() + 4);
    let mut trace = format!("=> Send header, {} bytes (0x0)\n", head.len());
    let mut offset = 0;
    for line in head.split_inclusive("\r\n") {
        trace += &format!("{offset:04x}: {}\n", line.trim_end());
        offset += line.len();
    }
    trace += &format!("=> Send data, {} bytes (0x0)\n", body.len());
    for (nth, line) in body.as_bytes().chunks(64).enumerate() {
        trace += &format!("{:04x}: {}\n", nth * 64, str::from_utf8(line).unwrap());
    }
    let verify = |more: &[&str]| {
        run_with(
            &[&["verify", "-", "--at", SIGNED, "--secret-file"], more].concat(),
            trace.as_bytes(),
        )
    };
    assert_eq!(verify(&[&path("key.txt")]).status, 0);
    let unknown = verify(&[&path("wrong.txt")]);
    assert!(unknown.status == 2 && unknown.stdout.contains("capture it with `curl --trace`"));
    let found = verify(&[&path("wrong.txt"), "--try-secret-file", &path("key.txt")]);
    assert!(found.status == 1 && found.stdout.contains("key.txt contains the one that signed it"));
}
