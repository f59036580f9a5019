//! The deliveries that the page shows: the newest, in bounded memory.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::HeaderMap;
use tokio::sync::broadcast;

use crate::listen::passed::Passed;

/// A delivery as the page shows it.
pub(in crate::listen) struct Entry {
    pub(super) id: u64,
    pub(super) passed: Passed,
    /// All headers. A recording keeps only a few of them.
    pub(super) headers: HeaderMap,
    pub(super) took: Duration,
}

/// The maximum number of deliveries kept.
pub(super) const LIMIT: usize = 500;

/// The maximum size of the bodies, responses and headers kept.
const LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// The newest deliveries.
pub(in crate::listen) struct Ring {
    entries: Mutex<Entries>,
    /// The ids of new deliveries. Only ids, so that a reader that falls behind keeps no deliveries
    /// in memory.
    added: broadcast::Sender<u64>,
}

#[derive(Default)]
struct Entries {
    newest_last: VecDeque<Arc<Entry>>,
    bytes: usize,
    last_id: u64,
}

impl Ring {
    pub(super) fn new() -> Self {
        Self { entries: Mutex::default(), added: broadcast::channel(LIMIT).0 }
    }

    pub(in crate::listen) fn add(&self, passed: Passed, headers: HeaderMap, took: Duration) {
        let mut entries = self.locked();
        entries.last_id += 1;
        let entry = Arc::new(Entry { id: entries.last_id, passed, headers, took });
        entries.bytes += entry.bytes();
        entries.newest_last.push_back(entry);
        while entries.newest_last.len() > LIMIT
            || (entries.bytes > LIMIT_BYTES && entries.newest_last.len() > 1)
        {
            let oldest = entries.newest_last.pop_front();
            entries.bytes -= oldest.map_or(0, |oldest| oldest.bytes());
        }
        // Sent under the lock, so that `after` misses no id. Sending fails if there are no readers.
        let _ = self.added.send(entries.last_id);
    }

    pub(super) fn get(&self, id: u64) -> Option<Arc<Entry>> {
        self.locked().newest_last.iter().find(|entry| entry.id == id).cloned()
    }

    /// All deliveries, the newest first.
    pub(super) fn newest_first(&self) -> Vec<Arc<Entry>> {
        self.locked().newest_last.iter().rev().cloned().collect()
    }

    /// The ids of the deliveries after `id`, in order of arrival, and a receiver for the ids of
    /// later ones.
    pub(super) fn after(&self, id: u64) -> (Vec<u64>, broadcast::Receiver<u64>) {
        let entries = self.locked();
        let ids = entries.newest_last.iter().map(|entry| entry.id);
        (ids.filter(|newer| *newer > id).collect(), self.added.subscribe())
    }

    fn locked(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// The approximate size in memory, in bytes.
    fn bytes(&self) -> usize {
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        let data = match &self.passed.received {
            Ok(Some(received)) => {
                let room_id = received.room_id.as_ref().map_or(0, String::len);
                received.data.len() + received.event.len() + room_id
            }
            _ => 0,
        };
        self.passed.record.size() + self.passed.answer.len() + data + headers + 1024
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use axum::http::Method;
    use room_hooks::{Refusal, testing::SignedDelivery};

    use crate::{provider::ProviderName, recording::Record};

    use super::*;

    fn add(ring: &Ring, body: usize) {
        let delivery = SignedDelivery::new(String::new(), Vec::new(), vec![b'x'; body]);
        let passed = Passed {
            method: Method::POST,
            is_whole: true,
            record: Record::new(ProviderName::Zego, SystemTime::UNIX_EPOCH, delivery),
            status: 401,
            called: false,
            received: Err(Refusal::WrongSignature),
            forwarded: None,
            answer: Default::default(),
        };
        ring.add(passed, HeaderMap::new(), Duration::ZERO);
    }

    #[test]
    fn the_number_of_deliveries_and_their_size_are_bounded() {
        let ring = Ring::new();
        for _ in 0..LIMIT + 10 {
            add(&ring, 10);
        }
        assert_eq!(ring.after(0).0.len(), LIMIT);
        assert!(ring.get(10).is_none() && ring.get(11).is_some());
        for _ in 0..100 {
            add(&ring, 1024 * 1024);
        }
        let (kept, _) = ring.after(0);
        assert!((60..64).contains(&kept.len()), "{}", kept.len());
        add(&ring, LIMIT_BYTES);
        assert_eq!(ring.after(0).0.len(), 1, "the newest is always kept");
    }

    #[tokio::test]
    async fn a_reader_gets_existing_and_new_deliveries() {
        let ring = Ring::new();
        (0..3).for_each(|_| add(&ring, 1));
        let (newer, mut added) = ring.after(1);
        assert_eq!(newer, [2, 3]);
        add(&ring, 1);
        assert_eq!(added.recv().await.unwrap(), 4);
        assert!(ring.get(4).is_some());
    }
}
