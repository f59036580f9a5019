use std::{env, process::Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use super::Error;

/// A web process, a worker or a process that holds a lock.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts a process of this program. Dropping this kills it.
    pub(super) fn start(arguments: &[&str]) -> Result<Self, Error> {
        let mut child = Command::new(env::current_exe()?)
            .args(arguments)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Ok(Self { child, output })
    }

    /// The address that a web process prints.
    pub(super) async fn address(&mut self) -> Result<std::net::SocketAddr, Error> {
        Ok(self.line().await?.parse()?)
    }

    /// The next line that the process prints.
    pub(super) async fn line(&mut self) -> Result<String, Error> {
        Ok(self.output.next_line().await?.ok_or("the process has ended")?)
    }

    /// Waits until the process is killed. Fails if it exits otherwise.
    pub(super) async fn killed(&mut self) -> Result<(), Error> {
        use std::os::unix::process::ExitStatusExt;

        let status = self.child.wait().await?;
        match status.signal() {
            Some(signal) if signal == Signal::KILL.as_raw() => Ok(()),
            _ => Err(format!("the process ended by itself: {status}").into()),
        }
    }

    pub(super) fn send(&self, signal: Signal) -> Result<(), Error> {
        let id = self.child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        Ok(kill_process(id.ok_or("the process has ended")?, signal)?)
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }
}
