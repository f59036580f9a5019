//! The canonical form of JSON: equal documents have the same canonical form, however they are
//! written.
//!
//! Fields are sorted; white space and the choice of escapes do not matter. Everything else does:
//! `7`, `7.0` and `"7"` are three values, and a field that is `null` is not absent. Documents with
//! the same canonical form are read as the same event, even if a field is repeated.
//!
//! Numbers are compared by their text, not by their value. `serde_json` keeps the text only with
//! its feature `arbitrary_precision`, which any crate in a program can enable, and ids must not
//! depend on that.

use serde_json::value::RawValue;

use crate::event::document::{members, string};

/// The maximum depth of the recursion, so that a sender cannot choose it. Values that are nested
/// more deeply are compared by their raw text.
const DEPTH: usize = 128;

/// The budget for reading: this many times the document's length, plus 256 KiB. Descending into a
/// value reads everything below it once more. Beyond the budget, values are compared by their raw
/// text, so the cost stays linear. No vendor nests values more than four levels deep.
const READINGS: usize = 4;

/// Writes the canonical form of a JSON object, without some of its top-level fields.
pub(crate) fn write(content: &mut Vec<u8>, json: &str, is_left_out: impl Fn(&str) -> bool) {
    let budget = READINGS * json.len() + 256 * 1024;
    Writer { content, budget }.object(json, 0, is_left_out);
}

/// Writes bytes after their length, so that no two sequences of parts produce the same bytes.
pub(crate) fn part(content: &mut Vec<u8>, bytes: &[u8]) {
    content.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    content.extend_from_slice(bytes);
}

struct Writer<'c> {
    content: &'c mut Vec<u8>,
    /// The number of bytes that may still be read.
    budget: usize,
}

impl Writer<'_> {
    fn value(&mut self, json: &str, depth: usize) {
        let is_read = depth < DEPTH && json.len() <= self.budget;
        match json.as_bytes() {
            [b'{', ..] if is_read => self.object(json, depth, |_| false),
            [b'[', ..] if is_read => {
                self.budget -= json.len();
                self.content.push(b'[');
                let elements: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
                elements.iter().for_each(|element| self.value(element.get(), depth + 1));
                self.content.push(b']');
            }
            [b'"', ..] => {
                self.content.push(b's');
                part(self.content, string(json).unwrap_or_default().as_bytes());
            }
            _ => part(self.content, json.as_bytes()),
        }
    }

    fn object(&mut self, json: &str, depth: usize, is_left_out: impl Fn(&str) -> bool) {
        self.budget -= json.len();
        let mut sorted = Vec::new();
        // The document has been read before, so it is valid JSON.
        let _ = members(json, |name, value| sorted.push((name, value)));
        sorted.sort_by(|(name, _), (other, _)| name.cmp(other));
        self.content.push(b'{');
        for (name, value) in sorted.iter().filter(|(name, _)| !is_left_out(name)) {
            part(self.content, name.as_bytes());
            self.value(value, depth + 1);
        }
        self.content.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn canonical(json: &str) -> Vec<u8> {
        let mut content = Vec::new();
        write(&mut content, json, |name| ["left", "out"].contains(&name));
        content
    }

    #[test]
    fn order_white_space_and_escapes_do_not_count() {
        for (one, other) in [
            (
                r#"{"a":1,"b":[2,{"c":"d","e":{}}]}"#,
                " {\n\"b\" : [2, {\"e\":{ },\"c\":\"d\"} ],\t\"a\":1 } ",
            ),
            (r#"{"\u0061":"\u00e9\n\ud83d\ude00\/"}"#, "{\"a\":\"é\\n😀/\"}"),
            (r#"{"b":1,"left":{"x":1},"out":"z"}"#, r#"{"b":1}"#),
            (r#"{"a":"\"\\"}"#, r#"{"a":"\u0022\u005c"}"#),
        ] {
            assert_eq!(canonical(one), canonical(other), "{one} {other}");
        }
    }

    #[test]
    fn kinds_and_the_text_of_numbers_count() {
        let values = [
            "7",
            "7.0",
            "7e0",
            "70e-1",
            r#""7""#,
            "0",
            "-0",
            "0.1",
            "0.1000000000000000055",
            "1e999",
            "1e998",
            "18446744073709551616",
            "18446744073709551617",
            "true",
            r#""true""#,
            "false",
            r#""false""#,
            r#""null""#,
            r#""""#,
            "[]",
            "{}",
            "[null]",
            r#"["null"]"#,
            "[[]]",
            "[{}]",
            r#"{"a":1}"#,
            r#"{"left":1}"#,
            r#"["a",1]"#,
            r#"[["a",1]]"#,
            r#"["a",[1]]"#,
            r#"["a1"]"#,
        ];
        let documents = values.map(|value| format!(r#"{{"v":{value}}}"#));
        let others = [
            "{}",
            r#"{"v":1,"w":2}"#,
            r#"{"v":{"w":2}}"#,
            r#"{"v":null}"#,
            r#"{"v":null,"v":1}"#,
            r#"{"v":1,"v":1}"#,
        ]
        .map(str::to_owned);
        let mut seen: Vec<_> =
            documents.iter().chain(&others).map(|json| canonical(json)).collect();
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn members_are_sorted_on_each_of_100_levels() {
        let nested = |before: &str, after: &str| {
            format!(
                "{}7{}",
                format!(r#"{{{before}"a":"#).repeat(100),
                format!("{after}}}").repeat(100)
            )
        };
        assert_eq!(canonical(&nested("", r#","b":1"#)), canonical(&nested(r#""b":1,"#, "")));
    }

    #[test]
    fn nesting_causes_no_stack_overflow() {
        let nested = |levels| format!(r#"{{"a":{}7{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert_eq!(canonical(&nested(500_000)), canonical(&nested(500_000)));
        assert_ne!(canonical(&nested(500_000)), canonical(&nested(499_999)));
    }

    /// Any JSON whose numbers are small, so that a `Value` keeps them.
    fn value() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3_u8).prop_map(Value::from),
            r#"[a"\\é\n]{0,3}"#.prop_map(Value::from),
            "x{200}".prop_map(Value::from),
        ];
        scalar.prop_recursive(5, 40, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[abé\\\\]{0,2}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The same value with its fields in descending order.
    fn reversed(value: &Value) -> String {
        match value {
            Value::Object(members) => {
                let members = members.iter().rev();
                let members = members.map(|(name, value)| {
                    format!("{} : {}", Value::from(name.as_str()), reversed(value))
                });
                format!("{{ {} }}", members.collect::<Vec<_>>().join(" ,\n"))
            }
            Value::Array(values) => {
                format!("[ {} ]", values.iter().map(reversed).collect::<Vec<_>>().join(" , "))
            }
            scalar => scalar.to_string(),
        }
    }

    proptest! {
        #[test]
        fn equal_values_and_no_others_have_equal_forms(one in value(), other in value()) {
            let object = |value: &Value| serde_json::json!({ "v": value });
            let (one, other) = (object(&one), object(&other));
            let form = canonical(&one.to_string());
            prop_assert_eq!(&canonical(&reversed(&one)), &form);
            prop_assert_eq!(canonical(&other.to_string()) == form, one == other);
        }

        #[test]
        fn any_text_terminates(text in r#"[{}\[\]",:\\a 1é]{0,40}"#) {
            canonical(&text);
        }
    }
}
