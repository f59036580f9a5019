//! The dates of access logs, of HTTP responses and of HAR files.

use std::time::{Duration, SystemTime};

/// Reads a date of an access log, such as `10/Sep/2025:10:26:40 +0000`.
pub(super) fn of_access_log(text: &str) -> Option<SystemTime> {
    let (date, offset) = text.split_once(' ')?;
    let (day, rest) = date.split_once('/')?;
    let (month, rest) = rest.split_once('/')?;
    let (year, time) = rest.split_once(':')?;
    at_offset(&format!("{year}-{}-{day}T{time}Z", month_number(month)?), offset)
}

/// Reads the `Date` of a response, such as `Wed, 10 Sep 2025 10:26:40 GMT`.
pub(super) fn of_http(text: &str) -> Option<SystemTime> {
    let mut words = text.split_once(", ")?.1.split(' ');
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (time, "GMT") = (words.next()?, words.next()?) else { return None };
    at_offset(&format!("{year}-{}-{day}T{time}Z", month_number(month)?), "+00:00")
}

/// Reads a date of a HAR file, such as `2025-09-10T12:26:40.123+02:00`, or the same with a `Z`.
pub(super) fn of_har(text: &str) -> Option<SystemTime> {
    let zone = text.rfind(['Z', '+', '-']).filter(|zone| *zone >= "2025-09-10T12:26".len())?;
    let (time, offset) = text.split_at(zone);
    at_offset(&format!("{time}Z"), if offset == "Z" { "+00:00" } else { offset })
}

/// Converts a local time to UTC by its offset: `+0200` or `+02:00`.
fn at_offset(local: &str, offset: &str) -> Option<SystemTime> {
    let local = humantime::parse_rfc3339(local).ok()?;
    let digits = offset.get(1..)?.replace(':', "");
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (u64, u64) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
    let ahead = Duration::from_secs((hours * 60 + minutes) * 60);
    match offset.as_bytes()[0] {
        b'+' => local.checked_sub(ahead),
        b'-' => local.checked_add(ahead),
        _ => None,
    }
}

fn month_number(name: &str) -> Option<String> {
    const NAMES: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = NAMES.iter().position(|month| *month == name)?;
    Some(format!("{:02}", at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_with_their_time_zone() {
        let expected = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_757_500_000));
        for text in ["10/Sep/2025:10:26:40 +0000", "10/Sep/2025:16:11:40 +0545"] {
            assert_eq!(of_access_log(text), expected, "{text}");
        }
        assert_eq!(of_access_log("10/Sep/2025:05:26:40 -0500"), expected);
        assert_eq!(of_http("Wed, 10 Sep 2025 10:26:40 GMT"), expected);
        for text in [
            "2025-09-10T10:26:40Z",
            "2025-09-10T10:26:40.000Z",
            "2025-09-10T12:26:40.000+02:00",
            "2025-09-10T05:26:40-05:00",
        ] {
            assert_eq!(of_har(text), expected, "{text}");
        }
        for text in ["", "-", "10/Sep", "10/Foo/2025:10:26:40 +0000", "10/Sep/2025:10:26:40 é000"]
        {
            assert_eq!((of_access_log(text), of_http(text), of_har(text)), (None, None, None));
        }
        assert_eq!(of_har("2025-09-10T10:26:40"), None);
    }
}
