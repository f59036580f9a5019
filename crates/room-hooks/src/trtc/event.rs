use std::time::SystemTime;

use serde::{Serialize, Serializer};

use crate::{
    Callback, Document, Facts, Refusal,
    event::{
        lenient::{self, Lenient},
        table::events,
        unix_time::at_millis,
    },
};

use super::{
    AudioStarted, AudioStopped, RelayStatusChanged, RoleChanged, RoomCreated, RoomDismissed,
    SubStreamStarted, SubStreamStopped, Trtc, UserEntered, UserLeft, VideoStarted, VideoStopped,
    recording,
};

events! {
    /// Any event that TRTC sends.
    ///
    /// Serializes as on the wire, with `EventGroupId`, `EventType` and `EventInfo`. The types of
    /// single events contain only the `EventInfo`.
    ///
    /// ```
    /// use room_hooks::{Callback, trtc::Event};
    ///
    /// fn describe(event: &Event) -> String {
    ///     match event {
    ///         Event::RoomCreated(created) => format!("{} was created", created.room_id),
    ///         Event::RoomDismissed(dismissed) => format!("{} was dismissed", dismissed.room_id),
    ///         Event::Raw(raw) => format!("{}, which has no type", raw.name),
    ///         other => other.kind().to_owned(),
    ///     }
    /// }
    /// ```
    pub enum Event of Trtc in "trtc", read by from_wire, written by on_wire,
        distinct by ["EventInfo.EventMsTs", "EventInfo.EventTsMs"]
        => |event| facts(&event.room_id, &event.user_id, event.event_ms_ts, event.event_ts);
    /// A room was created.
    RoomCreated(RoomCreated) = "101";
    /// A room was dismissed.
    RoomDismissed(RoomDismissed) = "102"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// A user entered a room.
    UserEntered(UserEntered) = "103";
    /// A user left a room.
    UserLeft(UserLeft) = "104";
    /// A user's role changed.
    RoleChanged(RoleChanged) = "105";
    /// A user started sending video.
    VideoStarted(VideoStarted) = "201";
    /// A user stopped sending video.
    VideoStopped(VideoStopped) = "202";
    /// A user started sending audio.
    AudioStarted(AudioStarted) = "203";
    /// A user stopped sending audio.
    AudioStopped(AudioStopped) = "204";
    /// A user started sending the sub-stream.
    SubStreamStarted(SubStreamStarted) = "205";
    /// A user stopped sending the sub-stream.
    SubStreamStopped(SubStreamStopped) = "206";
    /// The recorder started, or failed to start.
    RecorderStarted(recording::RecorderStarted) = "301"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// The recorder left the room.
    RecorderStopped(recording::RecorderStopped) = "302"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// The upload of a recording started, or failed to start.
    UploadStarted(recording::UploadStarted) = "303"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// A recording's playlist was written for the first time.
    PlaylistWritten(recording::PlaylistWritten) = "304"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// The upload of HLS files ended.
    UploadStopped(recording::UploadStopped) = "305"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// A recording moved to another node.
    RecorderMoved(recording::RecorderMoved) = "306"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// A recording's first segment was written.
    SegmentWritten(recording::SegmentWritten) = "307"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// An image of a recording could not be downloaded.
    ImageDownloadFailed(recording::ImageDownloadFailed) = "309"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// MP4 files are ready.
    Mp4Uploaded(recording::Mp4Uploaded) = "310"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// A file was uploaded to VOD, or the upload failed.
    VodUploaded(recording::VodUploaded) = "311"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// The upload to VOD ended.
    VodStopped(recording::VodStopped) = "312"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, event.event_ts);
    /// A relay's status changed.
    RelayStatusChanged(RelayStatusChanged) = "401"
        => |event| facts(&event.room_id, &None, event.event_ms_ts, None);
}

/// The facts that all events report. If an event has no time in milliseconds, the time in seconds
/// is used.
fn facts<'a>(
    room_id: &'a str,
    user_id: &'a Option<String>,
    millis: Option<u64>,
    seconds: Option<u64>,
) -> Facts<'a> {
    let seconds = || seconds.and_then(|seconds| seconds.checked_mul(1000));
    Facts::of(room_id).by(user_id.as_deref()).at(millis.or_else(seconds))
}

/// The fields of an envelope.
pub(crate) const MEMBERS: [&str; 4] = ["EventGroupId", "EventType", "CallbackTs", "EventInfo"];

/// The top-level fields, with the event's own fields unparsed. A duplicate field is refused.
///
/// The fields are signed, so an event with an unexpected value is not refused but kept unchanged.
pub(super) struct Envelope<'a> {
    event_group_id: Option<&'a str>,
    /// Absent in some callbacks of group 9.
    event_type: Option<&'a str>,
    callback_ts: Option<&'a str>,
    event_info: &'a str,
}

impl<'a> Envelope<'a> {
    pub(super) fn read(document: &'a Document) -> Result<Self, Refusal> {
        let [event_group_id, event_type, callback_ts, event_info] = document.members(MEMBERS)?;
        let is_named = match event_type {
            Some(event_type) => !event_type.starts_with(['{', '[', 't', 'f']),
            None => event_group_id.and_then(number).is_some(),
        };
        if !is_named {
            return Err(Refusal::Malformed { what: "the body names no event" });
        }
        let event_info = event_info.unwrap_or("null");
        Ok(Self { event_group_id, event_type, callback_ts, event_info })
    }

    /// When the callback was sent.
    pub(super) fn sent_at(&self) -> Option<SystemTime> {
        at_millis(number(self.callback_ts?)?)
    }
}

fn number(json: &str) -> Option<u64> {
    u64::read(&mut serde_json::Deserializer::from_str(json)).ok().flatten()
}

impl Event {
    /// Reads the event of a document.
    pub(crate) fn of(document: &Document) -> Result<Self, Refusal> {
        Ok(Self::decode(&Envelope::read(document)?, document))
    }

    pub(super) fn decode(envelope: &Envelope<'_>, document: &Document) -> Self {
        let group = envelope.event_group_id.and_then(number);
        let Some(event_type) = envelope.event_type else {
            let name = format!("group/{}", group.unwrap_or_default());
            return Self::read("raw", &name, envelope.event_info, document);
        };
        let name = event_type.trim_matches('"');
        // Other groups number their types independently, so the group, if present, must match.
        let is_known = number(event_type)
            .map(group_of)
            .is_some_and(|own| envelope.event_group_id.is_none() || group == Some(own));
        let kind = if is_known { name } else { "raw" };
        Self::read(kind, name, envelope.event_info, document)
    }
}

/// The group of an event in groups 1 to 4, which is the first digit of its type.
pub(super) fn group_of(event_type: u64) -> u64 {
    event_type / 100
}

/// Reads an `EventInfo`.
fn from_wire<E: Lenient>(event_info: &str) -> Result<E, serde_json::Error> {
    lenient::required(&mut serde_json::Deserializer::from_str(event_info))
}

fn on_wire<E, S>(event: &E, serializer: S) -> Result<S::Ok, S::Error>
where
    E: Callback,
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
