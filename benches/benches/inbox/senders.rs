use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use room_hooks::inbox::{InboxStore, NewEvent, PutOutcome};
use room_hooks_sqlite::SqliteInbox;
use tokio::{runtime::Runtime, task::JoinSet};

use crate::raw::Raw;

/// The store that receives the events.
#[derive(Clone)]
pub enum Store {
    Inbox(SqliteInbox),
    Raw(Arc<Raw>),
}

impl Store {
    async fn put(&self, event: NewEvent) -> Result<(), String> {
        match self {
            Self::Raw(raw) => raw.put(event).await.map_err(|error| error.to_string()),
            Self::Inbox(inbox) => match inbox.put(event).await {
                Ok(PutOutcome::New) => Ok(()),
                outcome => Err(format!("not stored: {outcome:?}")),
            },
        }
    }
}

/// Puts events from concurrent senders. Each waits for its commit before it puts the next event.
pub fn put(
    runtime: &Runtime,
    store: &Store,
    events: Vec<NewEvent>,
    senders: usize,
) -> Result<Duration, Box<dyn Error>> {
    let mut shares: Vec<_> = (0..senders).map(|_| Vec::new()).collect();
    for (number, event) in events.into_iter().enumerate() {
        shares[number % senders].push(event);
    }
    runtime.block_on(async {
        let begun = Instant::now();
        let mut sending = JoinSet::new();
        for share in shares {
            let store = store.clone();
            sending.spawn(async move {
                for event in share {
                    store.put(event).await?;
                }
                Ok::<_, String>(())
            });
        }
        while let Some(ended) = sending.join_next().await {
            ended??;
        }
        Ok(begun.elapsed())
    })
}
