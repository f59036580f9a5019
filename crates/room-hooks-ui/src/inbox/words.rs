//! An event's age, times, state and attempts in words.

use std::time::{Duration, SystemTime};

use room_hooks::inbox::{EventRecord, EventState};

/// A duration in its largest whole unit, such as `2h`.
#[must_use]
pub fn rough(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The age of an event.
#[must_use]
pub fn age(record: &EventRecord) -> String {
    rough(SystemTime::now().duration_since(record.received_at).unwrap_or_default())
}

/// A time in UTC. A time outside the years 1970 to 9999, as from a broken clock, becomes the
/// nearest one inside.
#[must_use]
pub fn utc(time: SystemTime) -> String {
    let latest = Duration::from_secs(253_402_300_799);
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().min(latest);
    humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since_epoch).to_string()
}

/// The state, and how long it has lasted or will last.
#[must_use]
pub fn state(record: &EventRecord) -> String {
    let name = record.state.name();
    let ago = record.finished_ago.map(|ago| format!("{name}, for {}", rough(ago)));
    let due_in = record.due_in.unwrap_or_default();
    match record.state {
        EventState::Ready if record.is_suspect => {
            "suspect: its worker crashed or froze, and another will run it alone".into()
        }
        EventState::Ready if due_in > Duration::ZERO => {
            format!("{name}, next attempt in {}", rough(due_in))
        }
        EventState::Leased => format!("{name}, lease ends in {}", rough(due_in)),
        _ => ago.unwrap_or_else(|| name.into()),
    }
}

/// The number of attempts, and their results.
#[must_use]
pub fn attempts(record: &EventRecord) -> String {
    let EventRecord { attempts, failures, crashes, .. } = record;
    format!(
        "{attempts} in all; {failures} failed and {crashes} crashed since it was stored or retried"
    )
}

/// The first characters of a text, followed by `…` if there are more.
#[must_use]
pub fn beginning(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_shown_in_its_largest_unit() {
        let shown = |seconds| rough(Duration::from_secs(seconds));
        assert_eq!([0, 59, 60, 3_599].map(shown), ["0s", "59s", "1m", "59m"]);
        assert_eq!([3_600, 86_399, 86_400, 8_640_000].map(shown), ["1h", "23h", "1d", "100d"]);
    }
}
