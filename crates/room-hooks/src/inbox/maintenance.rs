//! Maintenance by a worker: it removes old finished events, and measures the inbox.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use crate::{hooks::store::any::chain, metrics};

use super::{InboxError, InboxStore, worker::Settings};

const PAUSE: Duration = Duration::from_secs(15);

/// The maximum number of events that are removed at once, so that no other operation waits for
/// long.
const PRUNE_BATCH: usize = 500;

/// If an event has been due for this long, there are too few workers, or none has a handler for its
/// kind.
const TOO_LONG: Duration = Duration::from_secs(5 * 60);

/// Starts maintenance, until the handle is dropped.
pub(super) fn start(store: Arc<dyn InboxStore>, settings: Settings) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            if let Err(error) = maintain(&*store, &settings).await {
                tracing::warn!(error = %chain(&error), "inbox maintenance failed");
                metrics::store_error("inbox_maintenance");
            }
            sleep(PAUSE).await;
        }
    }))
}

async fn maintain(store: &dyn InboxStore, settings: &Settings) -> Result<(), InboxError> {
    while store.prune(settings.retention, PRUNE_BATCH).await? == PRUNE_BATCH {
        sleep(Duration::from_millis(50)).await;
    }
    let stats = store.stats().await?;
    let oldest = stats.oldest_ready.unwrap_or_default();
    metrics::inbox(stats.ready, oldest, stats.dead);
    if oldest > TOO_LONG {
        tracing::warn!(
            ready = stats.ready,
            oldest_seconds = oldest.as_secs(),
            "events have been waiting in the inbox for too long: there are too few workers, or none has a handler for \
             their kind"
        );
    }
    Ok(())
}
