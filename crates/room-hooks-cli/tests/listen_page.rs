//! The page of `listen --ui` over HTTP: who may use it, what it signs, and what it gives to be pasted elsewhere. How it
//! looks to people is in `listen_page_browser.rs`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use self::program::{Server, TRTC_KEY, assert_snapshot, folder, run};

/// Text that is a script in HTML, and a command in a shell that forgets to quote it.
const HOSTILE: [&str; 5] = [
    "<script>alert(1)</script>",
    "'; touch pwned; '",
    "$(touch pwned)`touch pwned`",
    "\"; panic!(); //\\",
    "\u{202e}\u{1b}[2J\r\n\t",
];

/// The page of a program that listens.
struct Page {
    listener: Server,
    host: String,
    /// The path of the folder.
    folder: String,
}

impl Page {
    fn start(more: &[&str]) -> Self {
        let listener = Server::listen(&[&["--ui"], more].concat());
        let url = listener.noted("page at ");
        let (host, folder) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        Self { host: host.to_owned(), folder: format!("/{folder}"), listener }
    }

    fn send(&self, event: &str, more: &[&str]) {
        run(&[&["send", event, "--to", &self.listener.origin], more].concat());
    }

    /// Sends a request as it is to where callbacks are received.
    fn deliver(&self, request: &str) -> String {
        let (_, address) = self.listener.origin.split_once("//").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Sends a request as it is to the page, and returns the response.
    fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        String::from_utf8(response).unwrap()
    }

    fn get(&self, page: &str) -> String {
        let Self { host, folder, .. } = self;
        self.raw(&format!(
            "GET {folder}{page} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        ))
    }

    fn post(&self, page: &str, form: &[(&str, &str)], origin: &str) -> String {
        let Self { host, folder, .. } = self;
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.raw(&format!(
            "POST {folder}{page} HTTP/1.1\r\nHost: {host}\r\n{origin}Connection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        ))
    }

    fn act(&self, page: &str, form: &[(&str, &str)]) -> String {
        self.post(page, form, &format!("Origin: http://{}\r\n", self.host))
    }

    /// The text of an element of a delivery's page.
    fn copied(&self, id: u64, element: &str) -> String {
        let page = self.get(&format!("delivery?id={id}"));
        let (_, rest) = page.split_once(&format!("<pre id=\"{element}\" tabindex=\"0\">")).unwrap();
        let text = rest.split_once("</pre>").unwrap().0;
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
        entities.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
    }
}

#[test]
fn only_those_who_know_the_address_see_the_page() {
    let page = Page::start(&[]);
    assert_eq!(page.folder.len(), 34, "{}", page.folder);
    let Page { host, folder, .. } = &page;
    assert!(page.get("deliveries").starts_with("HTTP/1.1 200 "));
    let get = |path: &str, host: &str| {
        page.raw(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    };
    for path in ["/", "/deliveries", "/style.css", &format!("{}0/deliveries", &folder[..33])] {
        assert!(get(path, host).starts_with("HTTP/1.1 404 "), "{path}");
    }
    // A name that an attacker lets lead here.
    for other in ["example.com", "127.0.0.1", "127.0.0.1:1", &format!("{host}.example.com")] {
        assert!(get(&format!("{folder}deliveries"), other).starts_with("HTTP/1.1 403 "), "{other}");
    }
    // The port that a tunnel may expose has nothing of it.
    let request =
        format!("GET {folder}deliveries HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let response = page.deliver(&request);
    assert!(response.starts_with("HTTP/1.1 404 "), "{response}");
}

#[test]
fn the_page_is_served_to_this_machine_only() {
    let ran = run(&["listen", "--addr", "127.0.0.1:0", "--ui", "--ui-addr", "0.0.0.0:0"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("0.0.0.0:0 can be reached from elsewhere"), "{}", ran.stderr);
}

#[test]
fn headers_that_might_let_a_reader_in_elsewhere_are_not_shown() {
    let page = Page::start(&[]);
    let signed = run(&["sign", "103"]).stdout;
    let headers = "Authorization: Basic cGFzc3dvcmQ=\r\nCookie: a=cGFzc3dvcmQ=\r\nX-Api-Key: cGFzc3dvcmQ=\r\nUser-Agent: seen\r\nConnection: close\r\n";
    page.deliver(&signed.replacen(
        "Host: localhost\r\n",
        &format!("Host: localhost\r\n{headers}"),
        1,
    ));
    let shown = page.get("delivery?id=1");
    assert!(
        shown.contains("user-agent: seen") && shown.contains("authorization: (not shown)"),
        "{shown}"
    );
    assert!(!shown.contains("cGFzc3dvcmQ="), "{shown}");
}

#[test]
fn only_the_page_itself_sends_again() {
    let page = Page::start(&[]);
    page.send("103", &[]);
    let form = [("id", "1"), ("as", "recorded")];
    let host = &page.host;
    for origin in [
        String::new(),
        "Origin: null\r\n".to_owned(),
        "Origin: http://example.com\r\n".to_owned(),
        format!("Origin: http://{host}.example.com\r\n"),
        format!("Origin: http://example.com/{host}\r\n"),
        "Origin: http://127.0.0.1\r\n".to_owned(),
    ] {
        let response = page.post("again", &form, &origin);
        assert!(response.starts_with("HTTP/1.1 403 "), "{origin}: {response}");
    }
    assert!(page.get("again?id=1&as=recorded").starts_with("HTTP/1.1 405 "));
    assert!(page.act("again", &form).contains("location: deliveries?sent=200\r\n"));
    assert_eq!(page.listener.interrupted().lines().count(), 2);
}

#[test]
fn every_response_forbids_what_a_page_does_not_need() {
    let page = Page::start(&[]);
    page.send("103", &[]);
    for response in [
        page.get("deliveries"),
        page.get("delivery?id=1"),
        page.get("delivery?id=99"),
        page.get("delivery?id=-1"),
        page.get("page.js"),
        page.raw("GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"),
    ] {
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self';",
            "cache-control: no-store\r\n",
            "x-content-type-options: nosniff\r\n",
        ] {
            assert!(response.contains(header), "{header} is not in {response}");
        }
    }
    for (path, status) in [
        ("delivery?id=99", "404"),
        ("delivery?id=-1", "400"),
        ("delivery", "400"),
        ("deliveries?provider=zoom", "400"),
        ("deliveries?after=18446744073709551616", "400"),
        ("live?verdict=good", "400"),
    ] {
        assert!(page.get(path).starts_with(&format!("HTTP/1.1 {status} ")), "{path}");
    }
}

/// What was refused may be an attacker's, and no click must sign it.
#[test]
fn a_refused_delivery_is_sent_again_only_as_it_was() {
    let page = Page::start(&[]);
    page.send("room_create", &["--forge", "signature"]);
    let shown = page.get("delivery?id=1");
    assert!(!shown.contains("resigned") && !shown.contains("<textarea"), "{shown}");
    for (action, form) in [
        ("again", &[("id", "1"), ("as", "resigned")][..]),
        ("edited", &[("id", "1"), ("event", "{\"event\":\"room_create\"}"), ("sign", "yes")]),
        ("edited", &[("id", "1"), ("event", "{}")]),
    ] {
        let response = page.act(action, form);
        assert!(response.starts_with("HTTP/1.1 400 "), "{action}: {response}");
        assert!(response.contains("was refused when it arrived"), "{action}: {response}");
    }
    let again = page.act("again", &[("id", "1"), ("as", "recorded")]);
    assert!(again.contains("location: deliveries?sent=401\r\n"), "{again}");
    let printed = page.listener.interrupted();
    assert_eq!(printed.lines().count(), 2, "{printed}");
    assert_eq!(printed.matches(" 401 ").count(), 2, "{printed}");
}

#[test]
fn a_verified_delivery_is_resigned_or_edited() {
    let page = Page::start(&[]);
    page.send("room_create", &["--encoding", "percent"]);
    assert!(page.act("again", &[("id", "1"), ("as", "resigned")]).contains("?sent=200\r\n"));
    let event = "{\"event\":\"room_create\",\r\n\"room_id\":\"attic\"}";
    // Signed only if that is chosen.
    assert!(page.act("edited", &[("id", "1"), ("event", event)]).contains("?sent=401\r\n"));
    let signed = page.act("edited", &[("id", "1"), ("event", event), ("sign", "yes")]);
    assert!(signed.contains("?sent=200\r\n"), "{signed}");
    let broken = page.act("edited", &[("id", "1"), ("event", "{"), ("sign", "yes")]);
    assert!(broken.starts_with("HTTP/1.1 400 ") && broken.contains("not JSON"), "{broken}");
    let printed = page.listener.interrupted();
    assert_eq!(printed.matches(" attic ").count(), 1, "{printed}");
    assert_eq!(printed.lines().count(), 4, "{printed}");
}

/// What is edited would leave the machine with a real signature.
#[test]
fn nothing_is_edited_that_could_leave_this_machine() {
    let forward = ["--forward-to", "http://127.0.0.1:9", "--allow-remote-target"];
    let page = Page::start(&forward);
    for (id, event) in [("1", "103"), ("2", "Room.CallbackAfterDestroyRoom")] {
        page.send(event, &[]);
        assert!(!page.get(&format!("delivery?id={id}")).contains("<textarea"));
        for form in [
            &[("id", id), ("event", "{}"), ("sign", "yes")][..],
            &[("id", id), ("event", r#"{"CallbackCommand":"Room.CallbackAfterDestroyRoom"}"#)],
        ] {
            let response = page.act("edited", form);
            assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
            assert!(response.contains("may forward to another machine"), "{response}");
        }
    }
    assert_eq!(page.listener.interrupted().lines().count(), 2);
}

/// Tencent does not sign the body, so its signature would be good for an edited one.
#[test]
fn an_edit_is_not_signed_by_the_signature_of_the_original() {
    let page = Page::start(&[]);
    let event = "Room.CallbackAfterDestroyRoom";
    page.send(event, &[]);
    let edited = format!(r#"{{"CallbackCommand":"{event}","RoomId":"attic"}}"#);
    let response = page.act("edited", &[("id", "1"), ("event", &edited)]);
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
    assert!(response.contains("would sign what you have edited"), "{response}");
    let response = page.act("edited", &[("id", "1"), ("event", &edited), ("sign", "yes")]);
    assert!(response.contains("?sent=200\r\n"), "{response}");
    assert_eq!(page.listener.interrupted().matches(" attic ").count(), 1);
}

/// A large body that is nested deeply makes the most work for those who look at it, and must not hold up others.
#[test]
fn a_page_about_a_large_forgery_holds_up_nobody() {
    let page = Page::start(&[]);
    let body = format!(
        r#"{{"EventInfo":{}{}1{}}}"#,
        "[".repeat(100),
        "1,".repeat(400_000),
        "]".repeat(100)
    );
    let signed = run(&["sign", "103"]).stdout;
    let (head, _) = signed.split_once("\r\nContent-Length").unwrap();
    let forged = |body: &str| {
        page.deliver(&format!(
            "{head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    };
    forged(&body);
    forged(&format!(
        r#"{{"EventInfo":{}{}1{}}}"#,
        "[".repeat(100),
        "1,".repeat(30_000),
        "]".repeat(100)
    ));
    for id in [1, 2] {
        let shown = thread::scope(|scope| {
            let shown = scope.spawn(|| page.get(&format!("delivery?id={id}")));
            let begun = Instant::now();
            page.send("104", &[]);
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
            shown.join().unwrap()
        });
        assert!(shown.starts_with("HTTP/1.1 200 ") && shown.contains("… and more"));
        assert!(shown.len() < 3 * 1024 * 1024, "{}", shown.len());
    }
}

#[test]
fn what_was_refused_by_its_head_is_shown_as_that() {
    let page = Page::start(&[]);
    let signed = run(&["sign", "103"]).stdout;
    let compressed = signed.replacen(
        "Host: localhost\r\n",
        "Host: localhost\r\nContent-Encoding: gzip\r\nConnection: close\r\n",
        1,
    );
    assert!(page.deliver(&compressed).starts_with("HTTP/1.1 415 "));
    let question = run(&["sign", "Live.CallbackBeforeSendGift"]).stdout;
    let target = question.split(' ').nth(1).unwrap();
    page.deliver(&format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    let large = 2 * 1024 * 1024;
    page.deliver(&format!(
        "POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {large}\r\n\r\n"
    ));
    let printed = page.listener.interrupted();
    for outcome in [" 415 the body is compressed", " 405 not a POST", " 413 the body is too large"]
    {
        assert!(printed.contains(outcome), "{outcome} is not in {printed}");
    }
}

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
    // A query that ends a word of a shell, and bodies that curl could take for the name of a file, and a terminal for a
    // command.
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

/// The same text is compiled and run as a test of this package, in `copied_test.rs`.
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
    // Where it is a test of this package, no variable has the secret.
    let test = test.replace(r#"std::env::var("TRTC_KEY").unwrap()"#, &format!("{TRTC_KEY:?}"));
    assert_snapshot("copied_test.rs", &test);
}
