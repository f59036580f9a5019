//! Indented JSON, with some of its members marked.

use std::{collections::HashSet, mem};

use maud::{Markup, html};
use serde_json::Value;

/// The maximum size shown. Indentation multiplies the size of nested JSON, and the sender decides
/// how deeply it is nested.
const MAX_BYTES: usize = 256 * 1024;

/// Renders a value, with the members at the `marked` paths, such as `EventInfo.Mood`, marked.
pub(super) fn show(value: &Value, marked: &HashSet<String>) -> Markup {
    let mut printer = Printer { marked, parts: Vec::new(), is_marked: false, bytes: 0 };
    printer.value(value, "", 0);
    html! {
        @for (is_marked, text) in &printer.parts {
            @if *is_marked { mark { (text) } } @else { (text) }
        }
        @if printer.is_full() { "\n… and more" }
    }
}

struct Printer<'a> {
    marked: &'a HashSet<String>,
    /// Pieces of text, and whether each is marked.
    parts: Vec<(bool, String)>,
    /// Whether the next piece is marked.
    is_marked: bool,
    bytes: usize,
}

impl Printer<'_> {
    fn is_full(&self) -> bool {
        self.bytes > MAX_BYTES
    }

    fn text(&mut self, text: &str) {
        self.bytes += text.len();
        match self.parts.last_mut() {
            Some((is_marked, part)) if *is_marked == self.is_marked => part.push_str(text),
            _ => self.parts.push((self.is_marked, text.to_owned())),
        }
    }

    /// Prints the value at a path. The recursion is bounded: `serde_json` reads at most 128 levels.
    fn value(&mut self, value: &Value, path: &str, level: usize) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                let members = members.iter().map(|(name, value)| (Some(name.as_str()), value));
                self.members(["{", "}"], members, path, level);
            }
            Value::Array(values) if !values.is_empty() => {
                self.members(["[", "]"], values.iter().map(|value| (None, value)), path, level);
            }
            value => self.text(&value.to_string()),
        }
    }

    fn members<'v>(
        &mut self,
        [open, close]: [&str; 2],
        members: impl Iterator<Item = (Option<&'v str>, &'v Value)>,
        path: &str,
        level: usize,
    ) {
        self.text(open);
        for (nth, (name, value)) in members.enumerate() {
            if self.is_full() {
                return;
            }
            if nth > 0 {
                self.text(",");
            }
            self.text(&format!("\n{}", "  ".repeat(level + 1)));
            let below = name.map_or_else(|| nth.to_string(), str::to_owned);
            let below = if path.is_empty() { below } else { format!("{path}.{below}") };
            let is_marked = self.is_marked || self.marked.contains(&below);
            let outside = mem::replace(&mut self.is_marked, is_marked);
            if let Some(name) = name {
                self.text(&format!("{}: ", Value::from(name)));
            }
            self.value(value, &below, level + 1);
            self.is_marked = outside;
        }
        self.text(&format!("\n{}{close}", "  ".repeat(level)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_indented_and_its_unknown_members_are_marked() {
        let value = json!({"a": [1, {"b": "<i>"}], "c": {}, "d": {"e": [2]}});
        let marked = ["a.1.b", "d"].map(str::to_owned).into();
        let shown = show(&value, &marked).into_string();
        let expected = "{\n  &quot;a&quot;: [\n    1,\n    {\n      <mark>&quot;b&quot;: &quot;&lt;i&gt;&quot;</mark>\n    }\n  ],\n  &quot;c&quot;: {},\n  <mark>&quot;d&quot;: {\n    &quot;e&quot;: [\n      2\n    ]\n  }</mark>\n}";
        assert_eq!(shown, expected);
    }

    #[test]
    fn indentation_of_deep_json_is_bounded() {
        let deep = format!("{}{}1{}", "[".repeat(100), "1,".repeat(100_000), "]".repeat(100));
        let shown = show(&serde_json::from_str(&deep).unwrap(), &HashSet::new()).into_string();
        assert!(shown.len() < 2 * MAX_BYTES && shown.ends_with("… and more"), "{}", shown.len());
    }
}
