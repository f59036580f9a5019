//! Filters for events.

use room_hooks::inbox::{EventRecord, EventState, InboxError, InboxStore};

/// Whether a room, such as `zego/1234567890/"lobby"` or `trtc/1400000000/7`, has this name or id.
#[must_use]
pub fn is_room(name: &str, wanted: &str) -> bool {
    let id = name.splitn(3, '/').nth(2);
    name == wanted || id == Some(wanted) || id == serde_json::to_string(wanted).ok().as_deref()
}

/// Whether a kind, such as `zego/room_create`, is the wanted one, with or without its provider.
#[must_use]
pub fn is_kind(kind: &str, wanted: &str) -> bool {
    kind == wanted || kind.split_once('/').is_some_and(|(_, kind)| kind == wanted)
}

/// Whether an event's error contains a text, ignoring case.
#[must_use]
pub fn is_error(record: &EventRecord, text: &str) -> bool {
    let error = record.error.as_deref().unwrap_or_default();
    error.to_lowercase().contains(&text.to_lowercase())
}

/// The number of events read at once.
const AT_ONCE: usize = 1_000;

/// Pages of the events in a state, after a sequence.
#[derive(Debug)]
pub struct Pages<'a> {
    inbox: &'a dyn InboxStore,
    state: Option<EventState>,
    after: i64,
    is_last: bool,
}

impl<'a> Pages<'a> {
    /// Starts after a sequence, with the events in a state or, if it is `None`, in all states.
    #[must_use]
    pub fn new(inbox: &'a dyn InboxStore, state: Option<EventState>, after: i64) -> Self {
        Self { inbox, state, after, is_last: false }
    }

    /// Returns the next page, or `None` after the last one.
    ///
    /// # Errors
    ///
    /// Returns an error if the inbox fails.
    pub async fn next(&mut self) -> Result<Option<Vec<EventRecord>>, InboxError> {
        if self.is_last {
            return Ok(None);
        }
        let page = self.inbox.list(self.state, self.after, AT_ONCE).await?;
        self.is_last = page.len() < AT_ONCE;
        self.after = page.last().map_or(self.after, |last| last.sequence);
        Ok(Some(page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_named_by_its_id_or_its_whole_name() {
        assert!(is_room(r#"zego/1/"lobby""#, "lobby"));
        assert!(is_room(r#"zego/1/"lobby""#, r#"zego/1/"lobby""#));
        assert!(is_room(r#"zego/1/"a/7""#, "a/7"));
        assert!(is_room("trtc/1/7", "7") && is_room(r#"trtc/1/"7""#, "7"));
        assert!(is_room("zego/1/\"lob\\u0000by\"", "lob\0by"));
        for (name, wanted) in [
            (r#"zego/1/"a/7""#, "7"),
            (r#"zego/1/"lobby""#, "lob"),
            (r#"zego/1/"lobby""#, ""),
            ("trtc/1/17", "7"),
            ("trtc/1/7", "1/7"),
        ] {
            assert!(!is_room(name, wanted), "{name} {wanted}");
        }
    }
}
