//! The page of `listen --ui` over HTTP: access control, and the deliveries that it signs.
//! `copied_test.rs` covers the text to copy, and `listen_page_browser.rs` the page in a browser.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod deliveries_page;
mod program;

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use self::{deliveries_page::Page, program::run};

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
    // Names that an attacker lets resolve to this machine.
    for other in ["example.com", "127.0.0.1", "127.0.0.1:1", &format!("{host}.example.com")] {
        assert!(get(&format!("{folder}deliveries"), other).starts_with("HTTP/1.1 403 "), "{other}");
    }
    // The port that a tunnel may expose does not serve the page.
    let request =
        format!("GET {folder}deliveries HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let response = page.deliver(&request);
    assert!(response.starts_with("HTTP/1.1 404 "), "{response}");
}

#[test]
fn the_page_is_served_to_this_machine_only() {
    let ran = run(&["listen", "--addr", "127.0.0.1:0", "--ui", "--ui-addr", "0.0.0.0:0"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("0.0.0.0:0 can be reached from other machines"), "{}", ran.stderr);
}

#[test]
fn headers_that_may_contain_credentials_are_not_shown() {
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
fn every_response_has_the_security_headers() {
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

/// A refused delivery may come from an attacker, so a click must not sign it.
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
    // Signed only if the box is checked.
    assert!(page.act("edited", &[("id", "1"), ("event", event)]).contains("?sent=401\r\n"));
    let signed = page.act("edited", &[("id", "1"), ("event", event), ("sign", "yes")]);
    assert!(signed.contains("?sent=200\r\n"), "{signed}");
    let broken = page.act("edited", &[("id", "1"), ("event", "{"), ("sign", "yes")]);
    assert!(broken.starts_with("HTTP/1.1 400 ") && broken.contains("not JSON"), "{broken}");
    let printed = page.listener.interrupted();
    assert_eq!(printed.matches(" attic ").count(), 1, "{printed}");
    assert_eq!(printed.lines().count(), 4, "{printed}");
}

/// An edited event would leave the machine with a real signature.
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

/// Tencent does not sign the body, so its signature would also be valid for an edited body.
#[test]
fn an_edit_is_not_signed_by_the_signature_of_the_original() {
    let page = Page::start(&[]);
    let event = "Room.CallbackAfterDestroyRoom";
    page.send(event, &[]);
    let edited = format!(r#"{{"CallbackCommand":"{event}","RoomId":"attic"}}"#);
    let response = page.act("edited", &[("id", "1"), ("event", &edited)]);
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
    assert!(response.contains("would make the edited event authentic"), "{response}");
    let response = page.act("edited", &[("id", "1"), ("event", &edited), ("sign", "yes")]);
    assert!(response.contains("?sent=200\r\n"), "{response}");
    assert_eq!(page.listener.interrupted().matches(" attic ").count(), 1);
}

/// A large, deeply nested body takes the most work to show, and must not delay others.
#[test]
fn a_page_about_a_large_forgery_does_not_delay_others() {
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
fn a_refusal_because_of_the_head_is_shown_as_such() {
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

/// The record of such a request differs from the request. Tencent does not sign the body, so a
/// truncated copy would verify.
#[test]
fn a_request_that_was_not_read_is_not_sent_again() {
    let page = Page::start(&[]);
    let signed = run(&["sign", "Room.CallbackAfterDestroyRoom"]).stdout;
    let head = signed.split_once("Content-Length").unwrap().0;
    let as_get = format!("{}Connection: close\r\n\r\n", head.replacen("POST", "GET", 1));
    assert!(page.deliver(&as_get).starts_with("HTTP/1.1 405 "));
    let large = format!("{head}Connection: close\r\nContent-Length: 5000000\r\n\r\n");
    assert!(page.deliver(&large).starts_with("HTTP/1.1 413 "));
    for id in ["1", "2"] {
        let shown = page.get(&format!("delivery?id={id}"));
        assert!(shown.contains("cannot be sent again"), "{shown}");
        assert!(!shown.contains("curl"), "{shown}");
        let again = page.act("again", &[("id", id), ("as", "recorded")]);
        assert!(again.starts_with("HTTP/1.1 400 "), "{again}");
    }
    assert!(page.get("delivery?id=1").contains("GET /hooks/tencent"));
}

#[test]
fn live_lists_are_bounded() {
    let page = Page::start(&[]);
    let Page { host, folder, .. } = &page;
    let open = || {
        let mut stream = TcpStream::connect(host).unwrap();
        let request = format!("GET {folder}live HTTP/1.1\r\nHost: {host}\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        (stream, head)
    };
    let lists: Vec<_> = (0..64).map(|_| open()).collect();
    assert!(lists.iter().all(|(_, head)| head == b"HTTP/1.1 200"));
    assert_eq!(&open().1, b"HTTP/1.1 503");
}
