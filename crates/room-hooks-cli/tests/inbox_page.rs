//! The page of an inbox in a real browser. The tests are shown as ignored if Chromium is not
//! installed.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod program;
mod rooms_page;

use std::{
    env,
    fs::{self, File},
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    process::ExitCode,
    thread,
};

use self::{
    browser::{Browser, ENTER, TAB},
    program::{Server, example},
    rooms_page::Rooms,
};

const SCRIPT: &str = "<script>alert(1)</script>";
const SHELL: &str = "'; rm -rf x; '";

fn main() -> ExitCode {
    let tests: [(_, fn()); 6] = [
        ("a_dead_event_is_found_retried_and_handled", a_dead_event_is_found_retried_and_handled),
        ("events_are_discarded_without_scripts", events_are_discarded_without_scripts),
        ("markup_from_outside_is_text", markup_from_outside_is_text),
        ("a_page_of_another_origin_changes_nothing", a_page_of_another_origin_changes_nothing),
        ("the_keyboard_is_enough", the_keyboard_is_enough),
        ("no_page_is_wider_than_a_phone_in_light_and_dark", no_page_is_wider_than_a_phone),
    ];
    browser::run(tests)
}

fn a_dead_event_is_found_retried_and_handled() {
    let rooms = Rooms::new("retry");
    rooms.put_dead("lobby", "attempt 8 fails");
    rooms.put_dead("hall", "attempt 9 fails");
    rooms.put_dead(SCRIPT, "no such room");
    let printed = rooms.file.with_file_name("printed.jsonl");
    let mut example = example("example-axum");
    example.env("ROOM_HOOKS_INBOX", &rooms.file);
    let example = Server::start_printing_to(File::create(&printed).unwrap(), example);

    let browser = Browser::start();
    browser.open(&rooms.page.origin);
    assert_eq!(browser.text("h1"), "Overview");
    let counts = ["0\nready", "0\nleased", "0\ndone", "3\ndead"];
    for (shown, count) in browser.texts(".counts a").iter().zip(counts) {
        assert!(shown.starts_with(count), "{shown}");
    }
    let groups = browser.texts("table a[href^=group]");
    assert_eq!(groups, ["attempt # fails", "no such room"]);

    browser.follow("no such room");
    browser.wait_until("the group is open", |browser| browser.url().contains("/group?of=3"));
    browser.click("tbody a");
    browser.wait_until("the event is open", |browser| browser.texts("h1") == ["Event 3"]);
    let shown = browser.text("main");
    for part in ["dead, for", "zego/room_create", "no such room", SCRIPT] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("signature"), "{shown}");
    assert!(!is_seen(&browser, "form[action=retry] button"), "it asks before");
    browser.click("details:has(form[action=retry]) summary");
    browser.click("form[action=retry] button");
    browser.wait_until("it is retried", |browser| {
        browser.texts("[role=status]") == ["1 event retried."]
    });

    browser.wait_until("it is handled", |_| rooms.counts() == [0, 0, 1, 2]);
    let lines = fs::read_to_string(&printed).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(lines.contains(&format!(r#""room_id":"{SCRIPT}""#)), "{lines}");
    browser.open(&rooms.url("events?state=dead"));
    assert_eq!(browser.texts("tbody a"), ["1", "2"]);
    drop(example);
}

fn is_seen(browser: &Browser, selector: &str) -> bool {
    browser.run(&format!("return document.querySelector('{selector}').checkVisibility()")) == true
}

fn events_are_discarded_without_scripts() {
    let rooms = Rooms::new("discard");
    for number in 1..=3 {
        rooms.put_dead("lobby", &format!("attempt {number} fails"));
    }
    rooms.put_dead("hall", "no such room");
    rooms.put("waiting");
    let browser = Browser::start();
    browser.disable_scripts();
    browser.open(
        "data:text/html,<p>static</p><script>document.body.textContent = 'scripted'</script>",
    );
    assert_eq!(browser.text("body"), "static");
    browser.open(&rooms.url("event?sequence=5"));
    assert!(browser.texts("form[action=retry]").is_empty(), "it is not dead");
    browser.click("details:has(form[action=discard]) summary");
    browser.click("form[action=discard] button");
    browser.wait_until("it is discarded", |browser| {
        browser.texts("[role=status]") == ["1 event discarded."]
    });
    assert_eq!(rooms.counts(), [0, 0, 0, 4]);

    browser.follow("attempt # fails");
    assert_eq!(
        browser.text("details:has(form[action=discard-group]) summary"),
        "Discard 3 events…"
    );
    browser.click("details:has(form[action=discard-group]) summary");
    browser.click("form[action=discard-group] button");
    browser.wait_until("they are discarded", |browser| {
        browser.texts("[role=status]") == ["3 events discarded."]
    });
    assert_eq!(browser.texts("table a[href^=group]"), ["no such room"]);
    assert_eq!(rooms.counts(), [0, 0, 0, 1]);

    browser.open(&rooms.url("events"));
    browser.fill("input[name=room]", "lobby");
    browser.click("form button");
    browser.wait_until("the filter matches nothing", |browser| {
        browser.texts("main").concat().contains("No event matches.")
    });
    browser.open(&rooms.url("event?sequence=1"));
    assert!(browser.text("[role=alert]").contains("The inbox has no event 1."));
}

/// An open dialog would make the browser's next command fail.
fn markup_from_outside_is_text() {
    let rooms = Rooms::new("markup");
    for room in [SCRIPT, SHELL, "\"><img src=x onerror=alert(1)>"] {
        rooms.put_dead(room, &format!("no room {room}"));
    }
    let browser = Browser::start();
    let script = "events?state=dead&room=%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for (path, texts) in [
        ("overview", &[SCRIPT, SHELL, "<img src=x onerror=alert(#)>"][..]),
        ("events", &[SCRIPT, SHELL, "<img src=x onerror=alert(1)>"]),
        ("event?sequence=1", &[SCRIPT]),
        ("event?sequence=2", &[SHELL]),
        ("event?sequence=3", &["<img src=x onerror=alert(1)>"]),
        ("group?of=1", &[SCRIPT]),
        (script, &[SCRIPT]),
    ] {
        browser.open(&rooms.url(path));
        let main = browser.text("main");
        for text in texts {
            assert!(main.contains(text), "{path}: {main}");
        }
        let injected = browser.run("return document.querySelectorAll('main script, img').length");
        assert_eq!(injected, 0, "{path}");
    }
    assert_eq!(browser.run("return document.querySelector('input[name=room]').value"), SCRIPT);
    let blocked = browser.run_async(
        "const done = arguments[0];
         document.addEventListener('securitypolicyviolation', () => done(true));
         const script = document.createElement('script');
         script.textContent = 'alert(1)';
         document.body.append(script);",
    );
    assert_eq!(blocked, true, "the policy stops a script even if markup brings it in");
}

fn a_page_of_another_origin_changes_nothing() {
    let rooms = Rooms::new("origin");
    rooms.put_dead("lobby", "timed out");
    let browser = Browser::start();
    // With the same host name, so that only the port differs.
    browser.open(&format!("http://{}", serve("<h1>Elsewhere</h1>")));
    assert_eq!(browser.text("h1"), "Elsewhere");
    for action in ["retry", "discard"] {
        let url = rooms.url(action);
        browser.run_async(&format!(
            "const done = arguments[0], body = new URLSearchParams({{sequence: 1}});
             fetch('{url}', {{method: 'POST', mode: 'no-cors', body}}).then(done, done);"
        ));
    }
    let overview = rooms.url("overview");
    let read = browser.run_async(&format!(
        "const done = arguments[0];
         fetch('{overview}').then(response => response.text()).then(done, () => done('unreadable'));"
    ));
    assert_eq!(read, "unreadable");
    let discard = rooms.url("discard");
    browser.run(&format!(
        "document.body.innerHTML =
           '<form method=post action=\"{discard}\"><input name=sequence value=1></form>';
         document.forms[0].submit();"
    ));
    browser.wait_until("the form is refused", |browser| {
        browser.texts("body") == ["Only this page's own forms may do that."]
    });
    assert_eq!(rooms.counts(), [0, 0, 0, 1]);
}

/// Serves a page on its own address.
fn serve(page: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let length = page.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\
                 Connection: close\r\n\r\n{page}"
            );
        }
    });
    address
}

fn the_keyboard_is_enough() {
    let rooms = Rooms::new("keyboard");
    rooms.put_dead("lobby", "timed out");
    let browser = Browser::start();
    browser.open(&rooms.url("event?sequence=1"));
    let focused = || browser.run("return document.activeElement.textContent");
    let reach = |text: &str| {
        for _ in 0..20 {
            browser.press(TAB);
            if focused() == text {
                let outline =
                    browser.run("return getComputedStyle(document.activeElement).outlineStyle");
                assert_eq!(outline, "solid", "the focus is seen");
                return;
            }
        }
        panic!("{text} is not reached, but {}", focused());
    };
    reach("Retry event 1…");
    browser.press(ENTER);
    reach("Retry event 1");
    browser.press(ENTER);
    browser.wait_until("it is retried", |_| rooms.counts() == [1, 0, 0, 0]);
    browser.wait_until("that is said", |browser| !browser.texts("[role=status]").is_empty());
}

fn no_page_is_wider_than_a_phone() {
    let rooms = Rooms::new("width");
    let long = "x".repeat(120);
    rooms.put_dead("lobby", "billing service: connection refused (os error 111)");
    rooms.put_dead("lobby", "billing service: connection refused (os error 104)");
    rooms.put_dead("town hall", "room 4711 is not in the calendar");
    rooms.put("lobby");
    rooms.put("garden");
    let browser = Browser::start();
    browser.prefer_dark(false);
    browser.resize(1_000, 760);
    for (path, name) in
        [("overview", "inbox-overview.png"), ("event?sequence=1", "inbox-event.png")]
    {
        browser.open(&rooms.url(path));
        if env::var_os("SCREENSHOTS").is_some_and(|value| value == "overwrite") {
            let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/images");
            fs::create_dir_all(&images).unwrap();
            browser.screenshot(&images.join(name));
        }
    }

    rooms.put_dead(&long, &format!("no room {long}"));
    for (is_dark, width) in [(false, 360), (true, 360), (true, 1_200)] {
        browser.prefer_dark(is_dark);
        browser.resize(width, 700);
        for path in ["overview", "events", "event?sequence=6", "group?of=1", "event?sequence=99"] {
            browser.open(&rooms.url(path));
            let beyond = browser.run(
                "const page = document.documentElement; return page.scrollWidth - page.clientWidth",
            );
            assert_eq!(beyond, 0, "{path} is wider than {width}");
            let ground = browser.run("return getComputedStyle(document.body).backgroundColor");
            let expected = if is_dark { "rgb(20, 23, 26)" } else { "rgb(255, 255, 255)" };
            assert_eq!(ground, expected, "{path}");
            let unnamed = browser.run(
                "return [...document.querySelectorAll('input:not([type=hidden]), select')]
                   .filter(input => input.labels.length == 0).length",
            );
            assert_eq!(unnamed, 0, "each field of {path} has a label");
            let headings = browser.run("return document.querySelectorAll('h1').length");
            assert_eq!(headings, 1, "{path}");
        }
    }
}
