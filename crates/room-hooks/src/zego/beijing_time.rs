use std::ops::RangeInclusive;

/// Converts a Beijing time such as `2026-01-01 07:59:49.586`, which is eight hours ahead of UTC all
/// year, to Unix milliseconds. The fraction is optional.
pub(super) fn to_unix_millis(text: &str) -> Option<u64> {
    let is_separator = |character: char| !character.is_ascii_digit();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = whole.split(is_separator).map(str::parse::<u64>);
    let mut part =
        |range: RangeInclusive<u64>| parts.next()?.ok().filter(|part| range.contains(part));
    let (year, month, day) = (part(1970..=9999)?, part(1..=12)?, part(1..=31)?);
    let (hour, minute, second) = (part(0..=23)?, part(0..=59)?, part(0..=60)?);
    if parts.next().is_some()
        || fraction.is_empty()
        || !fraction.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let millis: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    // Days since 1970, in years that begin in March, so that a leap day is the last day of its
    // year.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = (365 * year + leap_days + (153 * month + 2) / 5 + day).checked_sub(719_469)?;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds.checked_sub(8 * 60 * 60)? * 1000 + millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beijing_time_is_eight_hours_ahead() {
        for (text, millis) in [
            ("1970-01-01 08:00:00", Some(0)),
            ("1970-01-01 08:00:00.5", Some(500)),
            ("2026-01-01 07:59:49.586", Some(1_767_225_589_586)),
            ("2024-02-29 23:59:59.999999", Some(1_709_222_399_999)),
            ("2024-03-01T00:00:00.0", Some(1_709_222_400_000)),
            ("2000-12-31 00:00:00", Some(978_192_000_000)),
            ("1970-01-01 07:59:59", None),
            ("0000-00-00 00:00:00", None),
            ("2026-13-01 00:00:00", None),
            ("2026-01-01 24:00:00", None),
            ("2026-01-01", None),
            ("2026-01-01 00:00:00.", None),
            ("2026-01-01 00:00:00.é", None),
            ("2026-01-01 00:00:00 +08:00", None),
            ("99999999999999999999-01-01 00:00:00", None),
            ("", None),
        ] {
            assert_eq!(to_unix_millis(text), millis, "{text}");
        }
    }
}
