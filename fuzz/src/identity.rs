use std::{collections::BTreeSet, fmt::Write};

use arbitrary::{Result, Unstructured};
use room_hooks::{Delivery, DeliveryId, Verified, tencent};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::{
    receivers::{self, NOW, SEVERAL, now},
    reference::{Members, repaired, sign_tencent, text_of},
};

/// The delivery id: independent of how the JSON is written, and different if any value differs,
/// even one that is nested twenty levels deep.
pub(crate) fn identity(data: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(data);
    let changed: u8 = input.arbitrary()?;
    let Some(json) = text_of(input.take_rest()) else { return Ok(()) };
    let Some(content) = Content::read(&repaired(json), 25) else { return Ok(()) };
    for nested in [str::to_owned, deep] {
        // Below many levels, a long value may exceed the reading budget, and then counts as
        // written.
        if nested(json).len() > json.len() && json.len() > 2000 {
            continue;
        }
        let Some(id) = id(&nested(json)) else { continue };
        let same = content.written(&mut None, Scalar::another);
        assert_eq!(self::id(&nested(&same)), Some(id), "only the formatting differs");
        for change in [Scalar::another, Scalar::of_another_kind] {
            let mut countdown = Some(changed);
            let other = content.written(&mut countdown, change);
            if countdown.is_none() {
                assert_ne!(self::id(&nested(&other)), Some(id), "the content differs");
            }
        }
    }
    Ok(())
}

/// An object that contains some JSON nested in many lists.
fn deep(json: &str) -> String {
    const LEVELS: usize = 20;
    format!(r#"{{"deep":{}{json}{}}}"#, "[".repeat(LEVELS), "]".repeat(LEVELS))
}

fn id(json: &str) -> Option<DeliveryId> {
    let sign = sign_tencent("secret", &NOW.to_string());
    let query = format!("SdkAppid=1&CallbackCommand=x&Sign={sign}&RequestTime={NOW}");
    let delivery = Delivery::new(json.as_bytes()).with_query(&query);
    let received: std::result::Result<Verified<tencent::Event>, _> =
        receivers::tencent(&SEVERAL).receive(delivery, now());
    received.ok().and_then(|verified| verified.id())
}

/// JSON as the reference reads it, with limited depth and without duplicate names.
enum Content {
    Object(Vec<(String, Self)>),
    List(Vec<Self>),
    Scalar(Scalar),
}

enum Scalar {
    Text(String),
    /// A number, a bool or null.
    Literal(Box<RawValue>),
}

impl Content {
    fn read(json: &str, depth: usize) -> Option<Self> {
        let deeper = depth.checked_sub(1)?;
        match json.trim_ascii().bytes().next()? {
            b'{' => {
                let members = Members::read(json)?.into_iter();
                let members: Option<Vec<_>> = members
                    .map(|(name, value)| Some((name, Self::read(&value, deeper)?)))
                    .collect();
                let names: Option<BTreeSet<_>> =
                    members.as_ref().map(|members| members.iter().map(|(name, _)| name).collect());
                (names?.len() == members.as_ref()?.len()).then_some(Self::Object(members?))
            }
            b'[' => {
                let values: Vec<Box<RawValue>> = serde_json::from_str(json).ok()?;
                values
                    .iter()
                    .map(|value| Self::read(value.get(), deeper))
                    .collect::<Option<_>>()
                    .map(Self::List)
            }
            b'"' => serde_json::from_str(json).ok().map(Scalar::Text).map(Self::Scalar),
            _ => serde_json::from_str(json).ok().map(Scalar::Literal).map(Self::Scalar),
        }
    }

    /// Writes the content with its members in reverse order and with white space. When the
    /// countdown reaches zero, changes that scalar and sets the countdown to `None`.
    fn written(&self, countdown: &mut Option<u8>, change: fn(&Scalar) -> String) -> String {
        let list = |parts: Vec<String>| parts.join(" ,\n");
        match self {
            Self::Object(members) => {
                let members = members.iter().rev().map(|(name, value)| {
                    format!("{} :\t{}", quoted(name), value.written(countdown, change))
                });
                format!("{{ {} }}", list(members.collect()))
            }
            Self::List(values) => {
                let values = values.iter().map(|value| value.written(countdown, change));
                format!("[ {} ]", list(values.collect()))
            }
            Self::Scalar(scalar) => {
                let left = countdown.take();
                *countdown = left.and_then(|left| left.checked_sub(1));
                if left == Some(0) { change(scalar) } else { scalar.written() }
            }
        }
    }
}

impl Scalar {
    fn written(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Literal(literal) => literal.get().to_owned(),
        }
    }

    /// A different value of the same kind. A number gets a different text, and may keep its value.
    fn another(&self) -> String {
        match self {
            Self::Text(text) => quoted(&format!("{text}x")),
            Self::Literal(literal) => match literal.get() {
                number if is_number(number) && number.contains(['e', 'E']) => format!("{number}0"),
                number if is_number(number) => format!("{number}e0"),
                "true" => "false".to_owned(),
                _ => "true".to_owned(),
            },
        }
    }

    /// A value that differs only in its kind.
    fn of_another_kind(&self) -> String {
        match self {
            Self::Text(text) if is_number(text) => text.clone(),
            Self::Text(text) => format!("[{}]", quoted(text)),
            Self::Literal(literal) => quoted(literal.get()),
        }
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// A JSON string with every character escaped.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for unit in text.encode_utf16() {
        let _ = write!(quoted, "\\u{unit:04x}");
    }
    quoted + "\""
}
