//! The cost of the same rows without an inbox: one statement per event, and one connection per
//! sender. The server commits concurrent statements together.

use std::{
    error::Error,
    sync::atomic::{AtomicUsize, Ordering},
    time::SystemTime,
};

use room_hooks::{DeliveryId, SignatureKey, inbox::NewEvent};
use room_hooks_postgres::PostgresInbox;
use tokio_postgres::{Client, Statement};

/// The tables that receive rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    Events,
    /// Also ids and signatures, without looking them up.
    All,
}

pub struct Raw {
    clients: Vec<(Client, Statement)>,
    next: AtomicUsize,
}

const EVENTS: &str = "INSERT INTO room_hooks.events
        (id, signature, retention, keep_until, kind, format, room, received_at, size, state, next_at, payload)
    VALUES ($1, $2, $3::bigint, $4::bigint, $5, 1, $6, $7::bigint, $8::bigint, 'ready', $7, $9)";

const ALL: &str = "WITH remembered AS (
        INSERT INTO room_hooks.keys (key, owner, expires_at)
        VALUES ('e'::bytea || $1::bytea, NULL, NULL), ('s'::bytea || $2::bytea, $1, $4::bigint))
    INSERT INTO room_hooks.events
        (id, signature, retention, keep_until, kind, format, room, received_at, size, state, next_at, payload)
    VALUES ($1, $2, $3::bigint, $4, $5, 1, $6, $7::bigint, $8::bigint, 'ready', $7, $9)";

impl Raw {
    /// Creates the tables of an inbox, and connects `senders` times.
    pub async fn connect(
        url: &str,
        tables: Tables,
        senders: usize,
    ) -> Result<Self, Box<dyn Error>> {
        drop(PostgresInbox::connect(url).await?);
        let mut clients = Vec::new();
        for _ in 0..senders {
            let client = test_postgres::client(url).await;
            let sql = if tables == Tables::All { ALL } else { EVENTS };
            let statement = client.prepare(sql).await?;
            clients.push((client, statement));
        }
        Ok(Self { clients, next: AtomicUsize::new(0) })
    }

    /// The number of a sender, which has its own connection.
    pub fn sender(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % self.clients.len()
    }

    pub async fn put(&self, sender: usize, event: &NewEvent) -> Result<(), tokio_postgres::Error> {
        let (client, statement) = &self.clients[sender];
        let (now, retention) = (millis(SystemTime::now()), event.retention.as_millis() as i64);
        let id = event.id.as_ref().map(|id| DeliveryId::as_bytes(id).as_slice());
        let signature =
            event.signature.as_ref().map(|signature| SignatureKey::as_bytes(signature).as_slice());
        let size = event.payload.len() as i64 + 600;
        client
            .execute(
                statement,
                &[
                    &id,
                    &signature,
                    &retention,
                    &(now + retention),
                    &event.kind,
                    &event.room,
                    &now,
                    &size,
                    &event.payload,
                ],
            )
            .await?;
        Ok(())
    }
}

fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_millis() as i64
}
