//! The outermost members of a JSON object, found without reading what is in them.
//!
//! A delivery has to be looked into before it is known whose it is. This looks no deeper than it must, and
//! takes nothing apart: what is no JSON may pass here, and is refused when its event is read. Of what is
//! JSON it finds the same as any reader does.

use std::borrow::Cow;

use crate::Refusal;

/// A member's value as it is in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raw<'a>(&'a str);

impl<'a> Raw<'a> {
    pub(crate) fn get(self) -> &'a str {
        self.0
    }

    /// A string's text.
    pub(crate) fn string(self) -> Result<Cow<'a, str>, Refusal> {
        self.unescaped().ok_or(MALFORMED)
    }

    /// A string's text, or a number's as it arrived, for what is signed.
    pub(crate) fn signed(self) -> Result<Cow<'a, str>, Refusal> {
        match self.0.as_bytes() {
            [b'-' | b'0'..=b'9', ..] => Ok(self.0.into()),
            _ => self.string(),
        }
    }

    fn unescaped(self) -> Option<Cow<'a, str>> {
        let inside = self.0.strip_prefix('"')?.strip_suffix('"')?;
        match inside.bytes().any(|byte| byte == b'\\') {
            false => Some(inside.into()),
            true => serde_json::from_str(self.0).ok().map(Cow::Owned),
        }
    }
}

const MALFORMED: Refusal = Refusal::Malformed { what: "the body is not the JSON of a callback" };

/// Finds the members of these names. One that is `null` is taken for absent; one that is there twice is
/// refused, since two readers could understand two things.
pub(crate) fn outermost<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
) -> Result<[Option<Raw<'a>>; N], Refusal> {
    let mut values = [None; N];
    let find = |name: Raw<'a>, value| {
        let name = name.unescaped()?;
        let index = names.iter().position(|wanted| *wanted == name);
        let before = index.and_then(|index| values[index].replace(value));
        before.is_none().then_some(())
    };
    Scanner { json, at: 0 }.each_member(find).ok_or(MALFORMED)?;
    Ok(values.map(|value| value.filter(|value| value.0 != "null")))
}

/// Goes through a text once. Each step returns nothing where the text cannot be JSON.
struct Scanner<'a> {
    json: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn each_member(&mut self, mut found: impl FnMut(Raw<'a>, Raw<'a>) -> Option<()>) -> Option<()> {
        self.pass(b'{')?;
        if self.next_byte()? != b'}' {
            loop {
                let name = self.value()?;
                self.pass(b':')?;
                found(name, self.value()?)?;
                match self.next_byte()? {
                    b',' => self.at += 1,
                    _ => break,
                }
            }
        }
        self.pass(b'}')?;
        let nothing_follows = self.next_byte().is_none();
        nothing_follows.then_some(())
    }

    fn value(&mut self) -> Option<Raw<'a>> {
        let first = self.next_byte()?;
        let begin = self.at;
        match first {
            b'"' => self.pass_string()?,
            b'{' | b'[' => self.pass_nested()?,
            _ => self.pass_literal()?,
        }
        self.json.get(begin..self.at).map(Raw)
    }

    fn pass_string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let rest = self.json.as_bytes().get(self.at..)?;
            let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
            self.at += length + 1;
            if rest[length] == b'"' {
                return Some(());
            }
            // The byte that is escaped; of a longer escape, what follows is no quote.
            self.at += 1;
        }
    }

    /// Passes a list or an object, however deep, brackets in strings not counted.
    fn pass_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.byte()? {
                b'"' => {
                    self.pass_string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// Passes a number, a bool or `null`.
    fn pass_literal(&mut self) -> Option<()> {
        let begin = self.at;
        while !matches!(self.byte()?, b',' | b':' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
        (self.at > begin).then_some(())
    }

    fn pass(&mut self, token: u8) -> Option<()> {
        let is_there = self.next_byte()? == token;
        self.at += 1;
        is_there.then_some(())
    }

    /// The next byte that is no white space; it is not passed.
    fn next_byte(&mut self) -> Option<u8> {
        while matches!(self.byte()?, b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
        self.byte()
    }

    fn byte(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    const NAMES: [&str; 3] = ["a", "b", "é\""];

    fn found(json: &str) -> Option<[Option<&str>; 3]> {
        Some(outermost(json, NAMES).ok()?.map(|value| value.map(Raw::get)))
    }

    #[test]
    fn members_are_found_wherever_they_are() {
        for (json, a, b) in [
            ("{}", None, None),
            (r#"{"a":1}"#, Some("1"), None),
            (
                " {\n\t\"b\" : \"x\\\"}\" , \"a\":\r[1,{\"a\":2}] } ",
                Some(r#"[1,{"a":2}]"#),
                Some(r#""x\"}""#),
            ),
            (r#"{"\u0061":true,"c":{"b":"}"},"b":null}"#, Some("true"), None),
            (r#"{"c":"\\","b":-1.5e3}"#, None, Some("-1.5e3")),
        ] {
            assert_eq!(found(json), Some([a, b, None]), "{json}");
        }
        assert_eq!(found(r#"{"é\"":"é"}"#), Some([None, None, Some("\"é\"")]));
    }

    #[test]
    fn what_is_no_object_or_names_one_twice_is_refused() {
        for json in [
            "",
            "{",
            "}",
            "[]",
            "null",
            "{}x",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1"#,
            r#"{"a":1,}"#,
            r#"{"a":1 2}"#,
            r#"{"a":[1}"#,
            r#"{"a":"x}"#,
            r#"{"a":"x\"}"#,
            r#"{a:1}"#,
            r#"{"a":1}}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":null,"a":1}"#,
            r#"{"\x":1}"#,
            r#"{"a":]}"#,
        ] {
            assert_eq!(found(json), None, "{json}");
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = format!(r#"{{"c":{}{},"a":7}}"#, "[".repeat(500_000), "]".repeat(500_000));
        assert_eq!(found(&deep), Some([Some("7"), None, None]));
    }

    proptest! {
        #[test]
        fn of_what_is_json_it_finds_what_any_reader_does(
            members in prop::collection::btree_map(
                prop::sample::select(vec![r"a", r"\u0062", r#"é\""#, "c", "", r"\\"]),
                r#""([ax,:}\]é]|\\["\\n])*"|-?[1-9][0-9]{0,2}(\.5e7)?|null|true|[ ]?\[(1, ?)*\{"a":"[}\]]"\}\]"#,
                0..5,
            ),
            space in "[ \t\r\n]{0,2}",
        ) {
            let members: Vec<_> =
                members.iter().map(|(name, value)| format!("{space}\"{name}\"{space}:{value}")).collect();
            let json = format!("{{{}{space}}}", members.join(","));
            let read: BTreeMap<String, &RawValue> = serde_json::from_str(&json).unwrap();
            let read = NAMES.map(|name| read.get(name).map(|value| value.get()));
            prop_assert_eq!(found(&json), Some(read.map(|v| v.filter(|v| *v != "null"))), "{}", json);
        }

        #[test]
        fn whatever_comes_it_ends(json in r#"[{}\[\]",:\\a 1é]{0,40}"#) {
            let _ = found(&json);
        }
    }
}
