//! Settings of hooks: the limits of the retention and the lease.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::time::Duration;

use room_hooks::ConfigError;

use here::hooks_here;
use zego_hooks::{counting, created, deliver, now, signed_at, zego};

#[test]
fn a_retention_that_is_too_short_or_too_long_is_refused() {
    let hooks = |tolerance| {
        let tolerance = Duration::from_secs(tolerance);
        hooks_here(zego().with_tolerance(tolerance).unwrap())
    };
    let seconds = Duration::from_secs;
    let too_short = |min| ConfigError::RetentionTooShort { min: seconds(min) };
    for (tolerance, retention, error) in [
        (300, seconds(600), None),
        (300, seconds(599), Some(too_short(600))),
        (300, Duration::ZERO, Some(too_short(600))),
        // Twice a tolerance of ten seconds is shorter than the platforms' retries.
        (10, seconds(119), Some(too_short(120))),
        (10, seconds(120), None),
    ] {
        let refused = hooks(tolerance).with_retention(retention).err();
        assert_eq!(refused, error, "{tolerance} {retention:?}");
    }
    let too_long = hooks(300).with_retention(Duration::MAX).unwrap_err();
    assert!(matches!(too_long, ConfigError::RetentionTooLong { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_zero_lease_still_handles_two_concurrent_duplicates_once() {
    let (hooks, calls) = counting(Duration::from_secs(1));
    let hooks = hooks.with_lease(Duration::ZERO);
    let body = signed_at(&created(), now());
    let (first, second) = tokio::join!(deliver(&hooks, &body), deliver(&hooks, &body));
    assert_eq!((first.status.min(second.status), calls.get()), (200, 1));
    assert_eq!(first.status.max(second.status), 503);
}
