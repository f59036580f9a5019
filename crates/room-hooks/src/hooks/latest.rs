use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

/// The latest time that the clock has shown.
///
/// A clock that jumps back would make a stale signature fresh again after the store has forgotten what
/// came with it. So time does not run backwards here: it stands until the clock has caught up.
#[derive(Debug, Clone, Default)]
pub(super) struct Latest(Arc<Mutex<Option<Mark>>>);

#[derive(Debug, Clone, Copy)]
struct Mark {
    time: SystemTime,
    /// When the clock showed it; nothing while it stands.
    shown: Option<Instant>,
}

impl Latest {
    pub(super) fn no_earlier(&self, now: SystemTime) -> SystemTime {
        /// What a clock is corrected by in passing.
        const JITTER: Duration = Duration::from_secs(2);
        let instant = Instant::now();
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = latest.unwrap_or(Mark { time: now, shown: Some(instant) });
        let expected = mark.time + mark.elapsed(instant);
        let stands = now + mark.shown.map_or(Duration::ZERO, |_| JITTER) < expected;
        if stands && mark.shown.is_some() {
            tracing::warn!("the clock has jumped back: time stands until it has caught up");
        }
        *latest = Some(if stands {
            Mark { time: expected, shown: None }
        } else {
            Mark { time: now, shown: Some(instant) }
        });
        if stands { expected } else { now }
    }
}

impl Mark {
    fn elapsed(self, now: Instant) -> Duration {
        self.shown.map_or(Duration::ZERO, |shown| now.duration_since(shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_corrected_by_two_seconds_has_not_jumped() {
        let latest = Latest::default();
        let begin = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let corrected = begin - Duration::from_secs(2);
        for (now, time) in [
            (begin, begin),
            (corrected, corrected),
            (corrected - Duration::from_millis(2001), corrected),
        ] {
            assert_eq!(latest.no_earlier(now), time);
        }
    }
}
