use std::time::{Duration, SystemTime};

use crate::{ConfigError, Refusal};

/// How far a delivery's signed time may differ from now, in either direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Freshness(pub(crate) Duration);

impl Freshness {
    /// The maximum tolerance. Deliveries are remembered for twice this time, which the clocks of
    /// stores can express.
    const MAX: Duration = Duration::from_secs(40 * 365 * 24 * 60 * 60);

    pub(crate) fn new(tolerance: Duration, min: Duration) -> Result<Self, ConfigError> {
        if tolerance < min {
            return Err(ConfigError::ToleranceTooNarrow { min });
        }
        if tolerance > Self::MAX {
            return Err(ConfigError::ToleranceTooWide { max: Self::MAX });
        }
        Ok(Self(tolerance))
    }

    pub(crate) fn check(self, sent_at: SystemTime, now: SystemTime) -> Result<(), Refusal> {
        match now.duration_since(sent_at) {
            Ok(age) if age > self.0 => Err(Refusal::Stale { age }),
            Err(error) if error.duration() > self.0 => {
                Err(Refusal::TimestampInFuture { ahead: error.duration() })
            }
            _ => Ok(()),
        }
    }
}

/// Parses a number in its canonical form: ASCII digits without a leading zero.
///
/// A signature covers the text, so another spelling of the same number would have another valid
/// signature.
pub(crate) fn canonical(digits: &str) -> Option<u64> {
    let canonical = digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    if canonical { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_fresh_up_to_the_tolerance_both_ways() {
        let freshness = Freshness(Duration::from_secs(60));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let (edge, beyond) = (Duration::from_secs(60), Duration::from_millis(60_001));
        assert_eq!(freshness.check(now - edge, now), Ok(()));
        assert_eq!(freshness.check(now + edge, now), Ok(()));
        assert_eq!(freshness.check(now - beyond, now), Err(Refusal::Stale { age: beyond }));
        assert_eq!(
            freshness.check(now + beyond, now),
            Err(Refusal::TimestampInFuture { ahead: beyond })
        );
    }

    #[test]
    fn an_unusable_tolerance_is_refused() {
        let min = Duration::from_secs(1);
        for tolerance in [min, Freshness::MAX] {
            assert!(Freshness::new(tolerance, min).is_ok(), "{tolerance:?}");
        }
        for (tolerance, error) in [
            (Duration::ZERO, ConfigError::ToleranceTooNarrow { min }),
            (Duration::from_millis(999), ConfigError::ToleranceTooNarrow { min }),
            (Duration::MAX, ConfigError::ToleranceTooWide { max: Freshness::MAX }),
        ] {
            assert_eq!(Freshness::new(tolerance, min).err(), Some(error));
        }
    }

    #[test]
    fn a_number_has_one_canonical_form() {
        for (text, number) in [("0", 0), ("7", 7), ("18446744073709551615", u64::MAX)] {
            assert_eq!(canonical(text), Some(number));
        }
        for text in [
            "",
            " 7",
            "7 ",
            "+7",
            "-7",
            "07",
            "00",
            "7.0",
            "7e1",
            "0x7",
            "٧",
            "７",
            "18446744073709551616",
            "111111111111111111111111111111",
        ] {
            assert_eq!(canonical(text), None, "{text:?}");
        }
    }
}
