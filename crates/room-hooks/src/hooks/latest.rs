use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

/// What a clock is corrected by in passing.
const JITTER: Duration = Duration::from_secs(2);

/// The latest time that the clock has shown.
///
/// A clock that jumps back would make a stale signature fresh again after the store has forgotten what
/// came with it. So time does not run backwards here: it stands until the clock has caught up. Where a
/// delivery has been verified it goes on from when that was signed, or what has been handled would stay
/// fresh for longer than it is remembered.
#[derive(Debug, Clone, Default)]
pub(super) struct Latest(Arc<Mutex<Marks>>);

#[derive(Debug, Default)]
struct Marks {
    clock: Option<Mark>,
    /// By the senders' clock; not ahead of ours while that is right.
    signed: Option<Mark>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    time: SystemTime,
    /// When the clock showed it; nothing while it stands.
    shown: Option<Instant>,
}

impl Latest {
    pub(super) fn no_earlier(&self, now: SystemTime) -> SystemTime {
        let instant = Instant::now();
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = marks.clock.unwrap_or(Mark { time: now, shown: Some(instant) });
        let expected = mark.at(instant);
        let signed = marks.signed.map_or(expected, |signed| signed.at(instant));
        let jumped = later(now, JITTER) < expected;
        let stands = mark.shown.is_none() && (now < expected || later(now, JITTER) < signed);
        if jumped && mark.shown.is_some() {
            tracing::warn!("the clock has jumped back: time stands until it has caught up");
        }
        let (time, shown) = match jumped || stands {
            true => (expected.max(signed), None),
            false => (now, Some(instant)),
        };
        marks.clock = Some(Mark { time, shown });
        marks.signed = marks.signed.map(|_| Mark { time: signed.min(time), shown: Some(instant) });
        time
    }

    /// Notes that a delivery has been verified.
    pub(super) fn signed_at(&self, time: SystemTime) {
        let instant = Instant::now();
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = marks.signed.map_or(time, |signed| signed.at(instant));
        marks.signed = Some(Mark { time: time.max(before), shown: Some(instant) });
    }
}

impl Mark {
    fn at(self, now: Instant) -> SystemTime {
        later(self.time, self.shown.map_or(Duration::ZERO, |shown| now.duration_since(shown)))
    }
}

/// Later than the last time that there is, which a clock can show that is wrong, is none.
fn later(time: SystemTime, span: Duration) -> SystemTime {
    time.checked_add(span).unwrap_or(time)
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
