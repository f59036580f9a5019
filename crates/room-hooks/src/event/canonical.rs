//! The canonical form of JSON: equal documents have the same one, however they were written.
//!
//! Members are sorted, and white space and the choice of escapes do not count. All else does: `7`, `7.0` and
//! `"7"` are three values, and a member that is `null` is not absent. Two documents of one form read as the
//! same event, also if a name is there twice.
//!
//! This reads the text token by token and not as `serde_json`'s values. A number counts by its text, which
//! `serde_json` keeps only with its feature `arbitrary_precision`: any crate of a program can switch that
//! on, and ids must not depend on it. Nothing recurses. Apart from sorting names, the cost is linear in the
//! length of the text.

use std::{borrow::Cow, ops::Range};

use sha2::{Digest, Sha256};

use crate::event::scanner::Scanner;

/// The size in bytes from which an object counts by its digest. One that is smaller is copied when it is
/// sorted, at most once for each object around it that is small as well.
const DIGESTED: usize = 256;

/// Writes the canonical form of a JSON object, without some of its outermost members. The text is valid
/// JSON; any other text has a form, too, but nothing is promised of it.
pub(crate) fn write(content: &mut Vec<u8>, json: &str, is_left_out: impl Fn(&str) -> bool) {
    let mut writer = Writer { content, levels: Vec::new(), members: Vec::new(), is_left_out };
    for token in Tokens(json) {
        match token {
            Token::Open(opening) => writer.open(opening),
            Token::Close => writer.close(),
            Token::String(text) => writer.string(text),
            Token::Literal(text) => writer.literal(text),
        }
    }
}

/// Writes bytes behind their length, so that no two sequences of parts are the same bytes.
pub(crate) fn part(content: &mut Vec<u8>, bytes: &[u8]) {
    content.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    content.extend_from_slice(bytes);
}

struct Writer<'c, 'a, F> {
    content: &'c mut Vec<u8>,
    /// The lists and objects that are open.
    levels: Vec<Level<'a>>,
    /// The members of the objects that are open, each with its name and its place in the content.
    members: Vec<(Cow<'a, str>, Range<usize>)>,
    is_left_out: F,
}

struct Level<'a> {
    is_object: bool,
    /// Where it begins in the content, and where its members begin among all.
    content: usize,
    members: usize,
    /// The member that is being written, by its name and where it begins.
    member: Option<(Cow<'a, str>, usize)>,
}

impl<'a, F: Fn(&str) -> bool> Writer<'_, 'a, F> {
    fn open(&mut self, opening: u8) {
        let (content, members) = (self.content.len(), self.members.len());
        self.levels.push(Level { is_object: opening == b'{', content, members, member: None });
        self.content.push(opening);
    }

    fn close(&mut self) {
        let Some(Level { is_object, content, members, .. }) = self.levels.pop() else { return };
        if is_object {
            self.sort(content + 1, members);
        }
        self.content.push(b'.');
        if self.content.len() - content > DIGESTED && !self.levels.is_empty() {
            let digest = Sha256::digest(&self.content[content..]);
            self.content.truncate(content);
            self.content.push(b'#');
            self.content.extend_from_slice(&digest);
        }
        self.end_value();
    }

    /// Sorts the members of an object, which are the last ones.
    fn sort(&mut self, begin: usize, members: usize) {
        let mut members = self.members.split_off(members);
        if !members.is_sorted_by_key(|(name, _)| name) {
            members.sort_by(|(name, _), (other, _)| name.cmp(other));
            let parts = members.iter().map(|(_, range)| &self.content[range.clone()]);
            let sorted = parts.collect::<Vec<_>>().concat();
            self.content.truncate(begin);
            self.content.extend_from_slice(&sorted);
        }
    }

    fn string(&mut self, text: Cow<'a, str>) {
        match self.levels.last_mut() {
            Some(Level { is_object: true, member: member @ None, .. }) => {
                let begin = self.content.len();
                part(self.content, text.as_bytes());
                *member = Some((text, begin));
            }
            _ => {
                self.content.push(b's');
                part(self.content, text.as_bytes());
                self.end_value();
            }
        }
    }

    /// Writes a number, a bool or `null`. No two of them have the same text.
    fn literal(&mut self, text: &str) {
        part(self.content, text.as_bytes());
        self.end_value();
    }

    /// Keeps what was written as a member, if it is one, or takes it away.
    fn end_value(&mut self) {
        let is_outermost = self.levels.len() == 1;
        let member = self.levels.last_mut().and_then(|level| level.member.take());
        let Some((name, begin)) = member else { return };
        if is_outermost && (self.is_left_out)(&name) {
            self.content.truncate(begin);
        } else {
            self.members.push((name, begin..self.content.len()));
        }
    }
}

/// A part of JSON between its white space, colons and commas.
enum Token<'a> {
    /// A list or an object begins, by its bracket.
    Open(u8),
    Close,
    /// A string's text.
    String(Cow<'a, str>),
    Literal(&'a str),
}

struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let json = self.0.trim_start_matches([' ', '\t', '\r', '\n', ',', ':']);
        let first = json.bytes().next()?;
        let (token, length) = match first {
            b'{' | b'[' => (Token::Open(first), 1),
            b'}' | b']' => (Token::Close, 1),
            _ => {
                let value = Scanner::new(json).value()?;
                let text = value.get();
                let is_string = first == b'"';
                let token = if is_string {
                    Token::String(value.unescaped()?)
                } else {
                    Token::Literal(text)
                };
                (token, text.len())
            }
        };
        self.0 = &json[length..];
        Some(token)
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
    fn depth_costs_no_stack() {
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

    /// The same value, its members in descending order.
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
        fn any_text_comes_to_an_end(text in r#"[{}\[\]",:\\a 1é]{0,40}"#) {
            canonical(&text);
        }
    }
}
