//! The page of `listen --ui` in a real browser. The tests are shown as ignored if Chromium is not
//! installed.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod program;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    process::ExitCode,
    thread,
};

use serde_json::json;

use self::{
    browser::{Browser, ENTER},
    program::{Server, run},
};

/// Text that runs if it is taken for HTML.
const HOSTILE: &str = "<script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">'; rm -rf x; '";

fn main() -> ExitCode {
    let tests: [(_, fn()); 6] = [
        ("a_delivery_arrives_live", a_delivery_arrives_live),
        ("a_refusal_is_explained_and_set_right", a_refusal_is_explained_and_set_right),
        ("an_edited_event_is_sent_as_chosen", an_edited_event_is_sent_as_chosen),
        ("text_from_outside_is_text_everywhere", text_from_outside_is_text_everywhere),
        ("another_site_can_neither_act_nor_read", another_site_can_neither_act_nor_read),
        ("the_page_suits_a_phone_and_a_keyboard", the_page_suits_a_phone_and_a_keyboard),
    ];
    browser::run(tests)
}

fn listen(more: &[&str]) -> (Server, String) {
    let listener = Server::listen(&[&["--ui"], more].concat());
    let url = listener.noted("page at ");
    (listener, url)
}

fn send(listener: &Server, event: &str, more: &[&str]) {
    run(&[&["send", event, "--to", &listener.origin], more].concat());
}

/// The rows of the list, newest first.
fn wait_for_rows(browser: &Browser, count: usize) -> Vec<String> {
    browser
        .wait_until(&format!("{count} rows"), |browser| browser.texts("tbody tr").len() == count);
    browser.texts("tbody tr")
}

/// Writes a screenshot for the documentation, if `SCREENSHOTS=overwrite` is set.
fn picture(browser: &Browser, name: &str) {
    if std::env::var_os("SCREENSHOTS").is_some_and(|value| value == "overwrite") {
        let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images");
        browser.screenshot(&images.join(name));
    }
}

fn a_delivery_arrives_live() {
    let (listener, url) = listen(&[]);
    let browser = Browser::start();
    browser.open(&url);
    browser.wait_until("it is live", |browser| browser.text("[data-live-status]") == "Live.");
    send(&listener, "103", &[]);
    let rows = wait_for_rows(&browser, 1);
    assert!(rows[0].contains("trtc::UserEntered") && rows[0].contains("200 handled"), "{rows:?}");
    for event in ["room_create", "Live.CallbackBeforeSendGift"] {
        send(&listener, event, &[]);
    }
    send(&listener, "room_create", &["--forge", "signature"]);
    let rows = wait_for_rows(&browser, 4);
    assert!(rows[0].contains("401 refused") && rows[3].contains("trtc::UserEntered"), "{rows:?}");
    browser.resize(1_200, 420);
    picture(&browser, "listen-deliveries.png");

    // Deliveries that do not match the filter do not arrive live, either.
    browser.click("select[name=provider] option[value=trtc]");
    browser.click("form button");
    assert_eq!(wait_for_rows(&browser, 1).len(), 1);
    browser.wait_until("it is live", |browser| browser.text("[data-live-status]") == "Live.");
    send(&listener, "room_create", &[]);
    send(&listener, "104", &[]);
    let rows = wait_for_rows(&browser, 2);
    assert!(rows[0].contains("104"), "{rows:?}");
}

/// From a refused callback to a handled one.
fn a_refusal_is_explained_and_set_right() {
    let (listener, url) = listen(&[]);
    let browser = Browser::start();
    send(&listener, "room_create", &["--forge", "signature"]);
    browser.open(&url);
    wait_for_rows(&browser, 1);
    browser.click("tbody a");
    let shown = browser.text("main");
    for part in
        ["401 refused: the signature is wrong", "secret", "wrong", "cannot be re-signed or edited"]
    {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert!(browser.texts("textarea").is_empty() && !shown.contains("new signature"), "{shown}");
    browser.resize(1_200, 900);
    picture(&browser, "listen-refused.png");

    // With the right secret it is handled, and then sent again with a new signature.
    send(&listener, "room_create", &[]);
    browser.open(&url);
    wait_for_rows(&browser, 2);
    browser.click("tbody a");
    browser.click("button[value=resigned]");
    assert_eq!(browser.text("[role=status]"), "Sent; the response was 200.");
    let rows = wait_for_rows(&browser, 3);
    assert!(rows[0].contains("200 handled"), "{rows:?}");
}

fn an_edited_event_is_sent_as_chosen() {
    let (listener, url) = listen(&[]);
    let browser = Browser::start();
    send(&listener, "Room.CallbackAfterDestroyRoom", &["--set-new", "Mood=good"]);
    browser.open(&url);
    wait_for_rows(&browser, 1);
    browser.click("tbody a");
    assert_eq!(browser.texts("pre mark"), [r#""Mood": "good""#]);
    let edit = |room: &str, sign: bool| {
        browser.click("details:has(textarea) summary");
        let event = json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom", "RoomId": room});
        browser.fill("textarea", &event.to_string());
        if sign {
            browser.click("input[name=sign]");
        }
        browser.click("details:has(textarea) button");
    };
    edit("attic", true);
    let rows = wait_for_rows(&browser, 2);
    assert!(rows[0].contains("attic") && rows[0].contains("200 handled"), "{rows:?}");
    browser.click("tbody tr:last-child a");
    // Tencent's signature does not cover the body, so it stays valid for the edited body for a
    // while.
    edit("cellar", false);
    let refused = browser.text("[role=alert]");
    assert!(refused.contains("would make the edited event authentic"), "{refused}");
    assert_eq!(listener.interrupted().lines().count(), 2);
}

fn text_from_outside_is_text_everywhere() {
    let (listener, url) = listen(&[]);
    let browser = Browser::start();
    browser.open(&url);
    browser.wait_until("it is live", |browser| browser.text("[data-live-status]") == "Live.");
    send(&listener, "room_create", &["--set", &format!("room_id={HOSTILE}")]);
    // Both when the script inserts it, and when the server sends it with the page.
    let is_text = |browser: &Browser| {
        let elements =
            browser.run("return document.querySelectorAll('main script, main img').length");
        assert_eq!(elements, 0);
        assert!(!browser.run("return document.title").as_str().unwrap().contains("pwned"));
    };
    let rows = wait_for_rows(&browser, 1);
    assert!(rows[0].contains(HOSTILE), "{rows:?}");
    is_text(&browser);
    browser.open(&url);
    assert!(wait_for_rows(&browser, 1)[0].contains(HOSTILE));
    is_text(&browser);
    browser.click("tbody a");
    // The room, the event, the typed event, the request, the shell line, the test and the form.
    browser.run("document.querySelectorAll('details').forEach(details => details.open = true)");
    is_text(&browser);
    for element in ["dd", "#curl", "#test", "textarea"] {
        let texts = browser.run(&format!(
            "return [...document.querySelectorAll('{element}')].map(e => e.value ?? e.textContent).join()"
        ));
        assert!(texts.as_str().unwrap().contains("document.title="), "{element}: {texts}");
    }
    let query = browser.url().replace("delivery", "deliveries");
    browser.open(&format!(
        "{query}&text=%22%3E%3Cimg%20src=x%20onerror=%22document.title='pwned'%22%3E"
    ));
    is_text(&browser);
}

/// A page of another origin, whose scripts know the address of the page.
fn another_site_can_neither_act_nor_read() {
    let (listener, url) = listen(&[]);
    send(&listener, "103", &[]);
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", other.local_addr().unwrap());
    let page = format!(
        "<!DOCTYPE html><title>Other</title><form method=post action='{url}again'><input name=id value=1><input name=as value=recorded><button>Go</button></form>"
    );
    thread::spawn(move || {
        for stream in other.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut line = String::new();
            while stream.read_line(&mut line).unwrap_or(0) > 2 {
                line.clear();
            }
            let length = page.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: {length}"
            );
            let _ = write!(stream.get_mut(), "{head}\r\n\r\n{page}");
        }
    });
    let browser = Browser::start();
    browser.open(&origin);
    // A script that does not need to read the response, one that does, and one that wants to read
    // the list.
    let fetch = |what: &str, options: &str| {
        browser.run_async(&format!(
            "fetch('{url}{what}', {options}).then(r => r.status, () => 'failed').then(arguments[0])"
        ))
    };
    let body = "method: 'POST', body: new URLSearchParams({id: 1, as: 'recorded'})";
    fetch("again", &format!("{{mode: 'no-cors', {body}}}"));
    assert_eq!(fetch("again", &format!("{{{body}}}")), "failed");
    assert_eq!(fetch("deliveries", "{}"), "failed");
    browser.click("form button");
    assert!(browser.text("body").contains("Only this page's own forms may do that."));
    browser.open(&url);
    wait_for_rows(&browser, 1);
    assert_eq!(listener.interrupted().lines().count(), 1, "nothing was sent again");
}

fn the_page_suits_a_phone_and_a_keyboard() {
    let (listener, url) = listen(&[]);
    let long = "long".repeat(60);
    send(&listener, "room_create", &["--set", &format!("room_id={long}")]);
    send(&listener, "Live.CallbackBeforeSendGift", &[]);
    let browser = Browser::start();
    browser.resize(360, 740);
    browser.open(&url);
    wait_for_rows(&browser, 2);
    let overflow =
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
    let ground = "return getComputedStyle(document.body).backgroundColor";
    assert_eq!(browser.run(overflow), 0);
    let light = browser.run(ground);
    browser.prefer_dark(true);
    assert_ne!(browser.run(ground), light);

    // To the filter, to the second row, and to its page.
    browser.press("/");
    assert_eq!(browser.run("return document.activeElement.name"), "text");
    browser.run("document.activeElement.blur()");
    browser.press("jj");
    browser.press(ENTER);
    browser.wait_until("the delivery", |browser| browser.texts("h1") == ["Delivery 1"]);
    assert_eq!(browser.run(overflow), 0);
    // Every field has a name for screen readers.
    let unnamed = "return [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button')]
        .filter(e => !e.labels?.length && !e.textContent).length";
    assert_eq!(browser.run(unnamed), 0);
    browser.run("document.querySelectorAll('details').forEach(details => details.open = true)");
    assert_eq!(browser.run(overflow), 0);
    browser.click("button[data-copy=curl]");
    browser.wait_until("feedback to the click", |browser| {
        browser.text("button[data-copy=curl]").contains("opied")
    });
}
