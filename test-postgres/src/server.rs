use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::atomic::{AtomicU32, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use tokio_postgres::{Client, Config, NoTls};

use crate::{
    files::{new_directory, new_server, path},
    programs::{self, command, program, run},
};

/// A `postgres` on a loopback port. Dropping this kills the server and removes its files.
#[derive(Debug)]
pub struct Server {
    port: u16,
    directory: PathBuf,
    settings: Vec<String>,
    process: Child,
    databases: AtomicU32,
}

impl Server {
    /// Whether PostgreSQL is installed, on the path or where Debian installs it.
    #[must_use]
    pub fn is_installed() -> bool {
        programs::are_installed()
    }

    /// Starts a server that does not wait for its disk. A crash of the server loses nothing, but a
    /// crash of the machine may.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Like [`start`](Self::start), with settings such as `max_connections=300`.
    #[must_use]
    pub fn start_with(settings: &[&str]) -> Self {
        Self::start_durable(&[&["fsync=off"], settings].concat())
    }

    /// Starts a server with settings, whose commits wait for its disk. For measurements.
    #[must_use]
    pub fn start_durable(settings: &[&str]) -> Self {
        Self::start_in(new_server(), settings.iter().map(|&setting| setting.to_owned()).collect())
    }

    /// Starts a replica of this server, with the same settings. It may be ready before it has
    /// caught up.
    #[must_use]
    pub fn start_replica(&self) -> Self {
        let directory = new_directory();
        let (port, data) = (self.port.to_string(), path(&directory.join("data")));
        let arguments =
            ["-h", "127.0.0.1", "-U", "postgres", "-p", &port, "-D", &data, "-R", "-c", "fast"];
        run(&directory, program("pg_basebackup"), arguments);
        Self::start_in(directory, self.settings.clone())
    }

    fn start_in(directory: PathBuf, settings: Vec<String>) -> Self {
        let port = unused_port();
        let process = spawn(port, &directory, &settings);
        let server = Self { port, directory, settings, process, databases: AtomicU32::new(0) };
        server.wait_until_ready();
        server
    }

    /// The port that the server listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of the database `postgres` for the superuser, without a password.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Creates an empty database, and returns its URL.
    pub async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.client().await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        self.url_of(&name)
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Stops the server at once, like a crash.
    pub fn kill(&mut self) {
        signal("-QUIT", &self.process);
        self.process.wait().unwrap();
    }

    /// Starts the server after [`kill`](Self::kill), on the same port and with the same files.
    pub fn start_again(&mut self) {
        self.process = spawn(self.port, &self.directory, &self.settings);
        self.wait_until_ready();
    }

    fn wait_until_ready(&self) {
        let (begun, port) = (Instant::now(), self.port.to_string());
        let is_ready = || {
            let mut command = command(&self.directory, program("pg_isready"));
            command.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &port]);
            command.status().unwrap().success()
        };
        while !is_ready() {
            let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(20), "postgres does not start:\n{log}");
            sleep(Duration::from_millis(20));
        }
    }

    /// Adds a line at the beginning of `pg_hba.conf`, which controls who may log in and how.
    pub fn allow(&self, line: &str) {
        let file = self.directory.join("data/pg_hba.conf");
        let before = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{line}\n{before}")).unwrap();
        signal("-HUP", &self.process);
    }

    /// Connects to [`url`](Self::url), with retries for up to 10 s.
    pub async fn client(&self) -> Client {
        client(&self.url()).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A killed server may have exited already.
        if let Ok(None) = self.process.try_wait() {
            signal("-QUIT", &self.process);
            let _ = self.process.wait();
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Connects to a database, with retries for up to 10 s.
pub async fn client(url: &str) -> Client {
    let config: Config = url.parse().unwrap();
    let begun = Instant::now();
    loop {
        match config.connect(NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                return client;
            }
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(10), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A port on which no program listens.
#[must_use]
pub fn unused_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn spawn(port: u16, directory: &Path, settings: &[String]) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(directory.join("log"));
    command(directory, program("postgres"))
        .args(["-D", "data", "-p", &port.to_string()])
        .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
        .args(settings.iter().flat_map(|setting| ["-c", setting]))
        .stderr(log.unwrap())
        .spawn()
        .unwrap()
}

fn signal(signal: &str, process: &Child) {
    let status = Command::new("kill").args([signal, &process.id().to_string()]).status();
    assert!(status.unwrap().success());
}
