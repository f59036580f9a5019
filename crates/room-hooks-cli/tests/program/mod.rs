//! The built program, as a user runs it.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Output, Stdio},
    sync::OnceLock,
    thread,
};

pub(crate) const ZEGO_SECRET: &str = "a-callback-secret-of-the-tests";
pub(crate) const TENCENT_TOKEN: &str = "a-token-of-the-tests";
pub(crate) const TRTC_KEY: &str = "akeyofthetests";

/// What came of a run.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_room-hooks"));
    command.args(arguments);
    with_secrets(&mut command);
    command
}

fn with_secrets(command: &mut Command) {
    for name in ["ZEGO_APP_ID", "TENCENT_SDK_APP_ID", "TRTC_SDK_APP_ID", "ROOM_HOOKS_URL"] {
        command.env_remove(name);
    }
    command
        .env("ZEGO_CALLBACK_SECRET", ZEGO_SECRET)
        .env("TENCENT_TOKEN", TENCENT_TOKEN)
        .env("TRTC_KEY", TRTC_KEY);
}

pub(crate) fn run(arguments: &[&str]) -> Ran {
    ran(command(arguments).output().unwrap())
}

/// What it prints, to the byte.
pub(crate) fn run_bytes(arguments: &[&str]) -> Vec<u8> {
    let output = command(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    output.stdout
}

/// Runs it with something to read.
pub(crate) fn run_with(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It need not read all of it.
    let _ = child.stdin.take().unwrap().write_all(input);
    ran(child.wait_with_output().unwrap())
}

/// Nothing that is printed, by any command, is in colours where nobody sees them, or holds a secret.
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

/// A server that is stopped at the end.
pub(crate) struct Server {
    child: Child,
    pub(crate) origin: String,
}

impl Server {
    /// Starts a server, and waits until it says where it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        with_secrets(&mut command);
        command.env("ROOM_HOOKS_ADDR", "127.0.0.1:0").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let origin = listening_on(&mut stderr);
        // Somebody has to read on, or it would wait for that.
        thread::spawn(move || stderr.lines().for_each(drop));
        Self { child, origin }
    }

    pub(crate) fn listen(arguments: &[&str]) -> Self {
        let mut listen = command(&["listen", "--addr", "127.0.0.1:0"]);
        listen.args(arguments);
        Self::start(listen)
    }

    /// How it ends by itself.
    pub(crate) fn ended(mut self) -> i32 {
        self.child.wait().unwrap().code().unwrap()
    }

    /// Stops it as Ctrl-C does, and returns what it printed.
    pub(crate) fn interrupted(mut self) -> String {
        let id = self.child.id().to_string();
        let killed = Command::new("sh").args(["-c", &format!("kill -INT {id}")]).status().unwrap();
        assert!(killed.success());
        let output = std::mem::replace(&mut self.child, Command::new("true").spawn().unwrap())
            .wait_with_output()
            .unwrap();
        assert!(output.status.success(), "it ends well when it is interrupted");
        ran(output).stdout
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listening_on(stderr: &mut BufReader<ChildStderr>) -> String {
    let mut line = String::new();
    while stderr.read_line(&mut line).unwrap() > 0 {
        if let Some((_, origin)) = line.trim_end().split_once("listening on ") {
            return origin.to_owned();
        }
        line.clear();
    }
    panic!("it does not say where it listens")
}

/// An example of the workspace, built.
pub(crate) fn example(name: &str) -> Command {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let program = Path::new(env!("CARGO_BIN_EXE_room-hooks"));
        let target = program.ancestors().nth(2).unwrap();
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--target-dir"])
            .arg(target)
            .args(["-p", "example-axum", "-p", "example-actix", "-p", "example-warp"])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
            .status()
            .unwrap();
        assert!(built.success());
        target.join("debug")
    });
    Command::new(folder.join(name))
}

/// Compares with a file, or writes it where `SNAPSHOTS=overwrite` is set.
pub(crate) fn assert_snapshot(name: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite") {
        fs::write(&path, printed).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(printed, kept, "not as in {name}; SNAPSHOTS=overwrite writes it anew");
}

/// A folder of the test's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}
