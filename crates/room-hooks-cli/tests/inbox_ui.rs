//! Access control of the page of `room-hooks inbox ui`, tested with raw requests.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;
mod rooms_page;

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use room_hooks_sqlite::SqliteInbox;

use self::{
    program::{command, folder, ran},
    rooms_page::Rooms,
};

#[test]
fn forged_and_foreign_requests_are_refused() {
    let rooms = Rooms::new("requests");
    rooms.put_dead("lobby", "timed out");
    let (host, folder) = rooms.host_and_folder();
    let port = host.split_once(':').unwrap().1;
    let get = |path: &str, named: &str| {
        status(host, &format!("GET {path} HTTP/1.1\r\nHost: {named}\r\nConnection: close\r\n\r\n"))
    };
    let post = |path: &str, headers: &str| {
        let head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n";
        status(host, &format!("{head}{form}{headers}\r\nsequence=1"))
    };
    assert_eq!(folder.len(), 34, "128 bits in hex, between slashes");
    let overview = format!("{folder}overview");
    for name in ["127.0.0.1", "localhost", "[::1]"] {
        assert_eq!(get(&overview, &format!("{name}:{port}")), 200, "{name}");
    }
    for foreign in
        ["rooms.example.com", &format!("rooms.example.com:{port}"), "127.0.0.1", "localhost:1"]
    {
        assert_eq!(get(&overview, foreign), 403, "{foreign}");
    }
    let guessed = format!("/{}/", "0".repeat(32));
    for folder in ["/", &guessed, &folder.to_uppercase()] {
        assert_eq!(get(&format!("{folder}overview"), host), 404, "{folder}");
        let origin = format!("Origin: http://{host}\r\n");
        assert_eq!(post(&format!("{folder}discard"), &origin), 404, "{folder}");
    }
    let discard = format!("{folder}discard");
    for headers in [
        "",
        "Origin: null\r\n",
        "Origin: http://rooms.example.com\r\n",
        "Origin: http://127.0.0.1:1\r\n",
        &format!("Origin: http://localhost:{port}\r\n"),
        &format!("Referer: http://{host}{folder}event?sequence=1\r\n"),
    ] {
        assert_eq!(post(&discard, headers), 403, "{headers}");
    }
    assert_eq!(rooms.counts(), [0, 0, 0, 1]);
    assert_eq!(post(&discard, &format!("Origin: http://{host}\r\n")), 303);
    assert_eq!(rooms.counts(), [0, 0, 0, 0]);
    rooms.page.signal("TERM");
    let ended = rooms.page.ended();
    assert_eq!((ended.status, ended.stdout.as_str()), (0, ""), "{}", ended.stderr);
}

/// The status of the response to a raw request.
fn status(host: &str, request: &str) -> u16 {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer["HTTP/1.1 ".len()..][..3].parse().unwrap()
}

#[test]
fn only_a_loopback_address_is_served() {
    let file = folder("inbox-page-loopback").join("rooms.db");
    drop(SqliteInbox::open(&file).unwrap());
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80", "[::ffff:127.0.0.1]:0"] {
        let mut ui = command(&["inbox", "ui", "--addr", address]);
        let refused = ran(ui.env("ROOM_HOOKS_INBOX", &file).output().unwrap());
        assert_eq!((refused.status, refused.stdout.as_str()), (2, ""), "{address}");
        assert!(
            refused.stderr.contains("can be reached from other machines"),
            "{}",
            refused.stderr
        );
    }
    let mut missing = command(&["inbox", "ui", "--inbox", "not-there.db"]);
    assert_eq!(ran(missing.output().unwrap()).status, 2);
}
