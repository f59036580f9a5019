use std::{collections::BTreeSet, fmt::Write};

use arbitrary::{Result, Unstructured};
use room_hooks::{Delivery, DeliveryId, Verified, tencent};
use serde_json::value::RawValue;

use crate::{
    receivers::{self, UNSIGNED_APP, now},
    reference::Members,
};

/// What identifies a delivery: the same however its JSON is written, and another when one text in it is.
pub(crate) fn identity(data: &[u8]) -> Result<()> {
    let mut input = Unstructured::new(data);
    let changed: u8 = input.arbitrary()?;
    let Ok(json) = str::from_utf8(input.take_rest()) else { return Ok(()) };
    let (Some(id), Some(content)) = (id(json), Content::read(json, 100)) else { return Ok(()) };
    assert_eq!(self::id(&content.written(&mut None)), Some(id), "it is written anew");

    let mut countdown = Some(changed);
    let other = content.written(&mut countdown);
    if countdown.is_none() {
        assert_ne!(self::id(&other), Some(id), "it says something else");
    }
    Ok(())
}

fn id(json: &str) -> Option<DeliveryId> {
    let query = format!("SdkAppid={UNSIGNED_APP}&CallbackCommand=x");
    let delivery = Delivery::new(&query, &(), json.as_bytes());
    let received: std::result::Result<Verified<tencent::Event>, _> =
        receivers::tencent().receive(delivery, now());
    received.ok().map(|verified| verified.id())
}

/// JSON as the reference reads it, not too deep, and with every name in an object once.
enum Content {
    Object(Vec<(String, Self)>),
    List(Vec<Self>),
    Text(String),
    /// A number, a bool or nothing.
    Literal(Box<RawValue>),
}

impl Content {
    fn read(json: &str, depth: usize) -> Option<Self> {
        let deeper = depth.checked_sub(1)?;
        match json.trim_ascii().bytes().next()? {
            b'{' => {
                let members = Members::read(json.as_bytes())?.into_iter();
                let members: Option<Vec<_>> = members
                    .map(|(name, value)| Some((name, Self::read(value.get(), deeper)?)))
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
            b'"' => serde_json::from_str(json).ok().map(Self::Text),
            _ => serde_json::from_str(json).ok().map(Self::Literal),
        }
    }

    /// The same with its members in the opposite order and white space between all; and with something
    /// added to the text at which the countdown ends, which is none then.
    fn written(&self, countdown: &mut Option<u8>) -> String {
        let list = |parts: Vec<String>| parts.join(" ,\n");
        match self {
            Self::Object(members) => {
                let members = members.iter().rev().map(|(name, value)| {
                    format!("{} :\t{}", quoted(name), value.written(countdown))
                });
                format!("{{ {} }}", list(members.collect()))
            }
            Self::List(values) => {
                format!(
                    "[ {} ]",
                    list(values.iter().map(|value| value.written(countdown)).collect())
                )
            }
            Self::Text(text) => match countdown {
                Some(0) => {
                    *countdown = None;
                    quoted(&format!("{text}x"))
                }
                Some(left) => {
                    *left -= 1;
                    quoted(text)
                }
                None => quoted(text),
            },
            Self::Literal(literal) => literal.get().to_owned(),
        }
    }
}

/// A text with each of its characters escaped.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for unit in text.encode_utf16() {
        let _ = write!(quoted, "\\u{unit:04x}");
    }
    quoted + "\""
}
