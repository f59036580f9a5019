use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use room_hooks_axum::inbox::InboxStore;
use test_postgres::Server;
use tokio::time::sleep;

use super::{
    Error,
    ledger::{Entry, Ledger},
    open,
    process::Process,
};

/// The engine of an inbox.
#[derive(Debug)]
pub(super) enum Engine {
    Sqlite,
    Postgres(Server),
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        })
    }
}

/// The inbox of one scenario, and the ledger of the processes that share it.
#[derive(Debug)]
pub(super) struct Scene {
    name: String,
    inbox: String,
    ledger: PathBuf,
}

impl Scene {
    pub(super) async fn new(engine: &Engine, folder: &Path, name: &str) -> Result<Self, Error> {
        let folder = folder.join(engine.to_string()).join(name);
        fs::create_dir_all(&folder)?;
        let inbox = match engine {
            Engine::Sqlite => folder.join("inbox").to_str().unwrap().to_owned(),
            Engine::Postgres(server) => server.database().await,
        };
        let name = format!("{engine}, {name}");
        Ok(Self { name, inbox, ledger: folder.join("ledger") })
    }

    /// Runs a scenario, and prints its summary.
    pub(super) async fn play(
        &self,
        scenario: impl Future<Output = Result<String, Error>>,
    ) -> Result<(), Error> {
        let summary = scenario.await.map_err(|error| format!("{}: {error}", self.name))?;
        println!("{}: {summary}", self.name);
        Ok(())
    }

    /// Starts a process in a role, with a failpoint.
    pub(super) fn start(&self, role: &str, point: &str) -> Result<Process, Error> {
        Process::start(&[role, &self.inbox, self.ledger.to_str().unwrap(), point])
    }

    /// Starts a process that locks the inbox for some seconds. Returns once it holds the lock.
    pub(super) async fn lock(&self, seconds: u64) -> Result<Process, Error> {
        let mut process = Process::start(&["hold", &self.inbox, &seconds.to_string()])?;
        process.line().await?;
        Ok(process)
    }

    pub(super) async fn open(&self) -> Result<Arc<dyn InboxStore>, Error> {
        open(&self.inbox).await
    }

    pub(super) fn ledger(&self) -> Result<Ledger, Error> {
        Ok(Ledger::open(&self.ledger)?)
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        Ledger::read(&self.ledger)
    }

    /// Waits until no event is ready or leased. Fails unless exactly `dead` events are then dead.
    pub(super) async fn drain(&self, dead: u64) -> Result<(), Error> {
        let (inbox, begun) = (self.open().await?, Instant::now());
        loop {
            let stats = inbox.stats().await?;
            if stats.ready + stats.leased == 0 {
                return match stats.dead {
                    found if found == dead => Ok(()),
                    found => Err(format!("{found} events are dead, expected {dead}").into()),
                };
            }
            if begun.elapsed() > Duration::from_secs(60) {
                return Err(format!("events are left over: {stats:?}").into());
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
}
