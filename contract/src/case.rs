use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Way, fixture};

/// An entry of `cases/*.toml`: how a delivery differs from the baseline, and the expected result.
///
/// The baseline is a ZIM `room_create`, a Tencent `Room.CallbackAfterUpdateRoomInfo` or a TRTC 103
/// in the room `lobby`, signed now. In `set` and `query`, `@now` with an optional offset in seconds
/// (`@now-301`) stands for that time as a number, `@millis` for the same in milliseconds and
/// `@text` for the time as a string. The signature matches the changed delivery, unless the case
/// sets or removes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Case {
    /// The expectation, as a sentence.
    pub(crate) name: String,
    /// The provider to simulate.
    pub(crate) provider: ProviderName,
    /// The receiver's configuration.
    #[serde(default)]
    pub(crate) receiver: Setup,
    /// The ways to send the request; by default all except `Consumed`.
    pub(crate) ways: Option<Vec<Way>>,

    /// How the handler behind `Hooks` behaves.
    #[serde(default)]
    pub(crate) handler: Handler,

    /// The request's path.
    #[serde(default = "root")]
    pub(crate) path: String,
    /// The request's method.
    #[serde(default = "post")]
    pub(crate) method: String,
    /// Members of the body to set.
    #[serde(default)]
    pub(crate) set: Map<String, Value>,
    /// Members of the body to remove.
    #[serde(default)]
    pub(crate) remove: Vec<String>,
    /// Query parameters to set; an empty value removes the parameter.
    #[serde(default)]
    pub(crate) query: BTreeMap<String, String>,
    /// Headers to set; an empty value removes the header.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// Text to append to the query.
    #[serde(default)]
    pub(crate) query_append: String,
    /// Text to replace in the encoded body.
    #[serde(default)]
    pub(crate) replace: BTreeMap<String, String>,
    /// Text to replace in the body after it is signed (for TRTC, whose signature covers the body).
    #[serde(default)]
    pub(crate) tamper: BTreeMap<String, String>,
    /// The whole body, in place of the encoded members.
    pub(crate) body: Option<String>,
    /// The whole body in hex, in place of the encoded members.
    pub(crate) body_hex: Option<String>,
    /// The body's encoding.
    #[serde(default)]
    pub(crate) encoding: Encoding,
    /// Names of nested objects: 75,000 levels that cycle through these names. The first is a member
    /// of the body.
    #[serde(default)]
    pub(crate) nested: Vec<String>,
    /// The number of distinct names to add to a form.
    #[serde(default)]
    pub(crate) form_names: usize,
    /// The length in bytes to pad the body to, with spaces.
    pub(crate) pad_to: Option<usize>,
    /// The `Content-Type` to send.
    pub(crate) content_type: Option<String>,
    /// How the request is sent.
    #[serde(default)]
    pub(crate) transport: Transport,

    /// The expected status; 0 if no response can arrive.
    pub(crate) status: u16,
    /// Whether a handler for the whole `Event` is called; by default if the status is 200.
    pub(crate) handled: Option<bool>,
    /// Whether the event is typed rather than raw.
    #[serde(default = "yes")]
    pub(crate) typed: bool,
    /// Whether a handler for only the baseline's kind is called; by default if the event is typed.
    pub(crate) one_kind: Option<bool>,
    /// The event's name, if it differs from the baseline's.
    pub(crate) event: Option<String>,
    /// The room's id, if it is not `lobby`; empty if the event has none.
    pub(crate) room_id: Option<String>,
    /// The app's id, if it differs from the baseline's.
    pub(crate) app_id: Option<u64>,
    /// Expected members of the event that the handler receives.
    #[serde(default)]
    pub(crate) data: Map<String, Value>,
    /// The event's own members, in place of the baseline's.
    #[serde(skip)]
    pub(crate) sent: Option<Value>,
    /// The whole event that the handler must receive.
    #[serde(skip)]
    pub(crate) typed_as: Option<Value>,

    /// Further deliveries. They use the same current time, and therefore the same signature unless
    /// they change a signed value.
    #[serde(default)]
    pub(crate) then: Vec<Then>,
}

/// A further delivery of a case: its differences from the first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Then {
    /// The pause after the previous response, in milliseconds. Without it, this delivery is sent
    /// while the previous one is being handled.
    pub(crate) after: Option<u64>,
    /// Members of the body to set.
    #[serde(default)]
    pub(crate) set: Map<String, Value>,
    /// Query parameters to set.
    #[serde(default)]
    pub(crate) query: BTreeMap<String, String>,
    /// The expected status.
    pub(crate) status: u16,
    /// Whether the handler is called.
    #[serde(default)]
    pub(crate) handled: bool,
}

/// How the handler behind `Hooks` behaves after it has reported the event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Handler {
    /// Returns at once, without an error.
    #[default]
    Returns,
    /// Returns an error the first two times.
    FailsTwice,
    /// Panics the first time.
    PanicsOnce,
    /// Takes 400 ms.
    Slow,
    /// Takes 400 ms, with a timeout of 100 ms.
    Late,
}

/// The provider to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProviderName {
    Tencent,
    Trtc,
    Zego,
}

/// A receiver's configuration, which `receivers.rs` builds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Setup {
    /// One app, one secret and the defaults, as a user would set it up.
    #[default]
    Standard,
    /// Two apps; the first is rotating its secret.
    Several,
    /// The apps and secrets of the published vectors, with a tolerance that covers their age.
    Vectors,
    /// An app without a token (Tencent) or key (TRTC).
    Unsigned,
    /// A body limit of 1,000 bytes.
    Small,
    /// A body limit of 4 MiB, above every framework's own.
    Large,
    /// A body timeout of 300 ms.
    Hasty,
    /// A tolerance of 70 s, the minimum (TRTC).
    Fresh,
}

/// A body's encoding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Encoding {
    #[default]
    Json,
    /// JSON after a byte order mark, with white space around it.
    Marked,
    /// The whole document percent-encoded, spaces as `%20`.
    Percent,
    /// The whole document form-encoded, spaces as `+`.
    Plus,
    /// `name=value&…`.
    Form,
}

/// How a request is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Transport {
    /// In one piece, with a `Content-Length`.
    #[default]
    Whole,
    /// In chunks of 1,000 bytes, without a length.
    Chunked,
    /// In chunks of one byte, each in its own packet.
    Bytewise,
    /// Only the head, with the `Content-Length` of a body that never follows.
    Announced,
    /// Half of the body, then silence.
    Stalled,
    /// One byte at a time, chunked, for longer than any timeout.
    Dripping,
    /// Half of the body, then the connection is closed.
    BrokenOff,
    /// Twice in one packet, on one connection.
    Pipelined,
    /// In one piece, then the connection is closed without waiting for the response.
    HungUp,
}

impl Case {
    /// All cases: from the files, and from the events' fixtures.
    pub(crate) fn all() -> Vec<Self> {
        #[derive(Deserialize)]
        struct Cases {
            case: Vec<Case>,
        }

        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        let read = |file| {
            let text = fs::read_to_string(&file).unwrap();
            let cases: Cases = toml::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", Path::new(&file).display()));
            cases.case
        };
        files.into_iter().flat_map(read).chain(fixture::cases()).collect()
    }

    /// Whether the case is sent in this way.
    pub(crate) fn is_sent(&self, way: Way) -> bool {
        let is_named = |way: Way| match &self.ways {
            Some(ways) => ways.contains(&way),
            None => way != Way::Consumed,
        };
        match way {
            Way::Shared => self.provider != ProviderName::Zego && is_named(Way::Hooks),
            way => is_named(way),
        }
    }

    pub(crate) fn is_handled(&self) -> bool {
        self.handled.unwrap_or(self.status == 200)
    }

    pub(crate) fn is_one_kind(&self) -> bool {
        self.one_kind.unwrap_or(self.typed)
    }

    /// A further delivery as a separate case.
    pub(crate) fn then(&self, then: &Then) -> Self {
        let mut case = self.clone();
        case.set.extend(then.set.clone());
        case.query.extend(then.query.clone());
        if let Some(event) = then.set.get("event").and_then(Value::as_str) {
            case.event = Some(event.to_owned());
        }
        case.status = then.status;
        case.handled = Some(then.handled);
        case.transport = Transport::Whole;
        if let Some(room_id) = then.set.get("room_id") {
            case.room_id =
                Some(room_id.as_str().map_or_else(|| room_id.to_string(), str::to_owned));
        }
        case
    }
}

fn root() -> String {
    "/".to_owned()
}

fn post() -> String {
    "POST".to_owned()
}

fn yes() -> bool {
    true
}
