//! The examples with an inbox: stored events survive a failure, a kill and a restart, and are
//! printed once. The tests with PostgreSQL are shown as ignored if it is not installed.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod program;

use std::{
    fs::{self, OpenOptions},
    path::PathBuf,
    process::{Child, Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Failed, Trial};

use self::program::{Server, example, folder, ran, run};

fn main() -> ExitCode {
    let mut trials = vec![
        trial("a_wrong_setting_is_reported_at_startup", a_wrong_setting_is_reported_at_startup),
        trial(
            "a_failed_attempt_without_an_inbox_is_answered_500_until_the_sender_retries_enough",
            a_failed_attempt_without_an_inbox_is_answered_500_until_the_sender_retries_enough,
        ),
    ];
    for (name, test) in [
        (
            "a_duplicate_is_not_printed_again_after_a_restart_either",
            a_duplicate_is_not_printed_again_after_a_restart_either as fn(Engine),
        ),
        ("a_failed_attempt_is_retried_from_the_inbox", a_failed_attempt_is_retried_from_the_inbox),
        (
            "a_question_never_fails_and_is_printed_before_its_answer",
            a_question_never_fails_and_is_printed_before_its_answer,
        ),
        (
            "kill_9_between_the_answer_and_the_handler_loses_no_event",
            kill_9_between_the_answer_and_the_handler_loses_no_event,
        ),
        (
            "a_worker_process_handles_the_events_of_a_web_process_in_the_order_of_each_room",
            a_worker_process_handles_the_events_of_a_web_process_in_the_order_of_each_room,
        ),
    ] {
        trials.push(trial(&format!("sqlite::{name}"), move || test(Engine::Sqlite)));
        let in_postgres = trial(&format!("postgres::{name}"), move || test(Engine::Postgres));
        trials.push(in_postgres.with_ignored_flag(!test_postgres::Server::is_installed()));
    }
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    test_postgres::clean_up();
    conclusion.exit_code()
}

fn trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, || -> Result<(), Failed> {
        test();
        Ok(())
    })
}

/// The database of an inbox.
#[derive(Debug, Clone, Copy)]
enum Engine {
    Sqlite,
    Postgres,
}

const EXAMPLES: [&str; 4] = ["example-axum", "example-actix", "example-warp", "example-tower"];

/// One event of each provider, which has its own time, so that sending it again is a duplicate.
const EVENTS: [&str; 3] = ["express/room_create", "Room.CallbackAfterDestroyRoom", "103"];

/// An inbox, and a file that processes print to, which can be read while they run.
struct Inbox {
    location: String,
    printed: PathBuf,
}

impl Inbox {
    fn new(engine: Engine, name: &str) -> Self {
        let folder = folder(&format!("inbox-{engine:?}-{name}"));
        let location = match engine {
            Engine::Sqlite => folder.join("rooms.db").to_str().unwrap().to_owned(),
            Engine::Postgres => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.unwrap().block_on(test_postgres::database())
            }
        };
        Self { location, printed: folder.join("printed.jsonl") }
    }

    fn start(&self, name: &str, failures: u32) -> Server {
        Server::start_printing_to(
            self.output(),
            with_inbox(example(name), &self.location, failures),
        )
    }

    fn output(&self) -> Stdio {
        OpenOptions::new().create(true).append(true).open(&self.printed).unwrap().into()
    }

    fn lines(&self) -> Vec<String> {
        let printed = fs::read_to_string(&self.printed).unwrap();
        // The last line may be incomplete.
        printed
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
            .map(str::to_owned)
            .collect()
    }

    /// Waits for this many lines, and returns all lines. After a crash, that may take the length of
    /// a lease.
    fn wait_for(&self, count: usize) -> Vec<String> {
        let begun = Instant::now();
        while self.lines().len() < count {
            assert!(begun.elapsed() < Duration::from_secs(90), "only {:?}", self.lines());
            thread::sleep(Duration::from_millis(20));
        }
        self.lines()
    }
}

fn with_inbox(mut command: Command, location: &str, failures: u32) -> Command {
    command.env("ROOM_HOOKS_INBOX", location).env("ROOM_HOOKS_FAIL", failures.to_string());
    command
}

/// Sends an event, the same each time, and returns the status of the response.
fn send(server: &Server, event: &str, more: &[&str]) -> String {
    let sent = run(&[&["send", event, "--same", "--to", &server.origin], more].concat());
    sent.stdout.split(' ').next().unwrap_or(&sent.stderr).to_owned()
}

/// Stops a server gracefully, and returns its log.
fn stop(server: Server) -> String {
    server.signal("TERM");
    let ended = server.ended();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    ended.stderr
}

/// Starts `example-inbox worker`, with settings that would stop a process that reads secrets.
fn start_worker(inbox: &Inbox, failures: u32) -> Worker {
    let mut command = with_inbox(example("example-inbox"), &inbox.location, failures);
    command.arg("worker").env("ZEGO_APP_ID", "not an app id").env("ZEGO_CALLBACK_SECRET", "");
    Worker(command.stdout(inbox.output()).stderr(Stdio::null()).spawn().unwrap())
}

struct Worker(Child);

impl Worker {
    fn stop(mut self) {
        let kill = format!("kill -TERM {}", self.0.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn a_duplicate_is_not_printed_again_after_a_restart_either(engine: Engine) {
    for name in EXAMPLES {
        let inbox = Inbox::new(engine, &format!("duplicate-{name}"));
        for run in 0..2 {
            let server = inbox.start(name, 0);
            for event in EVENTS.into_iter().chain(EVENTS) {
                assert_eq!(send(&server, event, &[]), "200", "{name}, {event}");
            }
            // Events are claimed in the order in which they were stored, so this one is the last.
            let last = format!("room_id=last-{run}");
            assert_eq!(send(&server, EVENTS[0], &["--set", &last]), "200", "{name}");
            inbox.wait_for(EVENTS.len() + run + 1);
            stop(server);
            let lines = inbox.lines();
            assert_eq!(lines.len(), EVENTS.len() + run + 1, "{name}: {lines:?}");
        }
        let printed = inbox.lines().concat();
        for provider in ["zego", "tencent", "trtc"] {
            let line = format!(r#"{{"provider":"{provider}","app_id":"1"#);
            assert!(printed.contains(&line), "{name}, {provider}: {printed}");
        }
    }
}

fn a_failed_attempt_is_retried_from_the_inbox(engine: Engine) {
    for name in EXAMPLES {
        let inbox = Inbox::new(engine, &format!("retry-{name}"));
        let server = inbox.start(name, 2);
        for _ in 0..2 {
            assert_eq!(send(&server, "103", &[]), "200", "{name}: it is stored");
        }
        let lines = inbox.wait_for(1);
        let log = stop(server);
        assert_eq!(lines.len(), 1, "{name}: {lines:?}");
        for (attempt, times) in [(1, 1), (2, 1), (3, 0)] {
            let failed = format!("attempt {attempt} fails");
            assert_eq!(log.matches(&failed).count(), times, "{name}, {attempt}: {log}");
        }
    }
}

fn a_failed_attempt_without_an_inbox_is_answered_500_until_the_sender_retries_enough() {
    for name in EXAMPLES {
        let mut command = example(name);
        command.env("ROOM_HOOKS_FAIL", "2");
        let server = Server::start(command);
        for event in EVENTS {
            for status in ["500", "500", "200", "200"] {
                assert_eq!(send(&server, event, &[]), status, "{name}, {event}");
            }
        }
        server.signal("TERM");
        let printed = server.ended().stdout;
        assert_eq!(printed.lines().count(), EVENTS.len(), "{name}: {printed}");
    }
}

fn a_question_never_fails_and_is_printed_before_its_answer(engine: Engine) {
    for name in EXAMPLES {
        let inbox = Inbox::new(engine, &format!("question-{name}"));
        let server = inbox.start(name, 1_000);
        for (asked, question) in
            ["Live.CallbackBeforeSendGift", "before_send_msg"].iter().enumerate()
        {
            assert_eq!(send(&server, question, &[]), "200", "{name}, {question}");
            assert_eq!(inbox.lines().len(), asked + 1, "{name}, {question}");
        }
        stop(server);
    }
}

fn kill_9_between_the_answer_and_the_handler_loses_no_event(engine: Engine) {
    for name in EXAMPLES {
        let inbox = Inbox::new(engine, &format!("kill-{name}"));
        let failing = inbox.start(name, 1_000);
        for event in EVENTS {
            assert_eq!(send(&failing, event, &[]), "200", "{name}, {event}");
        }
        // By now, the events have failed and wait. An event whose attempt is killed waits for its
        // lease, 30 s.
        thread::sleep(Duration::from_millis(300));
        // This kills it.
        drop(failing);
        assert!(inbox.lines().is_empty(), "{name}: {:?}", inbox.lines());

        let server = inbox.start(name, 0);
        for event in EVENTS {
            assert_eq!(send(&server, event, &[]), "200", "{name}, {event}: a duplicate");
        }
        inbox.wait_for(EVENTS.len());
        stop(server);
        assert_eq!(inbox.lines().len(), EVENTS.len(), "{name}: {:?}", inbox.lines());
    }
}

fn a_worker_process_handles_the_events_of_a_web_process_in_the_order_of_each_room(engine: Engine) {
    let inbox = Inbox::new(engine, "processes");
    let web = || {
        let mut web = with_inbox(example("example-inbox"), &inbox.location, 0);
        web.arg("web");
        Server::start_printing_to(inbox.output(), web)
    };
    let server = web();
    for number in 1..=4 {
        let name = format!("room_name=number {number}");
        assert_eq!(send(&server, "room_create", &["--set", &name]), "200");
    }
    assert_eq!(send(&server, "103", &["--forge", "signature"]), "401");
    assert_eq!(send(&server, "Live.CallbackBeforeSendGift", &[]), "200");
    stop(server);
    let lines = inbox.lines();
    assert!(lines.len() == 1 && lines[0].contains("BeforeSendGift"), "a question only: {lines:?}");

    // Each fails once, and holds back its room until it succeeds.
    let worker = start_worker(&inbox, 1);
    let lines = inbox.wait_for(5);
    for (number, line) in (1..=4).zip(&lines[1..]) {
        assert!(line.contains(&format!(r#""room_name":"number {number}""#)), "{lines:?}");
    }
    // Both at once.
    let server = web();
    assert_eq!(send(&server, "103", &[]), "200");
    assert!(inbox.wait_for(6)[5].contains(r#""provider":"trtc""#), "{:?}", inbox.lines());
    stop(server);
    worker.stop();
    assert_eq!(inbox.lines().len(), 6);
}

fn a_wrong_setting_is_reported_at_startup() {
    let url = "postgres://rooms:a-password@127.0.0.1:1/rooms";
    let folder = folder("inbox-wrong-setting");
    for name in EXAMPLES.into_iter().chain(["example-inbox"]) {
        let arguments = if name == "example-inbox" { &["worker"][..] } else { &[] };
        for (setting, value, told) in [
            ("ROOM_HOOKS_FAIL", "two", "ROOM_HOOKS_FAIL is not a number of attempts: two"),
            ("ROOM_HOOKS_FAIL", "-1", "ROOM_HOOKS_FAIL is not a number of attempts: -1"),
            ("ROOM_HOOKS_FAIL", "", "ROOM_HOOKS_FAIL is not a number of attempts: "),
            ("ROOM_HOOKS_INBOX", url, "refused"),
            ("ROOM_HOOKS_INBOX", "/dev/null/rooms.db", "/dev/null/rooms.db"),
        ] {
            let mut command = example(name);
            command.args(arguments).current_dir(&folder);
            command.env("ROOM_HOOKS_ADDR", "127.0.0.1:0").env("NO_COLOR", "1");
            let ran = ran(command.env(setting, value).output().unwrap());
            assert_eq!(ran.status, 1, "{name}, {setting}={value}");
            assert!(ran.stderr.contains(told), "{name}, {setting}={value}: {}", ran.stderr);
            assert!(!ran.stderr.contains("a-password"), "{name}: {}", ran.stderr);
        }
    }
    for arguments in [&[][..], &["wob"], &["web", "worker"], &["--help"]] {
        let mut command = example("example-inbox");
        let ran = ran(command.args(arguments).output().unwrap());
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{arguments:?}");
        assert!(ran.stderr.starts_with("usage: example-inbox web "), "{}", ran.stderr);
    }
    assert_eq!(fs::read_dir(folder).unwrap().count(), 0, "nothing was opened");
}
