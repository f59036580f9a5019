use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use tokio::time::Instant;

/// The time for checking the freshness of each app's deliveries.
///
/// It is the time of the local clock or, if later, the signed time of the app's newest verified
/// delivery plus the time elapsed since. So if the local clock is set back, a delivery that was
/// handled and forgotten does not become fresh again. A local clock that was ahead has no lasting
/// effect: a mark moves only to a time that a sender signed and that was fresh.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock(Arc<Mutex<Marks>>);

/// The marks of the most recently verified apps: of at least [`GENERATION`](Self::GENERATION) apps,
/// and of at most twice as many, however many a lookup finds. An app whose mark is forgotten is
/// treated as when the process started.
///
/// A mark moves to the recent generation when its app is verified. A full recent generation
/// replaces the older one, so that no delivery has to search for the oldest mark.
#[derive(Debug, Default)]
struct Marks {
    recent: HashMap<u64, Mark>,
    older: HashMap<u64, Mark>,
}

/// A signed time, and when it was noted.
#[derive(Debug, Clone, Copy)]
struct Mark {
    time: SystemTime,
    noted: Instant,
}

impl Clock {
    /// The time for an app, given the local clock's time.
    pub(super) fn now(&self, app_id: u64, local: SystemTime) -> SystemTime {
        let marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        marks.get(app_id).map_or(local, |mark| mark.at(Instant::now()).max(local))
    }

    /// Notes the signed time of a delivery that was fresh at [`now`](Self::now). A sender whose
    /// clock is ahead does not move the time past `now`.
    pub(super) fn note(&self, app_id: u64, signed: SystemTime, local: SystemTime) {
        let time = signed.min(self.now(app_id, local));
        let noted = Instant::now();
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = marks.get(app_id).filter(|mark| time <= mark.at(noted));
        marks.set(app_id, known.unwrap_or(Mark { time, noted }));
    }
}

impl Marks {
    /// The number of apps in a generation, which takes about 5 MiB of memory.
    const GENERATION: usize = 65_536;

    fn get(&self, app_id: u64) -> Option<Mark> {
        self.recent.get(&app_id).or_else(|| self.older.get(&app_id)).copied()
    }

    fn set(&mut self, app_id: u64, mark: Mark) {
        if self.recent.len() >= Self::GENERATION && !self.recent.contains_key(&app_id) {
            self.older = mem::take(&mut self.recent);
        }
        self.recent.insert(app_id, mark);
    }
}

impl Mark {
    fn at(self, now: Instant) -> SystemTime {
        // The time stops at the last moment that this platform can express.
        self.time.checked_add(now.duration_since(self.noted)).unwrap_or(self.time)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn begin() -> SystemTime {
        SystemTime::UNIX_EPOCH + 1_700_000_000 * SECOND
    }

    #[tokio::test(start_paused = true)]
    async fn time_is_never_behind_what_was_signed_and_the_time_elapsed_since() {
        let (clock, begin) = (Clock::default(), begin());
        clock.note(1, begin, begin);
        sleep(10 * SECOND).await;
        assert_eq!(clock.now(1, begin - 3600 * SECOND), begin + 10 * SECOND);
        assert_eq!(clock.now(1, begin + 20 * SECOND), begin + 20 * SECOND);
        // An older signed time does not set the time back.
        for signed in [begin, begin + 5 * SECOND] {
            clock.note(1, signed, begin - 3600 * SECOND);
        }
        assert_eq!(clock.now(1, begin), begin + 10 * SECOND);
        assert_eq!(clock.now(2, begin), begin, "each app has its own");
    }

    #[tokio::test(start_paused = true)]
    async fn clock_skew_of_the_sender_or_of_this_machine_moves_no_mark_ahead() {
        let (clock, begin) = (Clock::default(), begin());
        // The sender is ahead, and the local clock is right.
        clock.note(1, begin + 60 * SECOND, begin);
        assert_eq!(clock.now(1, begin), begin);
        // The local clock is ahead, and the sender is right.
        clock.note(1, begin, begin + 60 * SECOND);
        assert_eq!(clock.now(1, begin), begin);
    }

    /// A lookup can find any number of apps, and each has a mark.
    #[tokio::test(start_paused = true)]
    async fn only_the_marks_of_the_apps_verified_last_are_kept_against_clock_skew() {
        const KEPT: u64 = Marks::GENERATION as u64;
        let (clock, begin) = (Clock::default(), begin());
        let note = |app_id| clock.note(app_id, begin, begin);
        let set_back = begin - 3600 * SECOND;
        let is_marked = |app_id| clock.now(app_id, set_back) > set_back;
        (0..KEPT).for_each(note);
        assert!((0..KEPT).all(is_marked));
        // Apps that are verified again keep their marks for another generation.
        (0..9).for_each(note);
        (KEPT..2 * KEPT - 9).for_each(note);
        assert!((0..9).chain(KEPT..2 * KEPT - 9).all(is_marked));
        // An older delivery keeps a mark as well.
        (0..9).for_each(|app_id| clock.note(app_id, begin - SECOND, begin));
        assert!((0..9).all(|app_id| clock.now(app_id, set_back) == begin));
        (2 * KEPT..3 * KEPT - 9).for_each(note);
        assert!((0..9).chain(2 * KEPT..3 * KEPT - 9).all(is_marked));
        let marked = (0..3 * KEPT).filter(|app_id| is_marked(*app_id)).count() as u64;
        assert!((KEPT..=2 * KEPT).contains(&marked), "{marked}");
        assert!(!is_marked(9), "least recently verified");
    }
}
