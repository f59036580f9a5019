use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{Duration, SystemTime},
};

/// The machine's clock, the only one that all processes with the file share. Tests can stop it and
/// move it.
#[derive(Debug)]
pub(crate) struct Clock {
    offset: AtomicI64,
    /// The time at which the clock was stopped, or [`RUNS`].
    stopped_at: AtomicI64,
}

const RUNS: i64 = i64::MIN;

impl Clock {
    pub(crate) fn new() -> Self {
        Self { offset: AtomicI64::new(0), stopped_at: AtomicI64::new(RUNS) }
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn now(&self) -> i64 {
        let now = match self.stopped_at.load(Relaxed) {
            RUNS => to_millis(SystemTime::now()),
            stopped_at => stopped_at,
        };
        now.saturating_add(self.offset.load(Relaxed))
    }

    pub(crate) fn stop(&self) {
        self.stopped_at.store(to_millis(SystemTime::now()), Relaxed);
    }

    pub(crate) fn advance(&self, span: Duration) {
        self.offset.fetch_add(millis(span), Relaxed);
    }

    pub(crate) fn set_back(&self, span: Duration) {
        self.offset.fetch_sub(millis(span), Relaxed);
    }
}

/// The longest span, in milliseconds. Adding it to a time never overflows.
const MOST: i64 = 1000 * 365 * 24 * 60 * 60 * 1000;

/// A span in milliseconds, rounded up.
pub(crate) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_nanos().div_ceil(1_000_000)).map_or(MOST, |span| span.min(MOST))
}

/// The inverse of [`millis`]. A negative number is an empty span.
pub(crate) fn span(millis: i64) -> Duration {
    Duration::from_millis(millis.try_into().unwrap_or_default())
}

pub(crate) fn to_millis(time: SystemTime) -> i64 {
    let millis = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_millis()),
        Err(before) => i128::try_from(before.duration().as_millis()).map(|before| -before),
    };
    let most = i128::from(MOST);
    millis.map_or(MOST, |millis| i64::try_from(millis.clamp(-most, most)).unwrap_or(MOST))
}

/// The inverse of [`to_millis`]. `None` if the operating system cannot represent the time.
pub(crate) fn from_millis(millis: i64) -> Option<SystemTime> {
    let span = Duration::from_millis(millis.unsigned_abs());
    if millis < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(span)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_rounded_up_and_never_overflows() {
        assert_eq!(millis(Duration::ZERO), 0);
        assert_eq!(millis(Duration::from_nanos(1)), 1);
        assert_eq!(millis(Duration::from_millis(7)), 7);
        assert_eq!(span(millis(Duration::from_secs(30))), Duration::from_secs(30));
        assert!(to_millis(SystemTime::now()).checked_add(millis(Duration::MAX)).is_some());
    }

    #[test]
    fn times_before_1970_are_kept() {
        for millis in [-1, 0, 1, -86_400_000, 1_757_500_000_123] {
            assert_eq!(to_millis(from_millis(millis).unwrap()), millis);
        }
    }

    #[test]
    fn a_stopped_clock_moves_by_hand_only() {
        let clock = Clock::new();
        clock.stop();
        let begin = clock.now();
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.now() - begin, 2000);
        clock.set_back(Duration::from_secs(5));
        assert_eq!(clock.now() - begin, -3000);
    }
}
