//! `room-hooks inbox`, with an inbox in SQLite and in PostgreSQL. Without PostgreSQL, the tests
//! that need it are ignored.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{
    fs,
    process::ExitCode,
    sync::Arc,
    time::{Duration, SystemTime},
};

use libtest_mimic::{Arguments, Failed, Trial};
use room_hooks::{
    Delivery, Handlers, Hooks, Verified,
    inbox::{InboxStore, Worker},
    zego::{RoomCreated, Zego},
};
use room_hooks_postgres::PostgresInbox;
use room_hooks_sqlite::SqliteInbox;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use self::program::{Ran, assert_snapshot, command, folder, ran, run};

fn main() -> ExitCode {
    let mut trials = vec![
        trial(
            "the_help_of_each_command_is_as_in_its_snapshot",
            the_help_of_each_command_is_as_in_its_snapshot,
        ),
        trial("a_missing_inbox_is_not_created", a_missing_inbox_is_not_created),
        trial("a_url_is_refused_on_the_command_line", a_url_on_the_command_line),
        trial("a_password_is_never_printed", a_password_is_never_printed),
    ];
    for (name, test) in [
        (
            "a_dead_event_is_found_understood_retried_and_gone",
            found_understood_retried_and_gone as Test,
        ),
        ("filters_select_the_listed_events", filters_select_the_listed_events),
        ("a_long_room_or_error_breaks_no_table", a_long_room_or_error_breaks_no_table),
        ("dead_events_are_retried_by_filter", dead_events_are_retried_by_filter),
        ("thousands_are_retried", thousands_are_retried),
        ("events_are_counted_before_they_are_discarded", counted_before_discarded),
        ("old_events_are_pruned", old_events_are_pruned),
        ("an_error_of_a_handler_does_not_control_the_terminal", no_control_of_the_terminal),
    ] {
        trials.push(trial(&format!("sqlite::{name}"), move || test(&Inbox::in_sqlite(name))));
        let in_postgres = trial(&format!("postgres::{name}"), move || test(&Inbox::in_postgres()));
        trials.push(in_postgres.with_ignored_flag(!test_postgres::Server::is_installed()));
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    test_postgres::clean_up();
    conclusion.exit_code()
}

type Test = fn(&Inbox);

fn trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, || -> Result<(), Failed> {
        test();
        Ok(())
    })
}

/// An inbox and its location.
struct Inbox {
    location: String,
    store: Arc<dyn InboxStore>,
    runtime: Runtime,
}

impl Inbox {
    fn in_sqlite(test: &str) -> Self {
        let file = folder(&format!("inbox-commands-{test}")).join("rooms.db");
        let store = Arc::new(SqliteInbox::open(&file).unwrap());
        Self { location: file.to_str().unwrap().into(), store, runtime: runtime() }
    }

    fn in_postgres() -> Self {
        let runtime = runtime();
        let (location, store) = runtime.block_on(async {
            let url = test_postgres::database().await;
            let store = Arc::new(PostgresInbox::connect(&url).await.unwrap());
            (url, store)
        });
        Self { location, store, runtime }
    }

    /// Stores an event for each room, as a receiver does.
    fn put(&self, rooms: &[&str]) {
        let hooks = Hooks::new(zego()).with_inbox(Arc::clone(&self.store));
        self.runtime.block_on(async {
            for room in rooms {
                let event = json!({"event": "room_create", "room_id": room, "login_time": 1});
                let body = zego().sign(&event, SystemTime::now()).unwrap().body;
                let response = hooks.deliver(Delivery::new(&body), SystemTime::now()).await;
                assert_eq!(response.status, 200);
            }
        });
    }

    /// Handles all ready events. Events in rooms whose names begin with `bad` fail permanently,
    /// with this error.
    fn handle(&self, error: &'static str) {
        let handlers = Handlers::new().on_with(
            error,
            async |error: &'static str, created: Verified<RoomCreated>| match created
                .event
                .room_id
                .starts_with("bad")
            {
                true => Err(error),
                false => Ok(()),
            },
        );
        let worker = Worker::new(Arc::clone(&self.store), handlers).with_max_attempts(1);
        self.runtime.block_on(worker.run_until_idle());
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = command(&[&["inbox"], arguments].concat());
        ran(command.env("ROOM_HOOKS_INBOX", &self.location).output().unwrap())
    }

    /// Runs a command that must succeed, and returns the JSON that it prints.
    fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat());
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{arguments:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// The sequences that `list` prints.
    fn list(&self, arguments: &[&str]) -> Vec<i64> {
        let ran = self.run(&[&["list", "--json"], arguments].concat());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let lines = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|event| event["sequence"].as_i64().unwrap()).collect()
    }

    fn counts(&self) -> [u64; 4] {
        let stats = self.json(&["stats"]);
        ["ready", "leased", "done", "dead"].map(|state| stats[state].as_u64().unwrap())
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn zego() -> Zego {
    Zego::new(1, "secret").unwrap()
}

fn the_help_of_each_command_is_as_in_its_snapshot() {
    for verb in ["stats", "list", "show", "retry", "discard", "prune", "ui"] {
        let help = run(&["inbox", verb, "--help"]);
        assert_eq!(help.status, 0);
        assert!(help.stdout.contains("Exit status:\n  0    "), "{}", help.stdout);
        assert_snapshot(&format!("help-inbox-{verb}.txt"), &help.stdout);
    }
}

fn a_missing_inbox_is_not_created() {
    let file = folder("inbox-commands-missing").join("rooms.db");
    let path = file.to_str().unwrap();
    let missing = run(&["inbox", "stats", "--inbox", path]);
    assert_eq!(missing.status, 2);
    assert!(missing.stderr.contains(path) && missing.stderr.contains("No such file"));
    assert!(!file.exists());
    let none = run(&["inbox", "list"]);
    assert_eq!(none.status, 2);
    assert!(none.stderr.contains("ROOM_HOOKS_INBOX"), "{}", none.stderr);

    // The path can also be in a file.
    drop(SqliteInbox::open(&file).unwrap());
    let of_path = file.with_file_name("path.txt");
    fs::write(&of_path, format!("{path}\r\n")).unwrap();
    let stats = run(&["inbox", "stats", "--inbox-file", of_path.to_str().unwrap()]);
    assert_eq!((stats.status, stats.stderr.as_str()), (0, ""));
}

fn a_url_on_the_command_line() {
    let refused = run(&["inbox", "stats", "--inbox", "postgres://rooms:hunter2@127.0.0.1/rooms"]);
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("--inbox-file") && !refused.stderr.contains("hunter2"));
}

fn a_password_is_never_printed() {
    for url in [
        "postgres://rooms:hunter2@127.0.0.1:1/rooms",
        "postgres://rooms:hunter2@127.0.0.1:1/rooms?sslmode=require",
        "postgres://rooms:hunter2@:port/rooms",
        "postgresql://rooms:a hunter2@127.0.0.1:1",
    ] {
        let mut command = command(&["inbox", "stats"]);
        let refused = ran(command.env("ROOM_HOOKS_INBOX", url).output().unwrap());
        assert_eq!((refused.status, refused.stdout.as_str()), (2, ""));
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }
}

fn found_understood_retried_and_gone(inbox: &Inbox) {
    inbox.put(&["lobby", "bad one"]);
    inbox.handle("connection refused by the billing service");
    let stats = inbox.run(&["stats"]);
    let counted: Vec<Vec<_>> =
        stats.stdout.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    assert_eq!(counted, [["ready", "0"], ["leased", "0"], ["done", "1"], ["dead", "1"]]);
    let listed = inbox.run(&["list", "--state", "dead"]).stdout;
    let row = listed.lines().last().unwrap();
    for part in ["dead", "zego/room_create", r#"zego/1/"bad one""#, "connection refused"] {
        assert!(row.contains(part), "{row}");
    }
    let sequence = row.split_whitespace().next().unwrap();

    let shown = inbox.run(&["show", sequence]);
    assert_eq!((shown.status, shown.stderr.as_str()), (0, ""));
    for part in [
        "dead, for ",
        "1 in all; 1 failed and 0 crashed since it was stored or retried",
        "connection refused by the billing service",
        r#""room_id":"#,
    ] {
        assert!(shown.stdout.contains(part), "{part}: {}", shown.stdout);
    }
    assert!(!shown.stdout.contains("signature"), "{}", shown.stdout);

    let retried = inbox.run(&["retry", sequence]);
    assert_eq!((retried.status, retried.stdout.as_str()), (0, "1 retried\n"));
    assert_eq!(inbox.counts(), [1, 0, 1, 0]);
    let again = inbox.run(&["retry", sequence, "4711"]);
    assert_eq!((again.status, again.stdout.as_str()), (1, "0 retried\n"));
    assert!(again.stderr.contains(&format!("{sequence} is ready, and was not retried")));
    assert!(again.stderr.contains("4711 is not in the inbox, and was not retried"));

    let discarded = inbox.run(&["discard", sequence]);
    assert_eq!((discarded.status, discarded.stdout.as_str()), (0, "1 discarded\n"));
    assert_eq!(inbox.run(&["show", sequence]).status, 1);
    assert_eq!(inbox.counts(), [0, 0, 1, 0]);
}

fn filters_select_the_listed_events(inbox: &Inbox) {
    inbox.put(&["lobby", "bad a", "bad b"]);
    inbox.handle("Connection refused");
    inbox.put(&["hall", "lobby/2"]);
    let [a, b, c, d, e] = inbox.list(&[]).try_into().unwrap();
    assert_eq!(inbox.list(&["--state", "ready"]), [d, e]);
    assert_eq!(inbox.list(&["--state", "done"]), [a]);
    assert_eq!(inbox.list(&["--state", "dead"]), [b, c]);
    assert_eq!(inbox.list(&["--state", "leased"]), [0; 0]);
    assert_eq!(inbox.list(&["--room", "lobby"]), [a]);
    assert_eq!(inbox.list(&["--room", r#"zego/1/"lobby/2""#]), [e]);
    assert_eq!(inbox.list(&["--kind", "room_create", "--error", "connection"]), [b, c]);
    assert_eq!(inbox.list(&["--kind", "room"]), [0; 0]);
    assert_eq!(inbox.list(&["--newer-than", "1h"]), [a, b, c, d, e]);
    assert_eq!(inbox.list(&["--older-than", "1h"]), [0; 0]);
    assert_eq!(inbox.list(&["--after", &b.to_string(), "--limit", "2"]), [c, d]);
    let more = inbox.run(&["list", "--limit", "2"]);
    assert!(more.stderr.contains(&format!("--after {b} continues")), "{}", more.stderr);
    assert!(inbox.run(&["list", "--room", "none"]).stderr.contains("no event matches"));
    for wrong in [["--state", "lost"], ["--older-than", "soon"]] {
        assert_eq!(inbox.run(&[["list"].as_slice(), &wrong].concat()).status, 2);
    }
}

/// Each event is one line, for `grep` and `awk`.
fn a_long_room_or_error_breaks_no_table(inbox: &Inbox) {
    let long = format!("bad-{}", "x".repeat(150));
    inbox.put(&["lobby", &long, "bad-房间"]);
    inbox.handle(
        "the billing service refused the connection, \
         and then the one after it, and so on till noon",
    );
    let listed = inbox.run(&["list"]).stdout;
    let rows: Vec<_> = listed.lines().collect();
    assert_eq!(rows.len(), 4, "{listed}");
    let rooms: Vec<_> = rows.iter().map(|row| row.split_whitespace().nth(5).unwrap()).collect();
    let long = format!(r#"zego/1/"{long}""#);
    assert_eq!(rooms, ["room", r#"zego/1/"lobby""#, &*long, r#"zego/1/"bad-房间""#]);
    assert!(rows[2].ends_with("and then the one after it, and so on…"), "{listed}");
}

fn dead_events_are_retried_by_filter(inbox: &Inbox) {
    inbox.put(&["bad a", "bad b"]);
    inbox.handle("timed out");
    inbox.put(&["bad c"]);
    inbox.handle("connection refused");
    let unnamed = inbox.run(&["retry"]);
    assert_eq!((unnamed.status, unnamed.stdout.as_str()), (2, ""));
    assert!(unnamed.stderr.contains("--all"));
    assert_eq!(inbox.run(&["retry", "1", "--room", "bad a"]).status, 2);
    let refused = inbox.json(&["retry", "--error", "refused"]);
    assert_eq!(refused, json!({"retried": 1, "unchanged": []}));
    assert_eq!(inbox.counts(), [1, 0, 0, 2]);
    assert_eq!(inbox.run(&["retry", "--all"]).stdout, "2 retried\n");
    assert_eq!(inbox.counts(), [3, 0, 0, 0]);
    assert_eq!(inbox.run(&["retry", "--all"]).stdout, "0 retried\n");
}

/// More events than fit into a page, and than change at once.
fn thousands_are_retried(inbox: &Inbox) {
    let rooms: Vec<String> = (0..2_100).map(|number| format!("bad {number}")).collect();
    inbox.put(&rooms.iter().map(String::as_str).collect::<Vec<_>>());
    inbox.handle("timed out");
    assert_eq!(inbox.counts(), [0, 0, 0, 2_100]);
    assert_eq!(inbox.list(&["--limit", "5000"]).len(), 2_100);
    let retried = inbox.run(&["retry", "--all"]);
    assert_eq!((retried.stdout.as_str(), retried.stderr.as_str()), ("2100 retried\n", ""));
    assert_eq!(inbox.counts(), [2_100, 0, 0, 0]);
}

fn counted_before_discarded(inbox: &Inbox) {
    inbox.put(&["lobby", "bad a", "bad b"]);
    inbox.handle("timed out");
    inbox.put(&["hall"]);
    let counted = inbox.run(&["discard", "--error", "timed out"]);
    assert_eq!((counted.status, counted.stdout.as_str()), (1, ""));
    assert!(counted.stderr.contains("2 events match; --yes discards them"));
    assert_eq!(inbox.counts(), [1, 0, 1, 2]);
    let discarded = inbox.json(&["discard", "--error", "timed out", "--yes"]);
    assert_eq!(discarded, json!({"discarded": 2, "unchanged": []}));
    let done = inbox.list(&["--state", "done"])[0].to_string();
    let refused = inbox.run(&["discard", &done]);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, "0 discarded\n"));
    assert_eq!(inbox.run(&["discard", "--state", "done", "--yes"]).status, 2);
    assert_eq!(inbox.run(&["discard", "--yes"]).stdout, "0 discarded\n", "only dead events");
    assert_eq!(inbox.run(&["discard", "--state", "ready", "--yes"]).stdout, "1 discarded\n");
    assert_eq!(inbox.counts(), [0, 0, 1, 0]);
}

fn old_events_are_pruned(inbox: &Inbox) {
    let rooms: Vec<String> = (0..600).map(|number| format!("room {number}")).collect();
    inbox.put(&rooms.iter().map(String::as_str).collect::<Vec<_>>());
    inbox.put(&["bad"]);
    inbox.handle("timed out");
    inbox.put(&["hall"]);
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(inbox.run(&["prune"]).stdout, "0 removed\n", "no event is a week old");
    assert_eq!(inbox.run(&["prune", "--done", "1ms"]).stdout, "600 removed\n");
    assert_eq!(inbox.counts(), [1, 0, 0, 1]);
    assert_eq!(inbox.json(&["prune", "--dead", "1ms"]), json!({"removed": 1}));
    assert_eq!(inbox.counts(), [1, 0, 0, 0]);
}

fn no_control_of_the_terminal(inbox: &Inbox) {
    inbox.put(&["bad \u{1b}[31m\u{9b}31m\n"]);
    inbox.handle("\u{1b}]0;title\u{7}\nsecond line\u{9b}31m");
    for arguments in [vec!["list"], vec!["show", "1"]] {
        let printed = inbox.run(&arguments).stdout;
        let is_control = |character: char| character.is_control() && character != '\n';
        assert!(!printed.contains(is_control), "{printed:?}");
    }
    assert_eq!(inbox.run(&["list"]).stdout.lines().count(), 2);
}
