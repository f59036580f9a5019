//! A PostgreSQL of a test's own.

use std::{
    env,
    ffi::OsStr,
    fs,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use tokio_postgres::{Client, Config, NoTls};

/// As whom the server runs if this is root, which it refuses.
const NOBODY: u32 = 65534;

/// Where the programs are: where that on the path is, or where Debian puts them.
static PROGRAMS: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).filter_map(|directory| {
        let program = fs::canonicalize(directory.join("postgres")).ok()?;
        Some(program.parent()?.to_owned())
    });
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    let is_complete = |bin: &PathBuf| {
        ["postgres", "initdb", "pg_isready", "pg_basebackup"]
            .iter()
            .all(|program| bin.join(program).is_file())
    };
    on_path.chain(versions.into_iter().rev()).find(is_complete)
});

/// A `postgres` on a loopback port, killed on drop.
pub(crate) struct Server {
    port: u16,
    directory: PathBuf,
    arguments: &'static [&'static str],
    process: Child,
}

impl Server {
    /// Whether there is a server to be started.
    pub(crate) fn is_installed() -> bool {
        PROGRAMS.is_some()
    }

    pub(crate) fn start() -> Self {
        Self::start_with(&["-c", "fsync=off"])
    }

    pub(crate) fn start_with(arguments: &'static [&'static str]) -> Self {
        let directory = new_directory();
        run(&directory, "cp", ["-a", &path(&template()), &path(&directory.join("data"))]);
        Self::start_in(directory, arguments)
    }

    /// Starts one that follows this one, as its replica. This one must have been started with `wal_level=replica`.
    pub(crate) fn start_replica(&self) -> Self {
        let directory = new_directory();
        let (port, data) = (self.port.to_string(), path(&directory.join("data")));
        let arguments =
            ["-h", "127.0.0.1", "-U", "postgres", "-p", &port, "-D", &data, "-R", "-c", "fast"];
        run(&directory, program("pg_basebackup"), arguments);
        Self::start_in(directory, self.arguments)
    }

    fn start_in(directory: PathBuf, arguments: &'static [&'static str]) -> Self {
        let port = unused_port();
        let process = spawn(port, &directory, arguments);
        let server = Self { port, directory, arguments, process };
        server.wait_until_ready();
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        url(self.port, "postgres")
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(&mut self) {
        signal("-QUIT", &self.process);
        self.process.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self) {
        self.process = spawn(self.port, &self.directory, self.arguments);
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

    /// Adds a line to what decides who may log in and how, before all others.
    pub(crate) fn allow(&self, line: &str) {
        let file = self.directory.join("data/pg_hba.conf");
        let before = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{line}\n{before}")).unwrap();
        signal("-HUP", &self.process);
    }

    /// A connection past the crate.
    pub(crate) async fn client(&self) -> Client {
        client(&self.url()).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        signal("-QUIT", &self.process);
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

static SHARED: Mutex<Option<Server>> = Mutex::new(None);

/// The URL of an empty database on a server that tests share.
pub(crate) async fn database() -> String {
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let (url, port) = {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || Server::start_with(&["-c", "fsync=off", "-c", "max_connections=300"]);
        let server = shared.get_or_insert_with(start);
        (server.url(), server.port())
    };
    client(&url).await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    self::url(port, &name)
}

/// Ends the shared server, and removes what the others were made from.
pub(crate) fn clean_up() {
    drop(SHARED.lock().unwrap_or_else(PoisonError::into_inner).take());
    let template = TEMPLATE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(template) = template {
        let _ = fs::remove_dir_all(template);
    }
}

fn url(port: u16, database: &str) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/{database}")
}

/// Connects, as soon as the server lets it.
pub(crate) async fn client(url: &str) -> Client {
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

static TEMPLATE: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The files of a server that has never run.
fn template() -> PathBuf {
    let mut template = TEMPLATE.lock().unwrap_or_else(PoisonError::into_inner);
    let create = || {
        let directory = new_directory();
        let data = path(&directory.join("data"));
        let arguments = ["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"];
        let locale = ["--locale=C.UTF-8"];
        run(&directory, program("initdb"), arguments.iter().chain(&locale));
        directory
    };
    template.get_or_insert_with(create).join("data")
}

/// A port on which nobody listens.
pub(crate) fn unused_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn new_directory() -> PathBuf {
    static DIRECTORIES: AtomicU32 = AtomicU32::new(0);
    let number = DIRECTORIES.fetch_add(1, Ordering::Relaxed);
    let directory = env::temp_dir().join(format!("room-hooks-postgres-{}-{number}", process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir(&directory).unwrap();
    if is_root(&directory) {
        chown(&directory, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    directory
}

/// Whether this process, which has made a directory, is root; or was, and has given it away.
fn is_root(directory: &Path) -> bool {
    [0, NOBODY].contains(&fs::metadata(directory).unwrap().uid())
}

fn program(name: &str) -> PathBuf {
    PROGRAMS.as_ref().expect("it is installed").join(name)
}

fn path(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn command(directory: &Path, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null());
    if is_root(directory) {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn run<A: AsRef<OsStr>>(
    directory: &Path,
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = A>,
) {
    let output = command(directory, &program).args(arguments).stderr(Stdio::piped()).output();
    let output = output.unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {error}", program.as_ref());
}

fn spawn(port: u16, directory: &Path, arguments: &[&str]) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(directory.join("log"));
    command(directory, program("postgres"))
        .args(["-D", "data", "-p", &port.to_string()])
        .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
        .args(arguments)
        .stderr(log.unwrap())
        .spawn()
        .unwrap()
}

fn signal(signal: &str, process: &Child) {
    let status = Command::new("kill").args([signal, &process.id().to_string()]).status();
    assert!(status.unwrap().success());
}
