//! Child processes: this test binary runs itself with the environment variables below, which name
//! the task for its test `child::runs_its_task`.

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

    /// Starts a child whose files cannot grow beyond `kib` KiB. A write beyond that fails.
    pub(crate) fn start_with_file_limit(kib: u32, task: &str, file: &File) -> Self {
        let mut shell = Command::new("sh");
        // POSIX shells count in blocks of 512 bytes. Bash counts in KiB except in POSIX mode.
        let limit = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", kib * 2);
        shell.args(["-c", &limit, "sh"]).arg(env::current_exe().unwrap());
        Self::start_by(shell, task, file, 0)
    }

    /// Starts a child that is not root. `None` if another user cannot read this binary.
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
            .args(["--exact", "child::runs_its_task", "--nocapture"])
            .env(TASK, task)
            .env(PATH, file.path())
            .env(NUMBER, number.to_string())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(process.stdout.take().unwrap());
        Ok(Self { process, lines })
    }

    /// The next lines that begin with `> `; fewer than `number` at the end of the output.
    pub(crate) fn lines(&mut self, number: usize) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = Vec::new();
        while lines.len() < number && self.lines.read_until(b'\n', &mut line).unwrap() > 0 {
            let text = String::from_utf8_lossy(&line);
            // A killed child may leave half a line.
            if let Some(text) = text.strip_suffix('\n')
                && let Some((_, text)) = text.split_once("> ")
            {
                lines.push(text.to_owned());
            }
            line.clear();
        }
        lines
    }

    /// Waits for a successful exit, and returns all remaining lines.
    pub(crate) fn finish(mut self) -> Vec<String> {
        let lines = self.lines(usize::MAX);
        assert!(self.process.wait().unwrap().success());
        lines
    }

    /// Kills the child with SIGKILL, and returns its unread lines.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines(usize::MAX)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_its_task() {
    let Ok(task) = env::var(TASK) else { return };
    let inbox = SqliteInbox::open(env::var(PATH).unwrap());
    if task == "open" {
        return tell(
            inbox.err().map_or_else(|| "the file is open".into(), |error| format!("{error:?}")),
        );
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

/// Puts events from 0 on, a few at a time. Prints the number of each committed event, and the first
/// failure.
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

/// Puts 200 unique events and 200 that the other children put, too. Prints which of the latter were
/// new.
async fn put_200(inbox: &SqliteInbox, number: i64) {
    for shared in 0..200 {
        inbox.put(event(number as u64 * 1000 + shared)).await.unwrap();
        if inbox.put(event(shared)).await.unwrap() == PutOutcome::New {
            tell(shared);
        }
    }
}

/// Claims and finishes events until none has arrived for a second, and prints them.
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

/// Leases one event for 200 ms, and waits for the kill.
async fn lease(inbox: &SqliteInbox, worker: i64) {
    let mut request = request(worker, 1);
    request.lease = Duration::from_millis(200);
    let claims: Result<_, InboxError> = inbox.claim(request).await;
    tell(claims.unwrap().events[0].attempt.sequence);
    std::future::pending::<()>().await;
}
