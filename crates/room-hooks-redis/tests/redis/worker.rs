//! A process of a service, for which this test binary runs itself.
//!
//! It reads the bodies of callbacks from standard input, one per line, and delivers them
//! concurrently. It writes the status and the room of each response to standard output, one per
//! line. Its handler counts each call under the room's name, sleeps for a given time, and then
//! counts the completed call.

use std::{
    env,
    process::Stdio,
    time::{Duration, SystemTime},
};

use room_hooks::{Delivery, Hooks, RoomCreated, Verified};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines, stdin},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::sleep,
};

use crate::{LEASE, server::connection, store::connected, zego};

const URL: &str = "ROOM_HOOKS_REDIS_WORKER_URL";
const TAKES: &str = "ROOM_HOOKS_REDIS_WORKER_TAKES_MS";

pub(crate) struct Worker {
    process: Child,
    bodies: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

/// A response from a worker.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) room: String,
}

impl Worker {
    /// Starts a process whose handler sleeps for `takes`.
    pub(crate) fn start(url: &str, takes: Duration) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .env(URL, url)
            .env(TAKES, takes.as_millis().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let bodies = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, bodies, answers }
    }

    pub(crate) async fn send(&mut self, body: &[u8]) {
        self.bodies.write_all(&[body, b"\n"].concat()).await.unwrap();
    }

    pub(crate) async fn answer(&mut self) -> Response {
        self.last_answer().await.expect("the worker is alive")
    }

    pub(crate) async fn status(&mut self) -> u16 {
        self.answer().await.status
    }

    pub(crate) async fn deliver(&mut self, body: &[u8]) -> u16 {
        self.send(body).await;
        self.status().await
    }

    /// Sends a signal, such as `-STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.process.id().expect("the worker is alive").to_string();
        let status = std::process::Command::new("kill").args([signal, &id]).status();
        assert!(status.unwrap().success());
    }

    /// Kills the worker with SIGKILL, and returns its unread responses.
    pub(crate) async fn kill(mut self) -> Vec<Response> {
        self.process.kill().await.unwrap();
        let mut answers = Vec::new();
        while let Some(answer) = self.last_answer().await {
            answers.push(answer);
        }
        answers
    }

    async fn last_answer(&mut self) -> Option<Response> {
        let line = self.answers.next_line().await.unwrap()?;
        let (status, room) = line.split_once(' ').unwrap();
        Some(Response { status: status.parse().unwrap(), room: room.to_owned() })
    }
}

/// Whether this process is a worker.
pub(crate) fn is_this() -> bool {
    env::var_os(URL).is_some()
}

#[expect(clippy::print_stdout, reason = "the test reads it")]
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run() {
    let url = env::var(URL).unwrap();
    let takes = Duration::from_millis(env::var(TAKES).unwrap().parse().unwrap());
    let counts = connection(&url).await;
    let hooks = Hooks::new(zego())
        .on(move |created: Verified<RoomCreated>| {
            let mut counts = counts.clone();
            async move {
                let room = created.into_inner().room_id;
                redis::cmd("INCR").arg(&room).exec_async(&mut counts).await.unwrap();
                sleep(takes).await;
                redis::cmd("INCR").arg(room + ":done").exec_async(&mut counts).await.unwrap();
            }
        })
        .with_store(connected(&url).await)
        .with_lease(LEASE)
        .with_handler_timeout(Duration::from_secs(60));

    let mut bodies = BufReader::new(stdin()).lines();
    while let Some(body) = bodies.next_line().await.unwrap() {
        let event: Value = serde_json::from_str(&body).unwrap();
        let answer = hooks.deliver(Delivery::new(body.as_bytes()), SystemTime::now());
        tokio::spawn(async move {
            let status = answer.await.status;
            println!("{status} {}", event["room_id"].as_str().unwrap());
        });
    }
}
