use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::value::RawValue;

use crate::{Document, Refusal, RoomEvent, catalogue::events, document, lenient};

use super::{
    AudioStarted, AudioStopped, RoleChanged, RoomCreated, RoomDismissed, SubStreamStarted,
    SubStreamStopped, Trtc, UserEntered, UserLeft, VideoStarted, VideoStopped,
};

events! {
    /// Everything that TRTC can send.
    ///
    /// Serialises as it is on the wire, with `EventGroupId`, `EventType` and `EventInfo`; a handler that
    /// asks for one kind has the `EventInfo`.
    pub enum Event of Trtc in "trtc", written by on_wire {
        /// A room was created.
        RoomCreated(RoomCreated) = "101",
        /// A room was dismissed.
        RoomDismissed(RoomDismissed) = "102",
        /// A user entered a room.
        UserEntered(UserEntered) = "103",
        /// A user left a room.
        UserLeft(UserLeft) = "104",
        /// A user has another role.
        RoleChanged(RoleChanged) = "105",
        /// A user sends video.
        VideoStarted(VideoStarted) = "201",
        /// A user no longer sends video.
        VideoStopped(VideoStopped) = "202",
        /// A user sends audio.
        AudioStarted(AudioStarted) = "203",
        /// A user no longer sends audio.
        AudioStopped(AudioStopped) = "204",
        /// A user sends the sub-stream.
        SubStreamStarted(SubStreamStarted) = "205",
        /// A user no longer sends the sub-stream.
        SubStreamStopped(SubStreamStopped) = "206",
    }
}

/// The outermost members, the event's own not taken apart. One that is there twice is refused.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Envelope<'a> {
    #[serde(default, deserialize_with = "lenient::optional")]
    event_group_id: Option<u64>,
    #[serde(deserialize_with = "lenient::required")]
    event_type: u64,
    #[serde(default, deserialize_with = "lenient::optional")]
    pub(super) callback_ts: Option<u64>,
    #[serde(default, borrow)]
    event_info: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    pub(super) fn read(json: &'a str) -> Result<Self, Refusal> {
        document::envelope(json)
    }
}

impl Event {
    pub(super) fn decode(envelope: &Envelope<'_>, document: &Document) -> Self {
        let name = envelope.event_type.to_string();
        // Types of other groups have numbers of their own; should one clash, it is not taken for this.
        let kind = match envelope.event_group_id {
            Some(group) if group != group_of(envelope.event_type) => Cow::Borrowed("other"),
            _ => name.as_str().into(),
        };
        let info = envelope.event_info.map_or("{}", RawValue::get);
        Self::read(&kind, &name, info, document)
    }
}

/// The group that the events of groups 1 and 2 show by their first digit.
pub(super) fn group_of(event_type: u64) -> u64 {
    event_type / 100
}

fn on_wire<E, S>(event: &E, serializer: S) -> Result<S::Ok, S::Error>
where
    E: RoomEvent + Serialize,
    S: Serializer,
{
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Named<'a, E> {
        event_group_id: u64,
        event_type: u64,
        event_info: &'a E,
    }
    let event_type = event.name().parse().map_err(serde::ser::Error::custom)?;
    Named { event_group_id: group_of(event_type), event_type, event_info: event }
        .serialize(serializer)
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let document = Document::deserialize(deserializer)?;
        let envelope = Envelope::read(document.as_str()).map_err(D::Error::custom)?;
        Ok(Self::decode(&envelope, &document))
    }
}
