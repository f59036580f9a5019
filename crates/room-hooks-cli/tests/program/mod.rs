//! The built program, as a user runs it.

#![allow(dead_code, reason = "no test needs all of it")]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Output, Stdio},
    sync::OnceLock,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub(crate) const ZEGO_SECRET: &str = "a-callback-secret-of-the-tests";
pub(crate) const TENCENT_TOKEN: &str = "a-token-of-the-tests";
pub(crate) const TRTC_KEY: &str = "akeyofthetests";

/// The result of a run.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_room-hooks"));
    command.args(arguments).env_remove("ROOM_HOOKS_INBOX");
    with_secrets(&mut command);
    command
}

/// Sets the secrets that are not set yet.
fn with_secrets(command: &mut Command) {
    for name in ["ZEGO_APP_ID", "TENCENT_SDK_APP_ID", "TRTC_SDK_APP_ID", "ROOM_HOOKS_URL"] {
        command.env_remove(name);
    }
    for (name, secret) in [
        ("ZEGO_CALLBACK_SECRET", ZEGO_SECRET),
        ("TENCENT_TOKEN", TENCENT_TOKEN),
        ("TRTC_KEY", TRTC_KEY),
    ] {
        if !command.get_envs().any(|(other, value)| other == name && value.is_some()) {
            command.env(name, secret);
        }
    }
}

pub(crate) fn run(arguments: &[&str]) -> Ran {
    ran(command(arguments).output().unwrap())
}

/// Runs a command, and returns its output as bytes.
pub(crate) fn run_bytes(arguments: &[&str]) -> Vec<u8> {
    let output = command(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    output.stdout
}

/// The time of signing for callbacks that are verified with `--at`, so that the output never
/// changes.
pub(crate) const SIGNED: &str = "1757500000";

pub(crate) fn signed(event: &str, more: &[&str]) -> String {
    let signed = run(&[&["sign", event, "--at", SIGNED], more].concat());
    assert_eq!(signed.status, 0, "{}", signed.stderr);
    signed.stdout
}

/// Runs a command with this standard input.
pub(crate) fn run_with(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may stop reading early.
    let _ = child.stdin.take().unwrap().write_all(input);
    ran(child.wait_with_output().unwrap())
}

/// Converts the output of a run, and checks that it contains neither colors nor a secret.
pub(crate) fn ran(output: Output) -> Ran {
    let ran = Ran {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    for printed in [&ran.stdout, &ran.stderr] {
        assert!(!printed.contains('\x1b'), "{printed}");
        for secret in [ZEGO_SECRET, TENCENT_TOKEN, TRTC_KEY] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
    ran
}

/// A server, which is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) origin: String,
    /// Its standard error before the line that says where it listens.
    said: String,
    /// Its standard error after that line.
    told: Option<JoinHandle<String>>,
}

impl Server {
    /// Starts a server, and waits until it says where it listens.
    pub(crate) fn start(command: Command) -> Self {
        Self::start_printing_to(Stdio::piped(), command)
    }

    pub(crate) fn start_printing_to(stdout: impl Into<Stdio>, command: Command) -> Self {
        let (child, mut stderr, origin, said) = spawned(stdout.into(), command);
        // Standard error must be read, or the server would block when the pipe is full.
        let told = thread::spawn(move || {
            let mut told = String::new();
            stderr.read_to_string(&mut told).unwrap();
            told
        });
        Self { child, origin, said, told: Some(told) }
    }

    /// The rest of a line after these words, from the lines before the one that says where it
    /// listens.
    pub(crate) fn noted(&self, beginning: &str) -> String {
        let mut ends = self.said.lines().filter_map(|line| line.split_once(beginning));
        ends.next().unwrap().1.to_owned()
    }

    /// Starts a server, and closes its standard error when it has said where it listens.
    pub(crate) fn start_unheard(command: Command) -> Self {
        let (child, _, origin, said) = spawned(Stdio::piped(), command);
        Self { child, origin, said, told: None }
    }

    pub(crate) fn listen(arguments: &[&str]) -> Self {
        let mut listen = command(&["listen", "--addr", "127.0.0.1:0"]);
        listen.args(arguments);
        Self::start(listen)
    }

    /// Sends it a signal, such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until it exits, and returns its exit status and output.
    pub(crate) fn ended(mut self) -> Ran {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not exit");
            thread::sleep(Duration::from_millis(10));
        };
        let mut stdout = Vec::new();
        if let Some(mut printed) = self.child.stdout.take() {
            printed.read_to_end(&mut stdout).unwrap();
        }
        let stderr = self.told.take().map_or(String::new(), |told| told.join().unwrap());
        ran(Output { status, stdout, stderr: stderr.into_bytes() })
    }

    /// Stops it as Ctrl-C does, and returns its standard output.
    pub(crate) fn interrupted(self) -> String {
        self.signal("INT");
        let ran = self.ended();
        assert_eq!(ran.status, 0, "Ctrl-C ends it with success");
        ran.stdout
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawned(stdout: Stdio, mut command: Command) -> (Child, BufReader<ChildStderr>, String, String) {
    with_secrets(&mut command);
    command.env("ROOM_HOOKS_ADDR", "127.0.0.1:0").env("NO_COLOR", "1");
    let mut child = command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let (origin, said) = listening_on(&mut stderr);
    (child, stderr, origin, said)
}

fn listening_on(stderr: &mut BufReader<ChildStderr>) -> (String, String) {
    let (mut said, mut line) = (String::new(), String::new());
    while stderr.read_line(&mut line).unwrap() > 0 {
        if let Some((_, origin)) = line.trim_end().split_once("listening on ") {
            return (origin.to_owned(), said);
        }
        said += &line;
        line.clear();
    }
    panic!("it does not say where it listens: {said}")
}

/// Builds an example of the workspace.
pub(crate) fn example(name: &str) -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let program = Path::new(env!("CARGO_BIN_EXE_room-hooks"));
        let target = program.ancestors().nth(2).unwrap();
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--target-dir"])
            .arg(target)
            .args(["-p", "example-axum", "-p", "example-actix"])
            .args(["-p", "example-warp", "-p", "example-tower", "-p", "example-inbox"])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
            .status()
            .unwrap();
        assert!(built.success());
        target.join("debug")
    });
    let mut command = Command::new(folder.join(name));
    command.env_remove("ROOM_HOOKS_INBOX").env_remove("ROOM_HOOKS_FAIL");
    command
}

/// Compares the output with a file, or writes the file if `SNAPSHOTS=overwrite` is set.
pub(crate) fn assert_snapshot(name: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        fs::write(&path, printed).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(printed, kept, "not as in {name}; SNAPSHOTS=overwrite rewrites it");
}

/// Creates an empty folder for a test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}
