use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{Duration, SystemTime},
};

/// Offset to the database's clock, the only clock that all processes share.
///
/// The offset is zero except in tests, which stop and move the clock. A stopped clock is exact only
/// if the clocks of the database and of this machine agree.
#[derive(Debug)]
pub(crate) struct Clock {
    offset: AtomicI64,
    /// The time at which the clock was stopped, or [`RUNNING`].
    stopped_at: AtomicI64,
}

const RUNNING: i64 = i64::MIN;

impl Clock {
    pub(crate) fn new() -> Self {
        Self { offset: AtomicI64::new(0), stopped_at: AtomicI64::new(RUNNING) }
    }

    /// Milliseconds to add to the database's clock.
    pub(crate) fn offset(&self) -> i64 {
        let offset = self.offset.load(Relaxed);
        match self.stopped_at.load(Relaxed) {
            RUNNING => offset,
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

/// 1,000 years. Longer spans and later times are cut to this, so that no sum overflows.
const MAX_MILLIS: i64 = 1000 * 365 * 24 * 60 * 60 * 1000;

/// Converts a span to milliseconds, rounded up.
pub(crate) fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_nanos().div_ceil(1_000_000))
        .map_or(MAX_MILLIS, |span| span.min(MAX_MILLIS))
}

/// Converts milliseconds to a span. Negative spans become zero.
pub(crate) fn span(millis: i64) -> Duration {
    Duration::from_millis(millis.try_into().unwrap_or_default())
}

/// Converts a time to milliseconds since the Unix epoch.
pub(crate) fn to_millis(time: SystemTime) -> i64 {
    let millis = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_millis()),
        Err(before) => i128::try_from(before.duration().as_millis()).map(|before| -before),
    };
    let max = i128::from(MAX_MILLIS);
    millis.map_or(MAX_MILLIS, |millis| i64::try_from(millis.clamp(-max, max)).unwrap_or(MAX_MILLIS))
}

/// Converts milliseconds since the Unix epoch to a time, or to the epoch if the operating system
/// cannot represent the time.
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
    fn spans_are_rounded_up_and_never_overflow() {
        assert_eq!(millis(Duration::ZERO), 0);
        assert_eq!(millis(Duration::from_nanos(1)), 1);
        assert_eq!(millis(Duration::from_millis(7)), 7);
        assert_eq!(span(millis(Duration::from_secs(30))), Duration::from_secs(30));
        assert!(to_millis(SystemTime::now()).checked_add(millis(Duration::MAX)).is_some());
    }

    #[test]
    fn times_before_1970_survive_a_round_trip() {
        for millis in [-1, 0, 1, -86_400_000, 1_757_500_000_123] {
            assert_eq!(to_millis(from_millis(millis)), millis);
        }
    }
}
