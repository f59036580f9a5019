use std::borrow::Cow;

use crate::{
    Delivery, Refusal,
    request::{
        delivery::EMPTY,
        form::{decoded, percent_decoded},
    },
};

use super::{envelope::Claim, form};

/// A body, whichever encoding it came in.
pub(super) enum Body<'a> {
    Json(Cow<'a, str>),
    /// A form as it arrived.
    Form(&'a str),
}

impl<'a> Body<'a> {
    /// Reads a body as far as its sender need not be known.
    ///
    /// A body that begins as JSON is never percent-decoded: room and user ids may hold `%`, `+`, `&` and
    /// `=`.
    pub(super) fn read(delivery: Delivery<'a>) -> Result<Self, Refusal> {
        let text = delivery.text()?;
        match text.as_bytes() {
            [] => Err(EMPTY),
            [b'{', ..] => Ok(Self::Json(text.into())),
            [b'%', b'7', b'B' | b'b', ..] => {
                from_percent_encoded(text).map(|json| Self::Json(json.into()))
            }
            _ => Ok(Self::Form(text)),
        }
    }

    /// The parts of a form that decide who sent it; of JSON they are in its envelope.
    pub(super) fn claim(&self) -> Result<Option<Claim<'a>>, Refusal> {
        match self {
            Self::Json(_) => Ok(None),
            Self::Form(text) => form::claim(text).map(Some),
        }
    }

    /// The JSON that the body stands for.
    pub(super) fn into_json(self) -> Result<Cow<'a, str>, Refusal> {
        match self {
            Self::Json(json) => Ok(json),
            Self::Form(text) => form::to_json(text).map(Cow::Owned),
        }
    }
}

fn from_percent_encoded(text: &str) -> Result<String, Refusal> {
    // Posted as a form, a document is the name of a pair without a value.
    let text = text.strip_suffix('=').unwrap_or(text);
    // An encoder that leaves JSON's colons bare is one for paths, which leaves a plus sign bare as
    // well. All others write a plus sign as `%2B`, so that a bare one is a space.
    let json = if text.contains(':') { percent_decoded(text) } else { decoded(text) };
    json.map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to_json(body: &[u8]) -> Result<Cow<'_, str>, Refusal> {
        let body = Body::read(Delivery::new("", &(), body))?;
        body.claim()?;
        body.into_json()
    }

    #[track_caller]
    fn becomes(body: &str, json: &str) {
        assert_eq!(to_json(body.as_bytes()).as_deref(), Ok(json), "{body}");
    }

    #[test]
    fn json_is_taken_as_it_is() {
        let json = r#"{"room_id":"a%20b+c&d=e"}"#;
        becomes(json, json);
        becomes(&format!("\u{feff} \r\n\t{json}\n"), json);
    }

    #[test]
    fn percent_encoded_json_is_decoded_once() {
        becomes("%7B%22id%22%3A%22a%2520b%22%7D", r#"{"id":"a%20b"}"#);
        becomes("%7b%22id%22%3a%22a%2520b%22%7d", r#"{"id":"a%20b"}"#);
        becomes("%7B%22id%22%3A%22%E6%88%BF%22%7D=", r#"{"id":"房"}"#);
    }

    #[test]
    fn a_plus_sign_is_a_space_unless_the_encoder_leaves_it_bare() {
        becomes("%7B%22id%22%3A%22a+b%2Bc%20d%22%7D", r#"{"id":"a b+c d"}"#);
        becomes("%7B%22id%22:%22a+b%2Bc%20d%22%7D", r#"{"id":"a+b+c d"}"#);
    }

    #[test]
    fn a_form_becomes_an_object_of_strings_and_lists() {
        let form = b"event=room_exit&room_id=a+b%2Bc%26d&ids[]=1&ids%5B%5D=2&appid=1";
        let object: serde_json::Value = serde_json::from_str(&to_json(form).unwrap()).unwrap();
        let (event, room_id, ids) = ("room_exit", "a b+c&d", ["1", "2"]);
        let expected =
            serde_json::json!({"event": event, "room_id": room_id, "ids": ids, "appid": "1"});
        assert_eq!(object, expected);
    }

    #[test]
    fn elements_are_told_apart_by_their_labels_or_by_a_repeated_name() {
        for (pairs, list) in [
            ("a[][x]=1&a[][y]=2&a[][x]=3", r#"[{"x":"1","y":"2"},{"x":"3"}]"#),
            ("a[7][x]=1&a[3][x]=2&a[7][y]=3", r#"[{"x":"1","y":"3"},{"x":"2"}]"#),
            ("a[0][x]=1&a[][y]=2", r#"[{"x":"1"},{"y":"2"}]"#),
            ("a[]=1&a[]=1", r#"["1","1"]"#),
            ("a[00]=1&a[0]=2", r#"["1","2"]"#),
        ] {
            let form = format!("{pairs}&event=x");
            becomes(&form, &format!(r#"{{"a":{list},"event":"x"}}"#));
        }
    }

    #[test]
    fn a_name_counts_once() {
        for body in ["event=a&event=b", "event=a&x=1&x[]=2", "event=a&x[]=1&x=2"] {
            assert_eq!(to_json(body.as_bytes()), Err(Refusal::ParameterRepeated), "{body}");
        }
    }

    #[test]
    fn what_is_no_callback_is_refused() {
        for body in [
            &b""[..],
            b" \n",
            b"\xff\xfe",
            b"\xff\xfe{\0}\0",
            b"%7B%FF%7D",
            b"event=x&room_id=%FF%FE",
            b"[]",
            b"null",
            b"42",
            b"hello",
            b"a=b",
            b"<xml/>",
            b"\0",
        ] {
            assert!(matches!(to_json(body), Err(Refusal::Malformed { .. })), "{body:?}");
        }
        assert_eq!(to_json(b" \n"), Err(EMPTY), "not a form without an event");
    }
}
