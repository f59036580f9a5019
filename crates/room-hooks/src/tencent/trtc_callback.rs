use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::value::RawValue;

use crate::{
    Document,
    event::{document::string, lenient::Lenient},
    trtc::{self, Trtc},
};

/// A TRTC callback inside a command of another product, such as a call. The TRTC callback has no
/// signature, and Tencent's signature does not cover it.
///
/// ```
/// use room_hooks::{Verified, tencent::call::RecordChanged, trtc::Event};
///
/// async fn on_record_changed(changed: Verified<RecordChanged>) {
///     if let Event::Mp4Uploaded(uploaded) = &changed.event.callback.event {
///         println!("{}: {:?}", changed.event.call_id, uploaded.payload.file_list);
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrtcCallback {
    /// The event.
    pub event: trtc::Event,
    /// When TRTC sent the callback, in Unix milliseconds.
    pub callback_ts: Option<u64>,
    /// For calls, the number of the kit that made the call.
    pub kit_type: Option<u64>,
}

/// TRTC's fields, whichever object they are in.
const MEMBERS: [&str; 5] = ["EventGroupId", "EventType", "CallbackTs", "EventInfo", "KitType"];

impl<'de> Deserialize<'de> for TrtcCallback {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json: Box<RawValue> = Deserialize::deserialize(deserializer)?;
        // An object may be JSON in a string.
        let json = string(json.get()).unwrap_or(json.get().into());
        let outer = Document::new::<Trtc>(&json);
        let values = outer.members(MEMBERS).map_err(D::Error::custom)?;
        let members: Vec<_> = MEMBERS
            .iter()
            .zip(values)
            .filter_map(|(name, value)| Some(format!("\"{name}\":{}", value?)))
            .collect();
        let inner = Document::new::<Trtc>(&format!("{{{}}}", members.join(",")));
        let number = |json: Option<&str>| match json {
            Some(json) => u64::read(&mut serde_json::Deserializer::from_str(json)),
            None => Ok(None),
        };
        let [_, _, callback_ts, _, kit_type] = values.map(number);
        Ok(Self {
            event: trtc::Event::of(&inner).map_err(D::Error::custom)?,
            callback_ts: callback_ts.map_err(D::Error::custom)?,
            kit_type: kit_type.map_err(D::Error::custom)?,
        })
    }
}

impl Lenient for TrtcCallback {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Option::deserialize(deserializer)
    }
}

impl Serialize for TrtcCallback {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Members<'a> {
            #[serde(flatten)]
            event: &'a trtc::Event,
            #[serde(skip_serializing_if = "Option::is_none")]
            callback_ts: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            kit_type: Option<u64>,
        }
        match &self.event {
            // The raw event includes all five fields.
            trtc::Event::Raw(raw) => raw.serialize(serializer),
            event => {
                let (callback_ts, kit_type) = (self.callback_ts, self.kit_type);
                Members { event, callback_ts, kit_type }.serialize(serializer)
            }
        }
    }
}
