use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Way, fixture};

/// An entry of `cases/*.toml`: how a delivery differs from an honest one, and what must come of it.
///
/// An honest delivery is a ZIM `room_create`, a Tencent `Room.CallbackAfterUpdateRoomInfo` or a
/// TRTC 103 about the room `lobby`, signed now. In `set`, `query` and `headers`, the text `@now`
/// with an offset in seconds, as in `@now-301`, is that time as a number, `@millis` likewise in
/// milliseconds, `@text` as a string. The signature is of what is set, unless it is set or removed
/// itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Case {
    /// What holds, as a sentence.
    pub(crate) name: String,
    /// Who is played.
    pub(crate) provider: ProviderName,
    /// How the receiver is set up.
    #[serde(default)]
    pub(crate) receiver: Setup,
    /// The ways that it is sent in; all if it says nothing.
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
    /// Members of the body that are set.
    #[serde(default)]
    pub(crate) set: Map<String, Value>,
    /// Members of the body that are taken away.
    #[serde(default)]
    pub(crate) remove: Vec<String>,
    /// Parameters of the query that are set; an empty text takes one away.
    #[serde(default)]
    pub(crate) query: BTreeMap<String, String>,
    /// Headers that are set; an empty text takes one away.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// Text that is put behind the query.
    #[serde(default)]
    pub(crate) query_append: String,
    /// Text of the body that is replaced, once it is written.
    #[serde(default)]
    pub(crate) replace: BTreeMap<String, String>,
    /// Text of the body that is replaced once it is signed (TRTC, which signs bodies).
    #[serde(default)]
    pub(crate) tamper: BTreeMap<String, String>,
    /// The whole body, instead.
    pub(crate) body: Option<String>,
    /// The whole body, instead, in hex.
    pub(crate) body_hex: Option<String>,
    /// How the body is encoded.
    #[serde(default)]
    pub(crate) encoding: Encoding,
    /// Names of objects in one another, 75,000 levels of them, the names in turn; the first is a member
    /// of the body.
    #[serde(default)]
    pub(crate) nested: Vec<String>,
    /// Distinct names that are added to a form.
    #[serde(default)]
    pub(crate) form_names: usize,
    /// The length in bytes to which the body is filled up with spaces.
    pub(crate) pad_to: Option<usize>,
    /// A `Content-Type` to send.
    pub(crate) content_type: Option<String>,
    /// How the request is put on the wire.
    #[serde(default)]
    pub(crate) transport: Transport,

    /// The status that it is answered; 0 where no answer can arrive.
    pub(crate) status: u16,
    /// Whether a handler that asks for the whole `Event` is called; by default if the status is 200.
    pub(crate) handled: Option<bool>,
    /// Whether the event has a type.
    #[serde(default = "yes")]
    pub(crate) typed: bool,
    /// Whether it is the kind that a handler for one kind asks for; by default if it has a type.
    pub(crate) one_kind: Option<bool>,
    /// The event's name, if it is not the honest one's.
    pub(crate) event: Option<String>,
    /// The room, if it is not `lobby`; an empty text where there is none.
    pub(crate) room_id: Option<String>,
    /// The app, if it is not the honest one's.
    pub(crate) app_id: Option<u64>,
    /// Members of the typed event.
    #[serde(default)]
    pub(crate) data: Map<String, Value>,
    /// The event's own members instead of the honest one's.
    #[serde(skip)]
    pub(crate) sent: Option<Value>,
    /// The whole of the typed event.
    #[serde(skip)]
    pub(crate) typed_as: Option<Value>,

    /// Further deliveries at the same time of day, and so with the same signature unless they say
    /// otherwise.
    #[serde(default)]
    pub(crate) then: Vec<Then>,
}

/// A further delivery of a case, and how it differs from the first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Then {
    /// How long after the answer to the one before it is sent, in milliseconds. Nothing: it is sent
    /// while that one is being handled.
    pub(crate) after: Option<u64>,
    /// Members of the body that are set.
    #[serde(default)]
    pub(crate) set: Map<String, Value>,
    /// Parameters of the query that are set.
    #[serde(default)]
    pub(crate) query: BTreeMap<String, String>,
    /// The status that it is answered.
    pub(crate) status: u16,
    /// Whether the handler is called.
    #[serde(default)]
    pub(crate) handled: bool,
}

/// How the handler behind `Hooks` behaves; it reports the event first, whatever it does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Handler {
    /// It returns.
    #[default]
    Returns,
    /// It returns an error the first two times.
    FailsTwice,
    /// It panics the first time.
    PanicsOnce,
    /// It takes 400 ms.
    Slow,
    /// It takes 400 ms, and has 100.
    Late,
}

/// Who is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProviderName {
    Tencent,
    Trtc,
    Zego,
}

/// How a receiver is set up; `receivers.rs` does it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Setup {
    /// As a user would: one app, one secret, the defaults.
    #[default]
    Standard,
    /// Two apps, the first in the middle of a rotation.
    Several,
    /// The apps and secrets of the published vectors, and no freshness to speak of.
    Vectors,
    /// An app without a token (Tencent) or key (TRTC).
    Unsigned,
    /// A body limit of 1,000 bytes.
    Small,
    /// A body limit of 4 MiB, above every framework's own.
    Large,
    /// A body timeout of 300 ms.
    Hasty,
    /// A freshness of 70 s, the least that there is (TRTC).
    Fresh,
}

/// How a body is encoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Encoding {
    #[default]
    Json,
    /// With a byte order mark and white space before and behind.
    Marked,
    /// The whole document percent-encoded, spaces as `%20`.
    Percent,
    /// The whole document as a form would have it, spaces as `+`.
    Plus,
    /// `name=value&…`.
    Form,
}

/// How a request is put on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Transport {
    /// In one piece, with a `Content-Length`.
    #[default]
    Whole,
    /// In chunks of 1,000 bytes, without a length.
    Chunked,
    /// In chunks of one byte, each in a packet of its own.
    Bytewise,
    /// The head alone, with the `Content-Length` of the body that never follows.
    Announced,
    /// Half of the body, and then silence.
    Stalled,
    /// A byte now and then, chunked, for longer than any timeout.
    Dripping,
    /// Half of the body, and then the connection is closed.
    BrokenOff,
    /// Twice in one packet, on one connection.
    Pipelined,
    /// In one piece, and then the connection is closed without waiting for the answer.
    HungUp,
}

impl Case {
    /// All cases: those of the files, and those that the events' fixtures make.
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

    /// Whether it is sent in a way.
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

    /// A further delivery as a case of its own.
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
