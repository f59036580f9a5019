use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use thiserror::Error;
use tokio::time::Instant;

/// For how long a gift counts.
const WINDOW: Duration = Duration::from_secs(60);

/// For how long a gift is known. A captured question verifies again for as long as it is fresh, which with ZEGO can be
/// ten minutes: then it must still be the same gift.
const KNOWN_FOR: Duration = Duration::from_secs(11 * 60);

/// How many gifts are known at most. Anyone who observes a signature can attach a gift of their own to it, so without a
/// bound they could fill the memory.
const MOST: usize = 100_000;

/// A limit of gifts per minute in each room.
#[derive(Debug)]
pub(crate) struct GiftLimit {
    per_minute: usize,
    gifts: Mutex<Gifts>,
}

#[derive(Debug, Default)]
struct Gifts {
    /// By room and by the gift's id.
    rooms: HashMap<String, HashMap<String, Gift>>,
    /// How many there are in all rooms.
    known: usize,
}

#[derive(Debug)]
struct Gift {
    first_seen: Instant,
    is_allowed: bool,
}

/// More gifts are known than there is room for. The failure policy decides then.
#[derive(Debug, Error)]
#[error("too many gifts at once")]
pub(crate) struct TooManyGifts;

impl GiftLimit {
    pub(crate) fn new(per_minute: usize) -> Self {
        Self { per_minute, gifts: Mutex::default() }
    }

    /// Decides on a gift. One whose id was seen before gets the same decision again, and does not count twice.
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
