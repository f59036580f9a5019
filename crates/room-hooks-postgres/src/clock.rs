use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{Duration, SystemTime},
};

/// What is added to the database's clock, the only one that all processes share. Nothing, but in tests: they stop the
/// clock, as far as that of this machine agrees with the database's, and move it.
#[derive(Debug)]
pub(crate) struct Clock {
    offset: AtomicI64,
    /// When it was stopped, or [`RUNS`].
    stopped_at: AtomicI64,
}

const RUNS: i64 = i64::MIN;

impl Clock {
    pub(crate) fn new() -> Self {
        Self { offset: AtomicI64::new(0), stopped_at: AtomicI64::new(RUNS) }
    }

    /// Milliseconds.
    pub(crate) fn offset(&self) -> i64 {
        let offset = self.offset.load(Relaxed);
        match self.stopped_at.load(Relaxed) {
            RUNS => offset,
            stopped_at => offset + stopped_at - to_millis(SystemTime::now()),
        }
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

/// The longest span, which can be added to any time.
const MOST: i64 = 1000 * 365 * 24 * 60 * 60 * 1000;

/// A span in whole milliseconds: never shorter than it is.
pub(crate) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_nanos().div_ceil(1_000_000)).map_or(MOST, |span| span.min(MOST))
}

/// The span that [`millis`] has made of one.
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

/// The time that [`to_millis`] has made of one. 1970 if the operating system has no such time.
pub(crate) fn from_millis(millis: i64) -> SystemTime {
    let span = Duration::from_millis(millis.unsigned_abs());
    let time = if millis < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(span)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(span)
    };
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_rounded_up_and_overflows_nothing() {
        assert_eq!(millis(Duration::ZERO), 0);
        assert_eq!(millis(Duration::from_nanos(1)), 1);
        assert_eq!(millis(Duration::from_millis(7)), 7);
        assert_eq!(span(millis(Duration::from_secs(30))), Duration::from_secs(30));
        assert!(to_millis(SystemTime::now()).checked_add(millis(Duration::MAX)).is_some());
    }

    #[test]
    fn times_before_1970_are_kept() {
        for millis in [-1, 0, 1, -86_400_000, 1_757_500_000_123] {
            assert_eq!(to_millis(from_millis(millis)), millis);
        }
    }
}
