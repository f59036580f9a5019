//! Checks that damaged captures neither make the program panic nor take long.

use std::{
    fs,
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};

use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{credentials::Credentials, verify::Session};

use super::{Request, read};

static CAPTURES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut captures: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("README.md") && !path.ends_with(".gitattributes"))
        .map(|path| fs::read(path).unwrap())
        .collect();
    captures.push(b"%7B%22event%22%3A%22room_create%22%7D".to_vec());
    captures.push(b"event=room_create&signature=a&timestamp=1757500000&nonce=1".to_vec());
    captures.push(b"https://example.com/hooks/tencent?Sign=a&RequestTime=1757500000".to_vec());
    captures.push(br#"{"at":1,"provider":"zego","body":"{\"event\":\"room_create\"}"}"#.to_vec());
    captures
});

/// Strings that mean something in one of the formats.
const TELLING: [&str; 16] = [
    "\r\n\r\n",
    "\n",
    ": ",
    "\"",
    "\\x",
    "\\",
    "{",
    "0\r\n",
    "> ",
    "=> Send data, 9 bytes (0x9)\n",
    "ffffffffffffffff",
    "[",
    "\u{feff}",
    "é",
    "Content-Length: 1\r\n",
    "18446744073709551615",
];

#[derive(Debug, Clone)]
enum Damage {
    CutOff(Index),
    Remove(Index, usize),
    Overwrite(Index, u8),
    Insert(Index, Index),
    Splice(Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Damage::CutOff),
        (at(), 1..40_usize).prop_map(|(at, count)| Damage::Remove(at, count)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Overwrite(at, byte)),
        (at(), at()).prop_map(|(at, what)| Damage::Insert(at, what)),
        (at(), at()).prop_map(|(at, other)| Damage::Splice(at, other)),
    ]
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match damage {
            Damage::CutOff(at) => bytes.truncate(place(at)),
            Damage::Remove(at, count) => {
                let start = place(at);
                bytes.drain(start..(start + count).min(bytes.len()));
            }
            Damage::Overwrite(at, byte) => {
                let at = place(at);
                bytes.get_mut(at).into_iter().for_each(|place| *place = *byte);
            }
            Damage::Insert(at, what) => {
                let (at, text) = (place(at), TELLING[what.index(TELLING.len())]);
                bytes.splice(at..at, text.bytes());
            }
            Damage::Splice(at, other) => {
                let at = place(at);
                bytes.truncate(at);
                bytes.extend_from_slice(other.get::<Vec<u8>>(&CAPTURES));
            }
        }
    }
    bytes
}

/// Does everything that `verify` does with a request, except print the report.
fn explain(request: &Request) {
    // Missing or invalid parts are errors, not panics.
    let _ = Session::new(&Credentials::default()).examine(1, request);
}

/// The body is as large as a receiver accepts, and nested so that indentation multiplies its size.
#[test]
fn a_large_forgery_does_not_take_long() {
    for count in [30_000, 500_000] {
        let body = format!("{{\"EventInfo\":{}{}1", "[".repeat(100), "1,".repeat(count));
        let body = format!("{body}{}}}", "]".repeat(100));
        let head = "POST /hooks/trtc HTTP/1.1\r\nSdkAppId: 1400000000\r\nSign: x";
        let capture = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let begun = Instant::now();
        let (requests, _) = read(capture.as_bytes()).unwrap();
        requests.iter().for_each(explain);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_capture_does_not_panic(
        capture in any::<Index>(),
        damages in vec(damage(), 0..5),
    ) {
        let bytes = damaged(capture.get(&CAPTURES).clone(), &damages);
        if let Ok((requests, _)) = read(&bytes) {
            requests.iter().for_each(explain);
        }
    }

    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok((requests, _)) = read(&bytes) {
            requests.iter().for_each(explain);
        }
    }
}
