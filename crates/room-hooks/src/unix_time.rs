use std::time::{Duration, SystemTime};

/// A Unix time, if this platform's clock can express it.
pub(crate) fn at_unix(since_epoch: Duration) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(since_epoch)
}

/// As [`at_unix`], in milliseconds.
pub(crate) fn at_millis(millis: u64) -> Option<SystemTime> {
    at_unix(Duration::from_millis(millis))
}
