//! The outermost members of a JSON object, found without reading what is in them.
//!
//! A delivery has to be looked into before it is known whose it is. This looks no deeper than it must, and
//! takes nothing apart: what is no JSON may pass here, and is refused when its event is read.

use crate::{
    Refusal,
    event::scanner::{MALFORMED, Raw, Scanner},
};

/// Finds the members of these names. One that is `null` is taken for absent; one that is there twice is
/// refused, since two readers could understand two things.
pub(crate) fn outermost<'a, const N: usize>(
    json: &'a str,
    names: [&str; N],
) -> Result<[Option<Raw<'a>>; N], Refusal> {
    let mut values = [None; N];
    let mut scanner = Scanner::new(json);
    let found = scanner.object(|scanner, name| {
        let value = scanner.value()?;
        let before = name.position_in(&names).and_then(|index| values[index].replace(value));
        before.is_none().then_some(())
    });
    if found.is_none() || !scanner.is_at_end() {
        return Err(MALFORMED);
    }
    Ok(values.map(|value| value.filter(|value| value.get() != "null")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    const NAMES: [&str; 3] = ["a", "b", "n_1"];

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
        assert_eq!(found(r#"{"n_1":"é"}"#), Some([None, None, Some("\"é\"")]));
        for other in [r"n_1\u0031", r"\u006e_", r"\ud83d", r"\n_1", r"\u006E_1 "] {
            assert_eq!(found(&format!(r#"{{"{other}":1}}"#)), Some([None; 3]), "{other}");
        }
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
                prop::sample::select(vec![r"a", r"\u0062", r"\u006E_\u0031", "c", "", r"\\"]),
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
