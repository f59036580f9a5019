//! The location of an inbox.

use std::{env, fs, path::PathBuf, sync::Arc};

use clap::Args;
use room_hooks::inbox::InboxStore;
use room_hooks_postgres::{Database, PostgresInbox};
use room_hooks_sqlite::SqliteInbox;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;

const VARIABLE: &str = "ROOM_HOOKS_INBOX";

/// The location of an inbox.
#[derive(Debug, Args)]
pub(super) struct Location {
    /// The SQLite file of the inbox [env: ROOM_HOOKS_INBOX, a SQLite file or a PostgreSQL URL]
    #[arg(long, value_name = "PATH", global = true, help_heading = "Inbox")]
    inbox: Option<PathBuf>,
    /// A file that contains only the path or URL of the inbox; use it for a URL with a password
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        help_heading = "Inbox",
        conflicts_with = "inbox"
    )]
    inbox_file: Option<PathBuf>,
    /// The schema of the PostgreSQL tables
    #[arg(
        long,
        value_name = "NAME",
        global = true,
        help_heading = "Inbox",
        default_value = "room_hooks"
    )]
    schema: String,
}

impl Location {
    pub(super) async fn open(&self) -> Result<Arc<dyn InboxStore>, Error> {
        let location = self.find()?;
        if !is_url(&location) {
            return Ok(Arc::new(SqliteInbox::open_existing(location)?));
        }
        let database = database(&location)?.with_schema(&self.schema).with_max_connections(4);
        Ok(Arc::new(PostgresInbox::connect_existing(&database).await?))
    }

    fn find(&self) -> Result<String, Error> {
        if let Some(path) = &self.inbox {
            let path = path.to_str().ok_or("the path of the inbox is not UTF-8")?;
            if is_url(path) {
                return Err(format!(
                    "--inbox takes a path. Set {VARIABLE} to the URL, or put it in a file for \
                     --inbox-file: every process on the machine can read a command line"
                )
                .into());
            }
            return Ok(path.into());
        }
        if let Some(file) = &self.inbox_file {
            let found = fs::read_to_string(file);
            let found = found.map_err(|error| format!("{}: {error}", file.display()))?;
            return Ok(found.trim_end_matches(['\r', '\n']).into());
        }
        match env::var(VARIABLE) {
            Ok(location) if !location.is_empty() => Ok(location),
            Err(env::VarError::NotUnicode(_)) => Err(format!("{VARIABLE} is not UTF-8").into()),
            _ => {
                Err(format!("no inbox given; set {VARIABLE}, or use --inbox or --inbox-file")
                    .into())
            }
        }
    }
}

fn is_url(location: &str) -> bool {
    location.starts_with("postgres://") || location.starts_with("postgresql://")
}

/// The database at a URL. Uses TLS if the URL requires it, and trusts the CA certificates that this
/// machine trusts.
fn database(url: &str) -> Result<Database, Error> {
    let database = Database::new(url)?;
    // `Database` has already parsed the URL. An error here is dropped: it might quote the URL,
    // which may contain a password.
    let is_encrypted = url
        .parse::<tokio_postgres::Config>()
        .is_ok_and(|config| config.get_ssl_mode() == SslMode::Require);
    if !is_encrypted {
        return Ok(database);
    }
    let tls = MakeRustlsConnect::with_native_certs();
    let (tls, _) = tls.map_err(|_| "TLS needs CA certificates, and this machine has none")?;
    Ok(database.with_tls(tls))
}
