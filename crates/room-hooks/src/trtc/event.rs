use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{
    Document, Refusal, RoomEvent,
    event::lenient::{self, Lenient},
    event::members::outermost,
    event::scanner::Raw,
    event::table::events,
    event::unix_time::at_millis,
};

use super::{
    AudioStarted, AudioStopped, RoleChanged, RoomCreated, RoomDismissed, SubStreamStarted,
    SubStreamStopped, Trtc, UserEntered, UserLeft, VideoStarted, VideoStopped,
};

events! {
    /// Everything that TRTC can send.
    ///
    /// Serialises as it is on the wire, with `EventGroupId`, `EventType` and `EventInfo`; a handler that
    /// asks for one kind has the `EventInfo`.
    pub enum Event of Trtc in "trtc", read by from_wire, written by on_wire {
        /// A room was created.
        RoomCreated(RoomCreated) = "101", distinct by "EventInfo.EventMsTs";
        /// A room was dismissed.
        RoomDismissed(RoomDismissed) = "102", distinct by "EventInfo.EventMsTs";
        /// A user entered a room.
        UserEntered(UserEntered) = "103", distinct by "EventInfo.EventMsTs";
        /// A user left a room.
        UserLeft(UserLeft) = "104", distinct by "EventInfo.EventMsTs";
        /// A user has another role.
        RoleChanged(RoleChanged) = "105", distinct by "EventInfo.EventMsTs";
        /// A user sends video.
        VideoStarted(VideoStarted) = "201", distinct by "EventInfo.EventMsTs";
        /// A user no longer sends video.
        VideoStopped(VideoStopped) = "202", distinct by "EventInfo.EventMsTs";
        /// A user sends audio.
        AudioStarted(AudioStarted) = "203", distinct by "EventInfo.EventMsTs";
        /// A user no longer sends audio.
        AudioStopped(AudioStopped) = "204", distinct by "EventInfo.EventMsTs";
        /// A user sends the sub-stream.
        SubStreamStarted(SubStreamStarted) = "205", distinct by "EventInfo.EventMsTs";
        /// A user no longer sends the sub-stream.
        SubStreamStopped(SubStreamStopped) = "206", distinct by "EventInfo.EventMsTs";
    }
}

/// The members of an envelope.
pub(crate) const MEMBERS: [&str; 4] = ["EventGroupId", "EventType", "CallbackTs", "EventInfo"];

/// The outermost members, the event's own not taken apart. One that is there twice is refused.
///
/// They are signed, so that an odd value of one is no reason to refuse the event, but to keep it as it
/// is.
pub(super) struct Envelope<'a> {
    event_group_id: Option<Raw<'a>>,
    event_type: Raw<'a>,
    callback_ts: Option<Raw<'a>>,
}

impl<'a> Envelope<'a> {
    pub(super) fn read(json: &'a str) -> Result<Self, Refusal> {
        // The last must only not be there twice.
        let [event_group_id, event_type, callback_ts, _] = outermost(json, MEMBERS)?;
        match event_type {
            Some(event_type)
                if event_type.get().starts_with(|first: char| "\"-0123456789".contains(first)) =>
            {
                Ok(Self { event_group_id, event_type, callback_ts })
            }
            _ => Err(Refusal::Malformed { what: "the body names no event" }),
        }
    }

    /// When it was sent.
    pub(super) fn sent_at(&self) -> Option<SystemTime> {
        at_millis(number(self.callback_ts?)?)
    }
}

fn number(raw: Raw<'_>) -> Option<u64> {
    u64::read(&mut serde_json::Deserializer::from_str(raw.get())).ok().flatten()
}

impl Event {
    pub(super) fn decode(envelope: &Envelope<'_>, document: &Document) -> Result<Self, Refusal> {
        let name = envelope.event_type.get().trim_matches('"');
        // Types of other groups have numbers of their own; should one clash, it is not taken for this.
        let known = number(envelope.event_type).map(group_of).is_some_and(|group| {
            envelope.event_group_id.is_none_or(|claimed| number(claimed) == Some(group))
        });
        let kind = if known { name } else { "other" };
        Self::read(kind, name, document)
    }
}

/// The group that the events of groups 1 and 2 show by their first digit.
pub(super) fn group_of(event_type: u64) -> u64 {
    event_type / 100
}

/// Reads the event itself from what TRTC sends around it.
fn from_wire<E: Lenient>(json: &str) -> Result<E, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", bound = "E: Lenient")]
    struct Around<E> {
        #[serde(deserialize_with = "lenient::required")]
        event_info: E,
    }
    serde_json::from_str(json).map(|Around { event_info }| event_info)
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
        Self::decode(&envelope, &document).map_err(D::Error::custom)
    }
}
