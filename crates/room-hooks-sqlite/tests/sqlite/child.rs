//! Another process, which is this test's binary once more: with the environment below, its one test does what it is
//! told.

use std::{
    env,
    fmt::Display,
    io::{self, BufRead, BufReader},
    process::{self, ChildStdout, Command, Stdio},
    time::Duration,
};

use room_hooks::inbox::{Ending, InboxError, InboxStore, PutOutcome};
use room_hooks_sqlite::SqliteInbox;

use crate::{chain, event, file::File, request};

const TASK: &str = "ROOM_HOOKS_SQLITE_CHILD_TASK";
const PATH: &str = "ROOM_HOOKS_SQLITE_CHILD_PATH";
const NUMBER: &str = "ROOM_HOOKS_SQLITE_CHILD_NUMBER";

pub(crate) struct Child {
    process: process::Child,
    lines: BufReader<ChildStdout>,
}

impl Child {
    pub(crate) fn start(task: &str, file: &File, number: i64) -> Self {
        Self::start_by(Command::new(env::current_exe().unwrap()), task, file, number)
    }

    /// Starts one whose files cannot grow beyond so many KiB: a write that would fails.
    pub(crate) fn start_with_file_limit(kib: u32, task: &str, file: &File) -> Self {
        let mut shell = Command::new("sh");
        // POSIX counts in blocks of 512 bytes, bash in KiB unless it is asked to be POSIX.
        let limit = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kib * 2);
        shell.args(["-c", &limit, "sh"]).arg(env::current_exe().unwrap());
        Self::start_by(shell, task, file, 0)
    }

    /// Starts one that is not root. `None` if another user cannot read this binary.
    pub(crate) fn start_as_nobody(task: &str, file: &File) -> Option<Self> {
        let mut command = Command::new(env::current_exe().unwrap());
        std::os::unix::process::CommandExt::uid(&mut command, 65534);
        Self::spawn(command, task, file, 0).ok()
    }

    fn start_by(command: Command, task: &str, file: &File, number: i64) -> Self {
        Self::spawn(command, task, file, number).unwrap()
    }

    fn spawn(mut command: Command, task: &str, file: &File, number: i64) -> io::Result<Self> {
        let mut process = command
            .args(["--exact", "child::does_what_it_is_told", "--nocapture"])
            .env(TASK, task)
            .env(PATH, file.path())
            .env(NUMBER, number.to_string())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(process.stdout.take().unwrap());
        Ok(Self { process, lines })
    }

    /// The next lines that it writes, of those that begin with `> `; fewer at its end.
    pub(crate) fn lines(&mut self, number: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = Vec::new();
        while lines.len() < number && self.lines.read_until(b'\n', &mut line).unwrap() > 0 {
            let text = String::from_utf8_lossy(&line);
            // Half a line is of one that was killed.
            if let Some(text) = text.strip_suffix('\n')
                && let Some((_, text)) = text.split_once("> ")
            {
                lines.push(text.to_owned());
            }
            line.clear();
        }
        lines
    }

    /// All lines until it has ended, which it does well.
    pub(crate) fn finish(mut self) -> Vec<String> {
        let lines = self.lines(usize::MAX);
        assert!(self.process.wait().unwrap().success());
        lines
    }

    /// Kills it with SIGKILL, and returns the lines that nobody has read.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines(usize::MAX)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn does_what_it_is_told() {
    let Ok(task) = env::var(TASK) else { return };
    let inbox = SqliteInbox::open(env::var(PATH).unwrap());
    if task == "open" {
        return tell(inbox.err().map_or_else(|| "it is open".into(), |error| format!("{error:?}")));
    }
    let inbox = inbox.unwrap();
    let number: i64 = env::var(NUMBER).unwrap().parse().unwrap();
    match task.as_str() {
        "put" => put(&inbox).await,
        "put 200" => put_200(&inbox, number).await,
        "claim" => claim(&inbox, number).await,
        "lease" => lease(&inbox, number).await,
        _ => panic!("no such task: {task}"),
    }
}

#[expect(clippy::print_stdout, reason = "the test reads it")]
fn tell(what: impl Display) {
    println!("> {what}");
}

/// Puts events from 0 on, a few at a time, and says so of each that is committed, and of the first that is not.
async fn put(inbox: &SqliteInbox) {
    for begin in (0..).step_by(4) {
        let puts: [_; 4] = std::array::from_fn(|offset| {
            let (inbox, number) = (inbox.clone(), begin + offset as u64);
            tokio::spawn(async move { (number, inbox.put(event(number)).await) })
        });
        for put in puts {
            match put.await.unwrap() {
                (number, Ok(_)) => tell(number),
                (_, Err(error)) => {
                    tell(format!("failed: {}", chain(&error)));
                    return;
                }
            }
        }
    }
}

/// Puts 200 events of its own and 200 that others put as well, and says which of the latter were new.
async fn put_200(inbox: &SqliteInbox, number: i64) {
    for shared in 0..200 {
        inbox.put(event(number as u64 * 1000 + shared)).await.unwrap();
        if inbox.put(event(shared)).await.unwrap() == PutOutcome::New {
            tell(shared);
        }
    }
}

/// Claims and finishes until nothing has come for a second, and says which events it has had.
async fn claim(inbox: &SqliteInbox, worker: i64) {
    let mut idle = 0;
    while idle < 20 {
        let claims = inbox.claim(request(worker, 7)).await.unwrap();
        idle = if claims.events.is_empty() { idle + 1 } else { 0 };
        for claimed in claims.events {
            tell(format!("{} {}", claimed.attempt.sequence, claimed.attempt.number));
            assert!(inbox.finish(claimed.attempt, Ending::Done).await.unwrap());
        }
        if idle > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Leases one event for a moment, and waits to be killed.
async fn lease(inbox: &SqliteInbox, worker: i64) {
    let mut request = request(worker, 1);
    request.lease = Duration::from_millis(200);
    let claims: Result<_, InboxError> = inbox.claim(request).await;
    tell(claims.unwrap().events[0].attempt.sequence);
    std::future::pending::<()>().await;
}
