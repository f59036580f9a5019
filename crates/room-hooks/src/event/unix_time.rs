use std::time::{Duration, SystemTime};

/// The least number that counts as a Unix time in milliseconds; a smaller one is in seconds.
/// Vendors mix the two units. In seconds, this number is a time three thousand years from now.
pub(crate) const LEAST_MILLIS: u64 = 100_000_000_000;

/// A Unix time in seconds, if this platform's clock can represent it.
pub(crate) fn at_seconds(seconds: u64) -> Option<SystemTime> {
    at_unix(Duration::from_secs(seconds))
}

/// A Unix time in milliseconds, if this platform's clock can represent it.
pub(crate) fn at_millis(millis: u64) -> Option<SystemTime> {
    at_unix(Duration::from_millis(millis))
}

/// A Unix time, if this platform's clock can represent it.
pub(crate) fn at_unix(since_epoch: Duration) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(since_epoch)
}

/// A time in Unix milliseconds, unless it is before 1970.
pub(crate) fn millis(at: SystemTime) -> Option<u64> {
    at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_millis().try_into().ok()
}
