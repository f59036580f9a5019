use std::{fmt, str::FromStr, time::Duration};

/// A positive number: a factor, or a rate per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Speed(f64);

impl Speed {
    pub(crate) const ONE: Self = Self(1.0);

    /// Divides a pause by this number.
    pub(crate) fn shorten(self, pause: Duration) -> Duration {
        Duration::try_from_secs_f64(pause.as_secs_f64() / self.0).unwrap_or(Duration::MAX)
    }
}

impl FromStr for Speed {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(speed) if f64::is_normal(speed) && speed > 0.0 => Ok(Self(speed)),
            _ => Err("not a number above 0"),
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_a_number_above_zero() {
        for text in ["0", "-1", "NaN", "inf", "1e-320", "", "fast"] {
            assert!(text.parse::<Speed>().is_err(), "{text}");
        }
        let shorten = |speed: &str, pause| speed.parse::<Speed>().unwrap().shorten(pause);
        assert_eq!(shorten("4", Duration::from_secs(2)), Duration::from_millis(500));
        assert_eq!(shorten("0.5", Duration::from_secs(2)), Duration::from_secs(4));
        assert_eq!(shorten("1e-300", Duration::MAX), Duration::MAX);
    }
}
