use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use thiserror::Error;
use tokio::time::Instant;

/// How long a gift counts toward the limit.
const WINDOW: Duration = Duration::from_secs(60);

/// How long a gift is remembered. A captured question verifies again while it is fresh, up to ten
/// minutes with ZEGO. During that time it must count as the same gift.
const KNOWN_FOR: Duration = Duration::from_secs(11 * 60);

/// The maximum number of remembered gifts. Without a maximum, anyone who observes a signature could
/// attach any number of gifts to it and fill the memory.
const MOST: usize = 100_000;

/// A limit of gifts per minute in each room.
#[derive(Debug)]
pub(crate) struct GiftLimit {
    per_minute: usize,
    gifts: Mutex<Gifts>,
}

#[derive(Debug, Default)]
struct Gifts {
    /// By room and gift id.
    rooms: HashMap<String, HashMap<String, Gift>>,
    /// The number of gifts in all rooms.
    known: usize,
}

#[derive(Debug)]
struct Gift {
    first_seen: Instant,
    is_allowed: bool,
}

/// The error for a new gift while the maximum number of gifts is remembered. The failure policy
/// then decides.
#[derive(Debug, Error)]
#[error("too many gifts at once")]
pub(crate) struct TooManyGifts;

impl GiftLimit {
    pub(crate) fn new(per_minute: usize) -> Self {
        Self { per_minute, gifts: Mutex::default() }
    }

    /// Decides on a gift. A remembered id gets the same decision and does not count again.
    pub(crate) fn allows(&self, room: &str, id: &str) -> Result<bool, TooManyGifts> {
        let now = Instant::now();
        let mut gifts = self.gifts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gift) = gifts.rooms.get(room).and_then(|gifts| gifts.get(id)) {
            return Ok(gift.is_allowed);
        }
        if gifts.known >= MOST {
            gifts.forget(now);
        }
        if gifts.known >= MOST {
            return Err(TooManyGifts);
        }
        let of_room = gifts.rooms.entry(room.to_owned()).or_default();
        let counts = |gift: &&Gift| gift.is_allowed && now.duration_since(gift.first_seen) < WINDOW;
        let is_allowed = of_room.values().filter(counts).count() < self.per_minute;
        of_room.insert(id.to_owned(), Gift { first_seen: now, is_allowed });
        gifts.known += 1;
        Ok(is_allowed)
    }
}

impl Gifts {
    fn forget(&mut self, now: Instant) {
        self.rooms.retain(|_, gifts| {
            gifts.retain(|_, gift| now.duration_since(gift.first_seen) < KNOWN_FOR);
            !gifts.is_empty()
        });
        self.known = self.rooms.values().map(HashMap::len).sum();
    }
}
