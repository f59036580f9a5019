//! A payload in readable form.

use std::io::{self, Write};

use maud::{Markup, html};
use serde::Serialize;
use serde_json::{Value, ser::PrettyFormatter};

/// The maximum size shown. Indentation multiplies the size of nested JSON, and the sender decides
/// how deeply it is nested.
const MAX_BYTES: usize = 256 * 1024;

pub(super) fn show(payload: &[u8], sequence: i64) -> Markup {
    let Ok(Value::Object(mut members)) = serde_json::from_slice(payload) else {
        // A payload in a future format.
        return block(&String::from_utf8_lossy(payload), sequence);
    };
    let request = members.remove("request").unwrap_or_default();
    let document = members.remove("document").map(|document| match document {
        // The document is stored as text, so that every number stays as it arrived. JSON is easier
        // to read.
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        document => document,
    });
    html! {
        @if let Some(document) = document {
            h2 { "Event" }
            (block(&pretty(&document), sequence))
        }
        (selected(request))
        h2 { "Delivery" }
        (block(&pretty(&members), sequence))
    }
}

/// The request data that a receiver selected.
fn selected(request: Value) -> Markup {
    let entries: Vec<(String, String)> = serde_json::from_value(request).unwrap_or_default();
    html! {
        @if !entries.is_empty() {
            h2 { "Request data" }
            p.quiet { "Selected by your receiver. The provider did not sign it." }
            dl { @for (name, value) in &entries { dt { (name) } dd { (value) } } }
        }
    }
}

fn block(text: &str, sequence: i64) -> Markup {
    let end = (0..=MAX_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    let shown = &text[..end.unwrap_or_default()];
    html! {
        pre { (shown) }
        @if shown.len() < text.len() {
            p.quiet { "Cut off here. " code { "room-hooks inbox show " (sequence) } " prints all of it." }
        }
    }
}

/// Formats indented JSON. Stops just past the limit, so that `block` cuts the text.
fn pretty(value: &impl Serialize) -> String {
    let mut limited = Limited(Vec::new());
    let formatter = PrettyFormatter::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut limited, formatter);
    // The only possible error is the limit.
    let _ = value.serialize(&mut serializer);
    String::from_utf8_lossy(&limited.0).into_owned()
}

struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        if self.0.len() > MAX_BYTES {
            Err(io::ErrorKind::WriteZero.into())
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indentation_of_deep_json_is_bounded() {
        let document = format!("{}{}1{}", "[".repeat(100), "1,".repeat(100_000), "]".repeat(100));
        let payload = serde_json::json!({ "document": document }).to_string();
        let shown = show(payload.as_bytes(), 17).into_string();
        assert!(shown.len() < MAX_BYTES + 2_000, "{}", shown.len());
        assert!(shown.contains("room-hooks inbox show 17"));
    }

    #[test]
    fn a_cut_is_between_characters() {
        let shown = show(format!("x{}", "ä".repeat(MAX_BYTES)).as_bytes(), 1).into_string();
        assert!(shown.contains('ä') && shown.contains("Cut off here"));
        assert!(!shown.contains(char::REPLACEMENT_CHARACTER));
    }

    #[test]
    fn a_payload_that_is_not_json_is_shown_as_text() {
        let shown = show(b"<b>\xff", 1).into_string();
        assert!(shown.contains("&lt;b&gt;\u{fffd}"), "{shown}");
    }
}
