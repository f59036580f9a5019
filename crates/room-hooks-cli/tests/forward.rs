//! `listen --forward-to`: the requests that reach the app, and the responses that the provider
//! gets. The contract's cases are in `forward_contract.rs`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use self::program::{Server, command, example, folder, run, run_bytes};

const EVENTS: [&str; 3] = ["room_create", "Room.CallbackAfterDestroyRoom", "103"];

/// An app that answers each request with the same bytes, after a delay.
struct App {
    origin: String,
    requests: Receiver<String>,
}

impl App {
    fn answering(answer: &'static str, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, sender) = (BufReader::new(stream.unwrap()), sender.clone());
                thread::spawn(move || {
                    sender.send(read_message(&mut stream)).unwrap_or_default();
                    thread::sleep(delay);
                    // The program may have hung up.
                    let _ = stream.get_mut().write_all(answer.as_bytes());
                });
            }
        });
        Self { origin, requests }
    }

    fn acknowledging() -> Self {
        Self::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Duration::ZERO)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }
}

/// A request or a response with a `Content-Length`.
fn read_message(stream: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).unwrap() > 0 {}
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body).unwrap();
    head + &String::from_utf8(body).unwrap()
}

fn forwarding(to: &str, more: &[&str]) -> Server {
    Server::listen(&[&["--forward-to", to], more].concat())
}

/// Sends a raw request, and returns the response.
fn post(listener: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(listener.origin.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    read_message(&mut BufReader::new(stream))
}

fn send(listener: &Server, event: &str, more: &[&str]) -> String {
    run(&[&["send", event, "--to", &listener.origin], more].concat()).stdout
}

fn signed(event: &str, more: &[&str]) -> String {
    String::from_utf8(run_bytes(&[&["sign", event], more].concat())).unwrap()
}

fn body(message: &str) -> &str {
    message.split_once("\r\n\r\n").unwrap().1
}

#[test]
fn an_example_behind_it_handles_verified_deliveries() {
    let app = Server::start(example("example-axum"));
    let listener = forwarding(&app.origin, &[]);
    for event in EVENTS {
        assert!(send(&listener, event, &["--same"]).starts_with("200 "), "{event}");
        // A duplicate for the app; the program forwards it.
        assert!(send(&listener, event, &["--same"]).starts_with("200 "), "{event}");
        assert!(send(&listener, event, &["--forge", "signature"]).starts_with("401 "), "{event}");
    }
    let asked = send(&listener, "Live.CallbackBeforeSendGift", &[]);
    assert!(asked.contains("decision: allowed"), "{asked}");
    let shown = listener.interrupted();
    assert_eq!(shown.matches(" 200 forwarded\n").count(), 6, "{shown}");
    assert_eq!(shown.matches(" 401 refused: the signature is wrong\n").count(), 3, "{shown}");
    assert_eq!(shown.matches(" 200 forwarded, allowed\n").count(), 1, "{shown}");
    let handled = app.interrupted();
    // Events of ZIM's rooms have no time, so each signature makes a new event.
    for (event, times) in
        [("room_create", 2), (EVENTS[1], 1), (EVENTS[2], 1), ("Live.CallbackBeforeSendGift", 1)]
    {
        let lines = handled
            .lines()
            .filter(|line| line.contains(&format!(r#""event":"{event}","room_id""#)));
        assert_eq!(lines.count(), times, "{event}: {handled}");
    }
}

#[test]
fn a_request_is_forwarded_as_it_arrived() {
    let app = App::acknowledging();
    let listener = forwarding(&app.origin, &["--path", "tencent=/callbacks/im"]);
    let request = signed("Room.CallbackAfterDestroyRoom", &[])
        .replace("/hooks/tencent?", "/callbacks/im?ClientIP=127.0.0.1&a=%20b&")
        .replace(
            "Host: localhost\r\n",
            "Host: localhost\r\nX-Kept: a\r\nX-Kept: b\r\nCookie: c=d\r\n",
        )
        .replace(
            "X-Kept: a",
            "Connection: keep-alive, X-Hop\r\nX-Hop: a\r\nTE: trailers\r\nX-Kept: a",
        );
    assert!(post(&listener, &request).starts_with("HTTP/1.1 200 "));
    let forwarded = app.requests().pop().unwrap();
    assert_eq!(forwarded.lines().next(), request.lines().next(), "path and query");
    assert_eq!(body(&forwarded), body(&request));
    let forwarded = forwarded.to_lowercase();
    for header in ["x-kept: a\r\n", "x-kept: b\r\n", "cookie: c=d\r\n"] {
        assert!(forwarded.contains(header), "{header} is not in {forwarded}");
    }
    let host = app.origin.strip_prefix("http://").unwrap();
    assert!(forwarded.contains(&format!("host: {host}\r\n")), "{forwarded}");
    for header in ["x-hop", "te:", "user-agent", "accept", "transfer-encoding", "localhost"] {
        assert!(!forwarded.contains(header), "{header} is in {forwarded}");
    }
}

#[test]
fn the_response_goes_back_unchanged() {
    let app = App::answering(
        "HTTP/1.1 429 Slow Down\r\nRetry-After: 7\r\nX-Kept: a\r\nConnection: X-Hop\r\nX-Hop: a\r\n\
         Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nlater",
        Duration::ZERO,
    );
    let listener = forwarding(&app.origin, &[]);
    let answer = post(&listener, &signed("103", &[])).to_lowercase();
    assert!(answer.starts_with("http/1.1 429 "), "{answer}");
    for part in
        ["retry-after: 7\r\n", "x-kept: a\r\n", "content-type: text/plain\r\n", "\r\n\r\nlater"]
    {
        assert!(answer.contains(part), "{part:?} is not in {answer}");
    }
    assert!(!answer.contains("x-hop"), "{answer}");
    assert!(listener.interrupted().contains("429 forwarded, but not acknowledged"));
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = App::acknowledging();
    let location =
        format!("HTTP/1.1 307 T\r\nLocation: {}/\r\nContent-Length: 0\r\n\r\n", elsewhere.origin);
    let app = App::answering(location.leak(), Duration::ZERO);
    let listener = forwarding(&app.origin, &[]);
    let answer = post(&listener, &signed("103", &[]));
    assert!(answer.starts_with("HTTP/1.1 307 "), "{answer}");
    // The provider is not redirected, either.
    assert!(!answer.to_lowercase().contains("location"), "{answer}");
    assert_eq!(elsewhere.requests(), [""; 0]);
    assert!(listener.interrupted().contains("redirect is not followed"));
}

#[test]
fn nothing_unverified_reaches_the_app() {
    let app = App::acknowledging();
    let listener = forwarding(&app.origin, &[]);
    for event in EVENTS {
        for forgery in ["signature", "app", "oversize"] {
            let sent = run(&["send", event, "--forge", forgery, "--to", &listener.origin]);
            assert_eq!(sent.status, 0, "{event}, {forgery}: {}{}", sent.stdout, sent.stderr);
        }
    }
    assert!(send(&listener, "room_create", &["--forge", "slow"]).starts_with("408 "));
    assert!(send(&listener, "room_create", &["--forge", "stale"]).starts_with("401 "));
    assert!(post(&listener, "GET /hooks/zego HTTP/1.1\r\nHost: x\r\n\r\n").contains(" 405 "));
    let elsewhere = signed("103", &[]).replace("/hooks/trtc", "/hooks/other");
    assert!(post(&listener, &elsewhere).starts_with("HTTP/1.1 404 "));
    assert_eq!(app.requests(), [""; 0]);
    // Another body with a ZEGO signature that was seen before.
    let honest = signed("room_create", &[]);
    assert!(post(&listener, &honest).starts_with("HTTP/1.1 200 "));
    let planted = honest.replace("\"lobby\"", "\"vault\"");
    assert!(post(&listener, &planted).starts_with("HTTP/1.1 401 "));
    assert_eq!(app.requests().len(), 1);
}

/// An app whose secrets differ from the providers'.
fn app_with_local_secrets() -> (Server, Vec<String>) {
    let mut app = example("example-axum");
    let folder = folder("local-secrets");
    let mut resign = Vec::new();
    for (provider, variable) in
        [("zego", "ZEGO_CALLBACK_SECRET"), ("tencent", "TENCENT_TOKEN"), ("trtc", "TRTC_KEY")]
    {
        let secret = format!("local{provider}");
        let file = folder.join(provider);
        fs::write(&file, &secret).unwrap();
        app.env(variable, secret);
        resign.extend(["--resign".to_owned(), format!("{provider}={}", file.display())]);
    }
    (Server::start(app), resign)
}

#[test]
fn deliveries_are_resigned_for_an_app_with_other_secrets() {
    let (app, resign) = app_with_local_secrets();
    let recording = folder("resigned").join("recording.jsonl").to_str().unwrap().to_owned();
    let plain = forwarding(&app.origin, &["--record", &recording]);
    for event in EVENTS {
        assert!(send(&plain, event, &[]).starts_with("401 "), "{event}");
    }
    let shown = plain.interrupted();
    assert_eq!(shown.matches("that the app has this secret (see --resign)").count(), 3, "{shown}");
    // `listen` verified them, even though the app refused them.
    let kept = fs::read_to_string(&recording).unwrap();
    assert_eq!(kept.matches(r#""verified":"signature""#).count(), 3, "{kept}");

    let resign: Vec<_> = resign.iter().map(|argument| &**argument).collect();
    let listener = forwarding(&app.origin, &resign);
    for encoding in ["json", "percent", "form"] {
        let sent = send(&listener, "room_create", &["--encoding", encoding]);
        assert!(sent.starts_with("200 "), "{encoding}: {sent}");
    }
    let mut retries = Vec::new();
    for event in EVENTS {
        let request = signed(event, &[]);
        for _ in 0..3 {
            retries.push(post(&listener, &request));
        }
        assert!(send(&listener, event, &["--forge", "signature"]).starts_with("401 "), "{event}");
    }
    assert!(retries.iter().all(|answer| answer.starts_with("HTTP/1.1 200 ")), "{retries:?}");
    drop(listener);
    let handled = app.interrupted();
    // Retries are still retries.
    assert_eq!(handled.lines().count(), 3 + 3, "{handled}");
}

#[test]
fn the_provider_gets_a_response_even_if_the_app_does_not_respond() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listener = forwarding(&format!("http://{closed}"), &[]);
    let answers = EVENTS.map(|event| post(&listener, &signed(event, &[])));
    let bodies =
        ["", r#"{"ActionStatus":"FAIL","ErrorInfo":"failed","ErrorCode":1}"#, r#"{"code":1}"#];
    for (answer, expected) in answers.iter().zip(bodies) {
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.contains("retry-after: 2\r\n"), "{answer}");
        assert_eq!(body(answer), expected);
    }
    let gift = send(&listener, "Live.CallbackBeforeSendGift", &[]);
    assert!(gift.starts_with("200 ") && gift.contains("decision: allowed"), "{gift}");
    let shown = listener.interrupted();
    assert!(shown.contains("200 allowed, by the failure policy: "), "{shown}");
    assert_eq!(shown.matches(&closed.to_string()).count(), 4, "{shown}");
}

#[test]
fn a_late_app_does_not_exceed_the_timeout_of_the_provider() {
    let late = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let app = App::answering(late, Duration::from_secs(20));
    let listener = forwarding(&app.origin, &[]);
    let begun = Instant::now();
    let answer = post(&listener, &signed("Room.CallbackAfterDestroyRoom", &[]));
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    for (question, decision) in
        [("before_send_msg", "neutral"), ("Live.CallbackBeforeSendGift", "allowed")]
    {
        let asked = run(&["send", question, "--to", &listener.origin]);
        assert!(asked.stdout.contains(&format!("decision: {decision}")), "{}", asked.stdout);
        assert!(!asked.stderr.contains("too late"), "{}", asked.stderr);
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

/// The time until the body arrives counts: the provider waits from the start of its request.
#[test]
fn an_event_whose_body_arrives_too_late_is_not_forwarded() {
    let app = App::acknowledging();
    let listener = forwarding(&app.origin, &[]);
    let request = signed("Room.CallbackAfterDestroyRoom", &[]);
    let (most, rest) = request.split_at(request.len() - 1);
    let mut stream = TcpStream::connect(listener.origin.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(most.as_bytes()).unwrap();
    // Tencent waits two seconds.
    thread::sleep(Duration::from_secs(2));
    stream.write_all(rest.as_bytes()).unwrap();
    let answer = read_message(&mut BufReader::new(stream));
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert_eq!(app.requests(), [""; 0]);
}

/// An attacker who has seen a fresh signature of ZEGO chooses the body.
#[test]
fn copies_of_a_signature_in_a_body_do_not_delay_other_deliveries() {
    let (app, resign) = app_with_local_secrets();
    let resign: Vec<_> = resign.iter().map(|argument| &**argument).collect();
    let listener = forwarding(&app.origin, &resign);
    let request = signed("room_create", &[]);
    let event: serde_json::Value = serde_json::from_str(body(&request)).unwrap();
    let copies = event["signature"].as_str().unwrap().repeat(20_000);
    let body = body(&request).replacen('{', &format!(r#"{{"copies":"{copies}","#), 1);
    let begun = Instant::now();
    let answer = post(
        &listener,
        &format!("POST /hooks/zego HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
    );
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    // Parsing the body for each copy takes minutes.
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[test]
fn an_app_that_does_not_respond_does_not_delay_the_shutdown() {
    let app = App::answering("", Duration::from_secs(60));
    let listener = forwarding(&app.origin, &[]);
    let request = signed("room_create", &[]);
    let mut stream = TcpStream::connect(listener.origin.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    assert!(app.requests.recv_timeout(Duration::from_secs(20)).is_ok());
    let begun = Instant::now();
    listener.interrupted();
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
}

fn response_with_app_answering(answer: &'static str) -> String {
    let app = App::answering(answer, Duration::ZERO);
    let listener = forwarding(&app.origin, &[]);
    post(&listener, &signed("103", &[]))
}

#[test]
fn an_invalid_response_becomes_503() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "",
    ] {
        let answered = response_with_app_answering(answer);
        assert!(answered.starts_with("HTTP/1.1 503 "), "{answer}: {answered}");
    }
}

/// As from a server that sends no length, or speaks HTTP/1.0.
#[test]
fn a_response_that_ends_with_its_connection_is_complete() {
    for answer in
        ["HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole", "HTTP/1.0 200 OK\r\n\r\nwhole"]
    {
        let answered = response_with_app_answering(answer);
        assert!(answered.ends_with("\r\n\r\nwhole"), "{answer}: {answered}");
    }
}

#[test]
fn forwarding_to_another_machine_must_be_allowed() {
    for (arguments, told) in [
        (&["--forward-to", "http://192.0.2.1"][..], "--allow-remote-target"),
        (&["--forward-to", "http://example.com/hooks"], "--allow-remote-target"),
        (&["--forward-to", "http://a:b@127.0.0.1"], "password"),
        (&["--forward-to", "ftp://127.0.0.1"], "neither http nor https"),
        (&["--forward-to", "http://127.0.0.1:47115", "--addr", "127.0.0.1:47115"], "itself"),
        (&["--forward-to", "http://127.0.0.1:9", "--resign", "zego"], "missing `=`"),
        (&["--forward-to", "http://127.0.0.1:9", "--resign", "zego=/missing"], "/missing"),
        (&["--forward-to", "http://127.0.0.1:9", "--deny"], "cannot be used with"),
        (&["--resign", "zego=x"], "--forward-to"),
        (&["--path", "zego=/hooks/trtc"], "share the path"),
    ] {
        let output = command(&[&["listen"], arguments].concat())
            .env("ROOM_HOOKS_ADDR", "127.0.0.1:0")
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(told), "{arguments:?}: {stderr}");
    }
}
