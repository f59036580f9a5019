//! A Redis server for one test.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use redis::{AsyncConnectionConfig, FromRedisValue, aio::MultiplexedConnection};

/// A `redis-server` on a loopback port, without persistence, killed on drop.
pub(crate) struct Server {
    port: u16,
    directory: PathBuf,
    arguments: &'static [&'static str],
    process: Child,
}

impl Server {
    /// Whether `redis-server` is installed.
    pub(crate) fn is_installed() -> bool {
        let version = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        version.is_ok_and(|status| status.success())
    }

    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &'static [&'static str]) -> Self {
        let port = unused_port();
        let directory = env::temp_dir().join(format!("room-hooks-redis-{port}"));
        fs::create_dir_all(&directory).unwrap();
        let process = spawn(port, &directory, arguments);
        Self { port, directory, arguments, process }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Kills the server, which loses its data.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self) {
        self.process = spawn(self.port, &self.directory, self.arguments);
    }

    /// Stops the server from responding, without closing its connections.
    pub(crate) fn hang(&self) {
        signal("-STOP", &self.process);
    }

    pub(crate) fn go_on(&self) {
        signal("-CONT", &self.process);
    }

    pub(crate) async fn connection(&self) -> MultiplexedConnection {
        connection(&self.url()).await
    }

    /// Sends a command, such as `CONFIG SET maxmemory 1`.
    pub(crate) async fn command<T: FromRedisValue>(&self, command: &str) -> T {
        let mut words = command.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        words.for_each(|word| _ = command.arg(word));
        command.query_async(&mut self.connection().await).await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A connection without timeouts, since this machine may be busy.
pub(crate) async fn connection(url: &str) -> MultiplexedConnection {
    let patient =
        AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection_with_config(&patient).await.unwrap()
}

/// A port on which no server listens.
pub(crate) fn unused_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spawn(port: u16, directory: &PathBuf, arguments: &[&str]) -> Child {
    let process = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .args(arguments)
        .current_dir(directory)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10), "redis-server does not start");
        sleep(Duration::from_millis(10));
    }
    process
}

fn signal(signal: &str, process: &Child) {
    let status = Command::new("kill").args([signal, &process.id().to_string()]).status();
    assert!(status.unwrap().success());
}
