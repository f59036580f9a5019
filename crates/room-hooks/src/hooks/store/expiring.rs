use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::metrics;

/// A digest.
pub(super) type Key = [u8; 16];

/// A moment, in nanoseconds since the first one that its owner has seen: half of an `Instant`'s size.
pub(super) type Moment = u64;

/// A map from digests to what is known of them until a moment, in parts with a lock each.
///
/// What has expired counts as gone. It is taken out when its part is used, but only now and then, since all
/// of the part is looked at. A part is small, so that neither this nor its growth is a pause that anybody
/// notices.
pub(super) struct Expiring<V> {
    parts: Box<[Mutex<Part<V>>]>,
    chooser: RandomState,
    held: AtomicUsize,
}

struct Part<V> {
    entries: HashMap<Key, (V, Moment)>,
    swept: Moment,
}

/// What becomes of an entry.
pub(super) enum Change<V> {
    Keep,
    Remove,
    /// It has this value until then.
    Set(V, Moment),
}

impl<V: Copy> Expiring<V> {
    pub(super) fn new() -> Self {
        /// With a million entries in all of them the tables are four fifths full, the most before they grow.
        const PARTS: usize = 300;
        let part = || Mutex::new(Part { entries: HashMap::new(), swept: 0 });
        Self {
            parts: (0..PARTS).map(|_| part()).collect(),
            chooser: RandomState::new(),
            held: AtomicUsize::new(0),
        }
    }

    /// How many entries there are, those included that have expired and are still there.
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Shows an entry's value and does to it what is said then, as one step.
    pub(super) fn update<T>(
        &self,
        key: Key,
        now: Moment,
        decide: impl FnOnce(Option<V>) -> (T, Change<V>),
    ) -> T {
        const OFTEN: Moment = Duration::from_secs(10).as_nanos() as Moment;
        let mut part = self.part(&key);
        if now >= part.swept.saturating_add(OFTEN) {
            self.sweep(&mut part, now);
        }
        let known = part.entries.get(&key).filter(|(_, expires)| now < *expires);
        let (answer, change) = decide(known.map(|&(value, _)| value));
        match change {
            Change::Keep => {}
            Change::Remove => self.count_less(usize::from(part.entries.remove(&key).is_some())),
            Change::Set(value, expires) => {
                if part.entries.insert(key, (value, expires)).is_none() {
                    self.held.fetch_add(1, Ordering::Relaxed);
                    metrics::more_held(1);
                }
            }
        }
        answer
    }

    /// Takes out all that has expired.
    pub(super) fn sweep_all(&self, now: Moment) {
        for part in &self.parts {
            self.sweep(&mut locked(part), now);
        }
    }

    fn sweep(&self, part: &mut Part<V>, now: Moment) {
        let is_left = |(_, expires): &(V, Moment)| now < *expires;
        let before = part.entries.len();
        let left = part.entries.values().filter(|&entry| is_left(entry)).count();
        if left < before {
            // What `retain` takes out of a table that is nearly full leaves a mark there, which takes up the
            // room of an entry: filled again, the table would grow to twice its size.
            let hasher = part.entries.hasher().clone();
            let mut entries = HashMap::with_capacity_and_hasher(before, hasher);
            entries.extend(part.entries.drain().filter(|(_, entry)| is_left(entry)));
            part.entries = entries;
        }
        part.swept = now;
        self.count_less(before - left);
    }

    fn count_less(&self, entries: usize) {
        self.held.fetch_sub(entries, Ordering::Relaxed);
        metrics::less_held(entries);
    }

    fn part(&self, key: &Key) -> MutexGuard<'_, Part<V>> {
        let index = self.chooser.hash_one(key) as usize % self.parts.len();
        locked(&self.parts[index])
    }
}

/// What is dropped is held no longer.
impl<V> Drop for Expiring<V> {
    fn drop(&mut self) {
        metrics::less_held(*self.held.get_mut());
    }
}

fn locked<T>(part: &Mutex<T>) -> MutexGuard<'_, T> {
    // No step leaves a part half changed, whatever panics.
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_expires_is_gone_from_that_moment_on() {
        let map = Expiring::new();
        map.update([1; 16], 0, |_| ((), Change::Set('a', 10)));
        let known = |now| map.update([1; 16], now, |known| (known, Change::Keep));
        assert_eq!((known(9), known(10)), (Some('a'), None));
        map.sweep_all(9);
        assert_eq!(map.held(), 1);
        map.sweep_all(10);
        assert_eq!(map.held(), 0);
    }

    #[test]
    fn a_table_that_is_filled_again_and_again_does_not_grow() {
        const SECOND: Moment = 1_000_000_000;
        let map = Expiring::new();
        let fill = |wave: u64| {
            for number in 0..240_000 {
                let mut key = [0; 16];
                key[..8].copy_from_slice(&(wave * 1_000_000 + number).to_be_bytes());
                let now = wave * 200 * SECOND + number * 60 * SECOND / 240_000;
                map.update(key, now, |_| ((), Change::Set([0_u64; 2], now + 120 * SECOND)));
            }
        };
        let buckets =
            || map.parts.iter().map(|part| locked(part).entries.capacity()).sum::<usize>();
        fill(0);
        let first = buckets();
        for wave in 1..4 {
            fill(wave);
        }
        assert!(buckets() <= first * 11 / 10, "{} of {first}", buckets());
    }
}
