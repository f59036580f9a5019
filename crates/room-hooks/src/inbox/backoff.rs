use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// How long a worker waits after a failed attempt: exponentially longer with each failure, up to a
/// limit.
///
/// The default is 1 s, doubled with each failure, up to 1 h. Each wait is shortened by up to half,
/// at random, so that events that failed together are not retried together.
///
/// ```
/// use std::time::Duration;
/// use room_hooks::inbox::Backoff;
///
/// let backoff = Backoff::new(Duration::from_secs(5), Duration::from_secs(600)).with_factor(3.0);
/// assert!(backoff.after(1) <= Duration::from_secs(5));
/// assert!(backoff.after(100) >= Duration::from_secs(300));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct Backoff {
    first: Duration,
    max: Duration,
    factor: f64,
    is_exact: bool,
}

impl Backoff {
    /// Creates a back-off from the first and the longest wait, each at most a day.
    pub fn new(first: Duration, max: Duration) -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self { first: first.min(DAY), max: max.min(DAY), factor: 2.0, is_exact: false }
    }

    /// Sets the factor by which the wait grows with each failure; 2 by default, from 1 to 100.
    pub fn with_factor(self, factor: f64) -> Self {
        Self { factor: if factor.is_nan() { 2.0 } else { factor.clamp(1.0, 100.0) }, ..self }
    }

    /// Makes each wait exact, without the random reduction.
    pub fn without_jitter(self) -> Self {
        Self { is_exact: true, ..self }
    }

    /// The wait after this many failures, counted from 1.
    #[must_use]
    pub fn after(&self, failures: u32) -> Duration {
        if self.first.is_zero() {
            return Duration::ZERO;
        }
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        // An infinite result becomes the longest wait.
        let seconds = self.first.as_secs_f64() * self.factor.powi(exponent);
        let seconds = seconds.min(self.max.as_secs_f64());
        let share = if self.is_exact { 1.0 } else { 1.0 - random_fraction() / 2.0 };
        Duration::from_secs_f64(seconds * share)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(60 * 60))
    }
}

/// A random number from 0 to 1, not for secrets.
fn random_fraction() -> f64 {
    f64::from(random() as u32) / f64::from(u32::MAX)
}

/// A random number, not for secrets: each `RandomState` has different keys.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff::default().without_jitter();
        let waits = [1, 2, 3, 4, 12, 13, 1000, u32::MAX].map(|n| backoff.after(n).as_secs());
        assert_eq!(waits, [1, 2, 4, 8, 2048, 3600, 3600, 3600]);
        assert_eq!(backoff.after(0), SECOND);
        assert_eq!(Backoff::new(Duration::ZERO, SECOND).after(u32::MAX), Duration::ZERO);
        let nan = Backoff::new(SECOND, SECOND * 100).without_jitter().with_factor(f64::NAN);
        assert_eq!(nan.after(3), SECOND * 4);
    }

    #[test]
    fn jitter_shortens_a_wait_by_up_to_half() {
        let backoff = Backoff::new(SECOND, SECOND * 8);
        let waits: Vec<_> = (0..200).map(|_| backoff.after(1)).collect();
        assert!(waits.iter().all(|wait| (SECOND / 2..=SECOND).contains(wait)), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait < SECOND * 6 / 10));
        assert!(waits.iter().any(|wait| *wait > SECOND * 9 / 10));
    }
}
