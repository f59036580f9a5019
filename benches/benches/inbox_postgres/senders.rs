use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use room_hooks::inbox::{InboxStore, NewEvent, PutOutcome};
use room_hooks_postgres::PostgresInbox;
use tokio::{runtime::Runtime, task::JoinSet};

use crate::raw::Raw;

/// The store that receives the events.
#[derive(Clone)]
pub enum Store {
    Inbox(PostgresInbox),
    Raw(Arc<Raw>),
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
                match store {
                    Store::Raw(raw) => {
                        let sender = raw.sender();
                        for event in share {
                            let put = raw.put(sender, &event).await;
                            put.map_err(|error| error.to_string())?;
                        }
                    }
                    Store::Inbox(inbox) => {
                        for event in share {
                            match inbox.put(event).await {
                                Ok(PutOutcome::New) => {}
                                outcome => return Err(format!("not stored: {outcome:?}")),
                            }
                        }
                    }
                }
                Ok(())
            });
        }
        while let Some(ended) = sending.join_next().await {
            ended??;
        }
        Ok(begun.elapsed())
    })
}
