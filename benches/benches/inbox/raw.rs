//! The cost of group commit without an inbox: a thread inserts the waiting events and commits.

use std::{path::Path, thread, time::Duration, time::SystemTime};

use room_hooks::{DeliveryId, SignatureKey, inbox::NewEvent};
use room_hooks_sqlite::SqliteInbox;
use rusqlite::{Connection, named_params};
use tokio::sync::{mpsc, oneshot};

type Waiting = (NewEvent, oneshot::Sender<()>);

/// The tables that receive rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    Events,
    /// Also ids and signatures, without looking them up.
    All,
}

pub struct Raw(mpsc::Sender<Waiting>);

impl Raw {
    /// Starts the thread, on a file with the tables of an inbox.
    pub fn start(path: &Path, tables: Tables) -> Result<Self, Box<dyn std::error::Error>> {
        drop(SqliteInbox::open(path)?);
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        // The inbox's settings.
        connection.execute_batch("PRAGMA synchronous = FULL")?;
        connection.query_row("PRAGMA wal_autocheckpoint = 4000", [], |_| Ok(()))?;
        let (queue, mut waiting) = mpsc::channel(1024);
        thread::spawn(move || {
            let mut group = Vec::new();
            while waiting.blocking_recv_many(&mut group, 256) > 0 {
                commit(&connection, &group, tables).expect("the group is committed");
                for (_, reply) in group.drain(..) {
                    let _ = reply.send(());
                }
            }
        });
        Ok(Self(queue))
    }

    pub async fn put(&self, event: NewEvent) -> Result<(), oneshot::error::RecvError> {
        let (reply, answer) = oneshot::channel();
        // If this fails, so does the answer.
        let _ = self.0.send((event, reply)).await;
        answer.await
    }
}

fn commit(connection: &Connection, group: &[Waiting], tables: Tables) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for (event, _) in group {
        insert(connection, event, tables)?;
    }
    connection.execute_batch("COMMIT")
}

fn insert(connection: &Connection, event: &NewEvent, tables: Tables) -> rusqlite::Result<()> {
    let (now, retention) = (millis(SystemTime::now()), event.retention.as_millis() as i64);
    let id = event.id.as_ref().map(DeliveryId::as_bytes);
    let signature = event.signature.as_ref().map(SignatureKey::as_bytes);
    connection
        .prepare_cached(
            "INSERT INTO room_hooks_events
                (id, signature, retention, keep_until, kind, format, room, received_at, size, state, next_at, payload)
             VALUES (:id, :signature, :retention, :keep_until, :kind, :format, :room, :received_at, :size, 'ready',
                :now, :payload)",
        )?
        .execute(named_params! {
            ":id": id,
            ":signature": signature,
            ":retention": retention,
            ":keep_until": now + retention,
            ":kind": event.kind,
            ":format": event.format_version,
            ":room": event.room,
            ":received_at": millis(event.received_at),
            ":size": event.payload.len() as i64,
            ":now": now,
            ":payload": event.payload,
        })?;
    if tables == Tables::All {
        let mut insert =
            connection.prepare_cached("INSERT INTO room_hooks_keys VALUES (?1, ?2, ?3, ?4)")?;
        insert.execute(("event", id, None::<&[u8]>, None::<i64>))?;
        insert.execute(("signature", signature, id, now + retention))?;
    }
    Ok(())
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_millis() as i64
}
