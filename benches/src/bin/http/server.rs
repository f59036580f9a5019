use std::{
    env,
    error::Error,
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use crate::{
    contender::{Framework, Variant},
    cpu,
};

/// A server in its own process. It exits when its standard input closes, at the latest when this
/// process exits.
pub struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    pub fn start(framework: Framework, variant: Variant) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(env::current_exe()?)
            .args(["serve", framework.name(), variant.name()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().ok_or("the server has no standard output")?;
        let mut output = BufReader::new(output);
        let address = line(&mut output)?;
        let address = address.parse().map_err(|_| "the server did not start")?;
        Ok(Self { process, output, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The CPU time of the server so far.
    pub fn cpu_time(&self) -> io::Result<Duration> {
        cpu::time(self.process.id())
    }

    /// Stops the server. Returns the number of handled or stored events.
    pub fn stop(mut self) -> Result<usize, Box<dyn Error>> {
        drop(self.process.stdin.take());
        let handled = line(&mut self.output)?;
        self.process.wait()?;
        Ok(handled.parse().map_err(|_| "the server exited early")?)
    }
}

fn line(output: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}
