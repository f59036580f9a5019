use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::{sync::oneshot, time};

use super::{Error, printed::Printed};

/// An example that runs in its own process. Dropping this kills it.
pub(super) struct Example {
    process: Child,
    address: SocketAddr,
    printed: Option<JoinHandle<io::Result<Printed>>>,
}

/// The end of an example.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) took: Duration,
    /// `None` if the process had to be killed.
    pub(super) status: Option<ExitStatus>,
    pub(super) printed: Printed,
}

impl Example {
    /// Starts an example from the directory of this program, with its default secrets.
    pub(super) async fn start(name: &str) -> Result<Self, Error> {
        let program = env::current_exe()?.with_file_name(format!("example-{name}"));
        let mut process = Command::new(&program)
            .env_clear()
            .env("ROOM_HOOKS_ADDR", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let output = BufReader::new(process.stdout.take().unwrap());
        let log = BufReader::new(process.stderr.take().unwrap());
        let (found, address) = oneshot::channel();
        // Separate threads read both pipes, since a full pipe would block the example.
        let printed = Some(thread::spawn(|| Printed::read(output)));
        thread::spawn(|| read_log(log, found));
        let mut example = Self { process, address: ([0, 0, 0, 0], 0).into(), printed };
        let listening = time::timeout(Duration::from_secs(10), address).await;
        example.address = listening.map_err(|_| "the example does not listen")??;
        match example.address.ip().is_loopback() {
            true => Ok(example),
            false => Err(format!("{} is not a loopback address", example.address).into()),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The resident memory in bytes, if the system exposes it.
    pub(super) fn resident(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
    }

    /// Sends SIGTERM, like a supervisor, and waits for the exit. Kills the process after
    /// `patience`.
    pub(super) async fn stop(mut self, patience: Duration) -> Result<Stopped, Error> {
        let begun = Instant::now();
        self.terminate()?;
        let mut status = None;
        while status.is_none() && begun.elapsed() < patience {
            time::sleep(Duration::from_millis(10)).await;
            status = self.process.try_wait()?;
        }
        let took = begun.elapsed();
        self.process.kill()?;
        let printed = self.printed.take().unwrap().join().unwrap()?;
        Ok(Stopped { took, status, printed })
    }

    /// Uses a shell, because the standard library cannot send signals.
    fn terminate(&self) -> io::Result<()> {
        let kill = format!("kill -TERM {}", self.process.id());
        Command::new("sh").args(["-c", &kill]).status().map(drop)
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // Fails if the process has already ended, which is fine.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads a log to its end, and sends the address that it contains.
fn read_log(log: impl BufRead, found: oneshot::Sender<SocketAddr>) {
    let mut found = Some(found);
    for line in log.lines().map_while(Result::ok) {
        let address = line.strip_prefix("listening on http://").and_then(|it| it.parse().ok());
        if let Some(address) = address
            && let Some(found) = found.take()
        {
            let _ = found.send(address);
        }
    }
}
