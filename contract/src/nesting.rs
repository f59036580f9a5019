//! The nesting table: bodies nested 75,000 levels deep, at every place that the code inspects.
//!
//! The places come from the core: the members that it looks up by name, and every value in the
//! sample of each event. New events and names are included automatically.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU32, Ordering},
    time::{Instant, SystemTime},
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use room_hooks::testing::{MEMBERS_LOOKED_FOR, SignedDelivery, samples};
use serde_json::{Map, Value, json};

use crate::{
    case::{Encoding, ProviderName},
    receivers::{TENCENT_APP, TENCENT_TOKEN, TRTC_KEY, ZEGO_APP, ZEGO_SECRET},
    signature,
};

const LEVELS: usize = 75_000;
/// More than the table's largest body, which is percent-encoded.
pub(crate) const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// A placeholder for the nested value until the body is written.
const MARK: &str = "@nested";

/// Sends a provider's rows of the table, and flat JSON for comparison.
///
/// # Panics
///
/// If a nested body is neither accepted nor refused, or takes more than twice as long as flat JSON.
pub(crate) fn check(provider: ProviderName, send: impl Fn(&SignedDelivery) -> u16) {
    let time = |signed: &SignedDelivery| {
        let begun = Instant::now();
        let status = send(signed);
        (begun.elapsed(), status)
    };
    let mut flat_times = BTreeMap::new();
    for (row, nested) in rows(provider) {
        let (mut took, status) = time(&nested);
        assert!([200, 400, 401].contains(&status), "{row}: status {status}");
        // Bodies of about the same size share one measurement of slightly smaller flat JSON.
        let size = nested.body.len() / 50_000 * 50_000;
        let flat_time = *flat_times.entry(size).or_insert_with(|| {
            let times = (0..3).map(|_| {
                let (took, status) = time(&flat(provider, size));
                assert_eq!(status, 200, "flat JSON is handled");
                took
            });
            times.min().unwrap_or_default()
        });
        // Measure again: the machine may have been busy.
        for _ in 0..9 {
            if took > flat_time * 2 {
                took = took.min(time(&nested).0);
            }
        }
        assert!(took <= flat_time * 2, "{row} takes {took:?}, flat JSON {flat_time:?}");
    }
}

/// The rows of a provider: each place in each encoding and shape.
fn rows(provider: ProviderName) -> impl Iterator<Item = (String, SignedDelivery)> {
    let encodings: &[_] = match provider {
        ProviderName::Zego => &[Encoding::Json, Encoding::Percent, Encoding::Form],
        _ => &[Encoding::Json],
    };
    places(provider).into_iter().flat_map(move |place| {
        encodings.iter().flat_map(move |&encoding| {
            let place = place.clone();
            [Shape::Object, Shape::List, Shape::String].into_iter().map(move |shape| {
                let row = format!("{}, {encoding:?}, {shape:?}", place.path);
                (row, signed(provider, &place.event, encoding, &shape.nested(&place.name)))
            })
        })
    })
}

/// A body of about `size` bytes that is not nested.
fn flat(provider: ProviderName, size: usize) -> SignedDelivery {
    let mut event = unknown(provider);
    event["flat"] = MARK.into();
    let flat = format!("{{{}\"z\":0}}", "\"a\":1,".repeat(size / 6));
    signed(provider, &event, Encoding::Json, &flat)
}

#[derive(Clone)]
struct Place {
    /// The location: an event's kind and a pointer into its sample, or a member of an unknown
    /// event.
    path: String,
    /// The event, with the mark at the place.
    event: Value,
    /// The name of the member that contains it.
    name: String,
}

fn places(provider: ProviderName) -> Vec<Place> {
    let mut places = Vec::new();
    let paths = MEMBERS_LOOKED_FOR.iter().copied().flatten();
    let names: BTreeSet<_> = paths.flat_map(|path| path.split('.')).collect();
    for name in names {
        let mut event = unknown(provider);
        event[name] = MARK.into();
        places.push(Place { path: name.to_owned(), event, name: name.to_owned() });
    }
    let folder = format!("{provider:?}").to_lowercase();
    for sample in samples().filter(|sample| sample.provider == folder) {
        let mut pointers = Vec::new();
        point_into(&sample.event(), "", sample.kind, &mut pointers);
        places.extend(pointers.into_iter().map(|(pointer, name)| {
            let mut event = sample.event();
            *event.pointer_mut(&pointer).unwrap() = MARK.into();
            Place { path: format!("{} {pointer}", sample.kind), event, name }
        }));
    }
    places
}

/// Finds pointers to the values inside a value, with their members' names. Of a list, only the
/// first element is included.
fn point_into(value: &Value, pointer: &str, name: &str, found: &mut Vec<(String, String)>) {
    let inside: Vec<(&str, &str, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (&**name, &**name, value)).collect()
        }
        Value::Array(values) => values.iter().take(1).map(|value| ("0", name, value)).collect(),
        _ => Vec::new(),
    };
    for (key, name, value) in inside {
        let pointer = format!("{pointer}/{key}");
        point_into(value, &pointer, name, found);
        found.push((pointer, name.to_owned()));
    }
}

fn unknown(provider: ProviderName) -> Value {
    match provider {
        ProviderName::Zego => json!({"event": "x"}),
        ProviderName::Tencent => json!({"CallbackCommand": "x"}),
        ProviderName::Trtc => json!({"EventType": 901, "EventGroupId": 9}),
    }
}

/// The kind of value that is nested.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Object,
    List,
    /// An object in a string, as JSON.
    String,
}

impl Shape {
    fn nested(self, name: &str) -> String {
        let object = || {
            let opening = format!(r#"{{"{name}":"#).repeat(LEVELS);
            format!("{opening}null{}", "}".repeat(LEVELS))
        };
        match self {
            Self::Object => object(),
            Self::List => format!("{}{}", "[".repeat(LEVELS), "]".repeat(LEVELS)),
            Self::String => Value::from(object()).to_string(),
        }
    }
}

fn signed(
    provider: ProviderName,
    event: &Value,
    encoding: Encoding,
    nested: &str,
) -> SignedDelivery {
    /// Gives each row its own nonce, because a signature is bound to one content.
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let mut members = event.as_object().unwrap().clone();
    // A signed member may itself be the nested place.
    let mut set = |name: &str, value: Value| {
        members.entry(name).or_insert(value);
    };
    let (mut query, mut headers) = (String::new(), Vec::new());
    match provider {
        ProviderName::Zego => {
            let nonce = (now << 32 | u64::from(number)).to_string();
            let signature = signature::zego(ZEGO_SECRET, &now.to_string(), &nonce);
            set("appid", ZEGO_APP.into());
            set("timestamp", now.into());
            set("nonce", nonce.into());
            set("signature", signature.into());
        }
        ProviderName::Tencent => {
            let sign = signature::tencent(TENCENT_TOKEN, &now.to_string());
            query = format!("SdkAppid={TENCENT_APP}&RequestTime={now}&Sign={sign}");
        }
        ProviderName::Trtc => set("CallbackTs", (now * 1000).into()),
    }
    let body = body(&members, encoding, nested).into_bytes();
    if provider == ProviderName::Trtc {
        headers.push(("Sign".to_owned(), signature::trtc(TRTC_KEY, &body)));
    }
    SignedDelivery::new(query, headers, body)
}

fn body(members: &Map<String, Value>, encoding: Encoding, nested: &str) -> String {
    let mark = Value::from(MARK).to_string();
    let json = |value: &Value| value.to_string().replace(&mark, nested);
    let whole = || json(&Value::Object(members.clone()));
    match encoding {
        Encoding::Percent => utf8_percent_encode(&whole(), NON_ALPHANUMERIC).to_string(),
        Encoding::Form => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (name, value) in members {
                let text = match value.as_str() {
                    Some(MARK) => nested.to_owned(),
                    Some(text) => text.to_owned(),
                    None => json(value),
                };
                form.append_pair(name, &text);
            }
            form.finish()
        }
        _ => whole(),
    }
}

#[cfg(test)]
mod tests {
    use room_hooks::{Callback, Provider, Receiver};

    use crate::{case::Setup, receivers};

    use super::*;

    /// Checks a receiver. The time includes identifying the delivery.
    fn check<P: Provider>(provider: ProviderName, receiver: Receiver<P>) {
        let receiver = receiver.with_body_limit(BODY_LIMIT);
        super::check(provider, |signed| {
            let received = receiver.receive::<P::Event>(signed.as_delivery(), SystemTime::now());
            match received {
                Ok(verified) => {
                    let _ = (verified.id(), verified.event.room_id());
                    200
                }
                Err(refused) => refused.status(),
            }
        });
    }

    #[test]
    #[cfg_attr(debug_assertions, ignore = "timing is meaningful only in a release build")]
    fn nested_zego_bodies_cause_no_stack_overflow_and_cost_at_most_twice_as_much_as_flat_ones() {
        check(ProviderName::Zego, receivers::zego(Setup::Standard));
    }

    #[test]
    #[cfg_attr(debug_assertions, ignore = "timing is meaningful only in a release build")]
    fn nested_tencent_bodies_cause_no_stack_overflow_and_cost_at_most_twice_as_much_as_flat_ones() {
        check(ProviderName::Tencent, receivers::tencent(Setup::Standard));
    }

    #[test]
    #[cfg_attr(debug_assertions, ignore = "timing is meaningful only in a release build")]
    fn nested_trtc_bodies_cause_no_stack_overflow_and_cost_at_most_twice_as_much_as_flat_ones() {
        check(ProviderName::Trtc, receivers::trtc(Setup::Standard));
    }
}
