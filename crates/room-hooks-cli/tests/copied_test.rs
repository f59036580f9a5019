//! The text to copy on the page of `listen --ui`, for deliveries with hostile text: a shell
//! command, and a test.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod deliveries_page;
mod program;

use std::{fs, process::Command};

use self::{
    deliveries_page::Page,
    program::{TRTC_KEY, assert_snapshot, folder, run},
};

include!("snapshots/copied_test.rs");

/// Text that is a script in HTML, and a command in a shell that forgets to quote it.
const HOSTILE: [&str; 5] = [
    "<script>alert(1)</script>",
    "'; touch pwned; '",
    "$(touch pwned)`touch pwned`",
    "\"; panic!(); //\\",
    "\u{202e}\u{1b}[2J\r\n\t",
];

#[test]
fn a_copied_shell_line_sends_the_same_bytes_and_runs_nothing_else() {
    let folder = folder("copied-shell-line");
    let recording = folder.join("recording.jsonl").to_str().unwrap().to_owned();
    let page = Page::start(&["--record", &recording]);
    for text in HOSTILE {
        page.send("room_create", &["--set", &format!("room_id={text}")]);
        page.send("103", &["--set", &format!("EventInfo.RoomId={text}")]);
        page.send("Room.CallbackAfterDestroyRoom", &["--set", &format!("RoomId={text}")]);
    }
    // A query that ends a shell word, and bodies that curl could take for a file name, or a
    // terminal for a command.
    let target = "/hooks/tencent?x=';touch${IFS}pwned;'&y=[1-2]{a,b}";
    let bodies = ["@/etc/hostname", "\u{1b}[2J\ntouch pwned\n", "\u{202e}dewnp hcuot"];
    for body in bodies {
        page.deliver(&format!(
            "POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }
    let count = u64::try_from(HOSTILE.len() * 3 + bodies.len()).unwrap();
    for id in 1..=count {
        let line = page.copied(id, "curl");
        assert!(!line.contains('\n') && !line.contains('\u{1b}'), "{line:?}");
        let ran = Command::new("sh").args(["-c", &line]).current_dir(&folder).output().unwrap();
        assert!(ran.status.success(), "{line}: {ran:?}");
    }
    assert!(!folder.join("pwned").exists());
    drop(page);
    let records = fs::read_to_string(&recording).unwrap();
    let mut records: Vec<serde_json::Value> =
        records.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    records.iter_mut().for_each(|record| record["at"] = 0.into());
    let (first, second) = records.split_at(records.len() / 2);
    assert_eq!(first, second);
}

/// The same text is compiled and run as a test of this package, by the line above.
#[test]
fn a_copied_test_is_as_it_is() {
    let recording = folder("copied-test").join("recording.jsonl").to_str().unwrap().to_owned();
    let page = Page::start(&[]);
    let text = HOSTILE.concat();
    let signed = run(&[
        "sign",
        "103",
        "--set",
        &format!("EventInfo.RoomId={text}"),
        "--set-new",
        &format!("note={text}"),
        "--format",
        "json",
        "--at",
        "1757500000",
    ]);
    fs::write(&recording, signed.stdout).unwrap();
    run(&["replay", &recording, "--as-recorded", "--to", &page.listener.origin]);
    let test = page.copied(1, "test");
    let (before, after) = test.split_once("from_millis(").unwrap();
    let test = format!("{before}from_millis(1757500000000){}", after.split_once(')').unwrap().1);
    // As a test of this package, it has no variable with the secret.
    let test = test.replace(r#"std::env::var("TRTC_KEY").unwrap()"#, &format!("{TRTC_KEY:?}"));
    assert_snapshot("copied_test.rs", &test);
}
