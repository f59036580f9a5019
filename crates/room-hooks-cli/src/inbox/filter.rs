//! The selection of events.

use std::time::{Duration, SystemTime};

use clap::Args;
use room_hooks::inbox::EventRecord;
use room_hooks_ui::parts::{is_error, is_kind, is_room};

/// Conditions, all of which an event must meet.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct Filter {
    /// Only events of this room, by its id or its full name as `list` prints it
    #[arg(long, value_name = "ROOM")]
    room: Option<String>,
    /// Only events of this kind, such as zego/room_create, or room_create for any provider
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only events whose error contains this text, ignoring case
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,
    /// Only events received longer ago than this, such as 90s, 15m, 2h or 7d
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
    older_than: Option<Duration>,
    /// Only events received within this time
    #[arg(long, value_name = "AGE", value_parser = humantime::parse_duration)]
    newer_than: Option<Duration>,
}

impl Filter {
    /// Whether every event matches.
    pub(super) fn is_empty(&self) -> bool {
        let Self { room, kind, error, older_than, newer_than } = self;
        room.is_none()
            && kind.is_none()
            && error.is_none()
            && older_than.is_none()
            && newer_than.is_none()
    }

    pub(super) fn matches(&self, record: &EventRecord, now: SystemTime) -> bool {
        let age = now.duration_since(record.received_at).unwrap_or_default();
        let is_room = |room: &str| record.room.as_deref().is_some_and(|name| is_room(name, room));
        self.room.as_deref().is_none_or(is_room)
            && self.kind.as_deref().is_none_or(|kind| is_kind(&record.kind, kind))
            && self.error.as_deref().is_none_or(|text| is_error(record, text))
            && self.older_than.is_none_or(|than| age > than)
            && self.newer_than.is_none_or(|than| age <= than)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> EventRecord {
        let received_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let mut record = EventRecord::new(1, "zego/room_create", received_at);
        record.room = Some(r#"zego/1/"a/7""#.into());
        record.error = Some("Connection refused".into());
        record
    }

    #[test]
    fn every_condition_must_match() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_060);
        let text = |text: &str| Some(text.to_owned());
        let minute = Some(Duration::from_secs(60));
        let matching = [
            Filter::default(),
            Filter { room: text("a/7"), kind: text("room_create"), ..Filter::default() },
            Filter { kind: text("zego/room_create"), ..Filter::default() },
            Filter { error: text("connection REFUSED"), ..Filter::default() },
            Filter { newer_than: minute, ..Filter::default() },
            Filter { older_than: Some(Duration::from_secs(59)), ..Filter::default() },
        ];
        for filter in &matching {
            assert!(filter.matches(&record(), now), "{filter:?}");
        }
        let others = [
            Filter { room: text("b"), kind: text("room_create"), ..Filter::default() },
            Filter { kind: text("room"), ..Filter::default() },
            Filter { error: text("timed out"), ..Filter::default() },
            Filter { older_than: minute, ..Filter::default() },
            Filter { newer_than: Some(Duration::from_secs(59)), ..Filter::default() },
        ];
        for filter in &others {
            assert!(!filter.matches(&record(), now), "{filter:?}");
            assert!(!filter.is_empty());
        }
        assert!(Filter::default().is_empty());
    }
}
