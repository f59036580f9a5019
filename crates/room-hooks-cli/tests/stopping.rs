//! How `listen` and the examples stop.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use self::program::{Server, example, run_bytes};

const EXAMPLES: [&str; 4] = ["example-axum", "example-actix", "example-warp", "example-tower"];

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.origin.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// The head of a callback, with `Expect: 100-continue`, and its body.
fn callback() -> (Vec<u8>, Vec<u8>) {
    let request = run_bytes(&["sign", "room_create"]);
    let gap = request.windows(4).position(|gap| gap == b"\r\n\r\n").unwrap();
    let head = [&request[..gap], b"\r\nExpect: 100-continue\r\n\r\n"].concat();
    (head, request[gap + 4..].to_vec())
}

/// Sends the first half of a callback. The server then waits for the second half of its body.
fn begin(server: &Server) -> (BufReader<TcpStream>, Vec<u8>) {
    let (head, body) = callback();
    let mut stream = BufReader::new(connect(server));
    stream.get_mut().write_all(&head).unwrap();
    assert_eq!(read_head(&mut stream), "HTTP/1.1 100 Continue");
    let (first, second) = body.split_at(body.len() / 2);
    stream.get_mut().write_all(first).unwrap();
    (stream, second.to_vec())
}

/// Reads a whole head, and returns its status line.
fn read_head(stream: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).unwrap(), 0, "it was closed after {head:?}");
    }
    head.lines().next().unwrap().to_owned()
}

/// Waits until the server accepts no more connections.
fn wait_until_closed(server: &Server) {
    let begun = Instant::now();
    while TcpStream::connect(server.origin.strip_prefix("http://").unwrap()).is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(30), "new connections are still accepted");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_callback_that_has_begun_is_handled_and_answered() {
    for name in ["listen"].into_iter().chain(EXAMPLES) {
        // actix-web stops at once on Ctrl-C.
        let signals = if name == "example-actix" { &["TERM"][..] } else { &["TERM", "INT"] };
        for signal in signals {
            let server = start(name);
            let (mut stream, rest) = begin(&server);
            server.signal(signal);
            wait_until_closed(&server);
            stream.get_mut().write_all(&rest).unwrap();
            assert_eq!(read_head(&mut stream), "HTTP/1.1 200 OK", "{name}, {signal}");
            let ended = server.ended();
            assert_eq!(ended.status, 0, "{name}, {signal}: {}", ended.stderr);
            assert_eq!(ended.stdout.lines().count(), 1, "{name}, {signal}: {}", ended.stdout);
            assert!(ended.stdout.contains("lobby"), "{name}, {signal}: {}", ended.stdout);
        }
    }
}

#[test]
fn a_client_that_never_finishes_does_not_delay_the_end() {
    let stopped = ["listen"].into_iter().chain(EXAMPLES).map(|name| {
        let server = start(name);
        let silent = connect(&server);
        let mut in_its_head = connect(&server);
        in_its_head.write_all(b"POST /hooks/zego HTTP/1.1\r\nHo").unwrap();
        let mut idle = BufReader::new(connect(&server));
        idle.get_mut().write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        read_head(&mut idle);
        let (in_its_body, _) = begin(&server);
        server.signal("TERM");
        (name, server, (silent, in_its_head, idle, in_its_body))
    });
    for (name, server, (.., mut in_its_body)) in stopped.collect::<Vec<_>>() {
        let mut answer = String::new();
        // Refused, or closed.
        let _ = in_its_body.read_to_string(&mut answer);
        assert!(!answer.starts_with("HTTP/1.1 2"), "{name}: {answer}");
        let ended = server.ended();
        assert_eq!(ended.status, 0, "{name}: {}", ended.stderr);
        assert!(!ended.stdout.contains("lobby"), "{name}: {}", ended.stdout);
    }
}

fn start(name: &str) -> Server {
    if name == "listen" { Server::listen(&[]) } else { Server::start(example(name)) }
}

/// As behind a pager that waits for a key.
#[test]
fn an_output_that_nobody_reads_does_not_delay_the_end() {
    let server = Server::listen(&["--verbose"]);
    // More than a pipe holds.
    let name = format!("room_name={}", "x".repeat(100_000));
    let request = run_bytes(&["sign", "room_create", "--set", &name]);
    let mut stream = connect(&server);
    stream.write_all(&request).unwrap();
    thread::sleep(Duration::from_secs(1));
    server.signal("TERM");
    assert_eq!(server.ended().status, 0);
}
