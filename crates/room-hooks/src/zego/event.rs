use std::borrow::Cow;

use serde::{Serializer, ser::Error as _};

use crate::{
    Callback, Document, Facts, Refusal,
    event::{
        document::string,
        table::{events, named},
    },
};

use super::{
    RoomCreated, RoomDestroyed, RoomEntered, RoomExited, Zego, ai_agent,
    envelope::{Envelope, EventName},
    express, moderation, recording,
};

events! {
    /// Any event that ZEGO sends.
    ///
    /// Serializes as on the wire, with its name in `event`, `Event` or `event_type`, without the
    /// signature.
    ///
    /// ```
    /// use room_hooks::{Callback, zego::Event};
    ///
    /// fn describe(event: &Event) -> String {
    ///     match event {
    ///         Event::ExpressRoomCreated(created) => format!("{} was created", created.room_id),
    ///         Event::ExpressRoomClosed(closed) => format!("{} was closed", closed.room_id),
    ///         Event::Raw(raw) => format!("{}, which has no type", raw.name),
    ///         other => other.kind().to_owned(),
    ///     }
    /// }
    /// ```
    pub enum Event of Zego in "zego", read by serde_json::from_str, written by on_wire,
        distinct by []
        => |event| Facts::of(&*event.room_id).by(event.operator_account.as_deref());
    /// A room was created (ZIM).
    RoomCreated(RoomCreated) = "room_create";
    /// A user entered a room (ZIM).
    RoomEntered(RoomEntered) = "room_enter"
        => |event| Facts::of(&*event.room_id).by(event.user());
    /// Users left a room (ZIM).
    RoomExited(RoomExited) = "room_exit"
        => |event| Facts::of(&*event.room_id).by(event.user());
    /// A room was destroyed (ZIM).
    RoomDestroyed(RoomDestroyed) = "room_destroy";
    /// A room was created (Express).
    ExpressRoomCreated(express::RoomCreated) = "room_create" as "express/room_create",
        distinct by "room_create_time"
        => |event| Facts::of(&*event.room_id)
            .by(event.id_name.as_deref())
            .at(event.room_create_time)
            .in_session(event.room_session_id);
    /// A room was closed (Express). The event has no operator.
    ExpressRoomClosed(express::RoomClosed) = "room_close",
        distinct by "room_close_time"
        => |event| Facts::of(&*event.room_id)
            .at(event.room_close_time)
            .in_session(event.room_session_id);
    /// A user logged in to a room (Express).
    ExpressUserLoggedIn(express::UserLoggedIn) = "room_login",
        distinct by "login_time"
        => |event| Facts::of(&*event.room_id)
            .by(event.user_account.as_deref())
            .at(event.login_time)
            .in_session(event.room_seq);
    /// A user logged out of a room (Express).
    ExpressUserLoggedOut(express::UserLoggedOut) = "room_logout",
        distinct by "logout_time"
        => |event| Facts::of(&*event.room_id)
            .by(event.user_account.as_deref())
            .at(event.logout_time)
            .in_session(event.room_seq);
    /// A stream was published (Express).
    ExpressStreamCreated(express::StreamCreated) = "stream_create",
        distinct by "create_time_ms"
        => |event| Facts::of(&*event.room_id)
            .by(event.user_id.as_deref())
            .at(event.create_time_ms)
            .in_session(event.room_session_id);
    /// A stream was closed (Express).
    ExpressStreamClosed(express::StreamClosed) = "stream_close",
        distinct by "destroy_timemillis"
        => |event| Facts::of(&*event.room_id)
            .by(event.user_id.as_deref())
            .at(event.destroy_time_ms)
            .in_session(event.room_session_id);
    /// Files were uploaded (cloud recording).
    RecordingFilesUploaded(recording::FilesUploaded) = "cloud_recording/1",
        distinct by "task_id#sequence"
        => |event| Facts::of(&*event.room_id);
    /// A recording failed (cloud recording).
    RecordingFailed(recording::RecordingFailed) = "cloud_recording/2",
        distinct by "task_id#sequence"
        => |event| Facts::of(&*event.room_id);
    /// An image could not be fetched (cloud recording).
    RecordingImageNotFetched(recording::ImageNotFetched) = "cloud_recording/3",
        distinct by "task_id#sequence"
        => |event| Facts::of(&*event.room_id);
    /// The room had no stream to record (cloud recording).
    RecordingNoStreams(recording::NoStreams) = "cloud_recording/4",
        distinct by "task_id#sequence"
        => |event| Facts::of(&*event.room_id);
    /// A recording ended (cloud recording).
    RecordingEnded(recording::RecordingEnded) = "cloud_recording/5",
        distinct by "task_id#sequence"
        => |event| Facts::of(&*event.room_id);
    /// The stream to record did not exist (cloud recording).
    RecordingStreamNotFound(recording::StreamNotFound) = "cloud_recording/6",
        distinct by "task_id#sequence"
        => |event| Facts::of(&*event.room_id);
    /// A recording was stopped and its files are being uploaded (cloud recording).
    RecordingStopped(recording::RecordingStopped) = "cloud_recording/7",
        distinct by "task_id#sequence"
        => |event| Facts::of(&*event.room_id);
    /// A stream's playlist became available (cloud recording).
    RecordingPlaylistCreated(recording::PlaylistCreated) = "cloud_recording/102",
        distinct by "task_id#sequence"
        => |event| Facts::of(&*event.room_id);
    /// A recording was paused (cloud recording).
    RecordingPaused(recording::RecordingPaused) = "cloud_recording/201",
        distinct by "task_id#sequence"
        => |event| Facts::of(&*event.room_id);
    /// A recording was resumed (cloud recording).
    RecordingResumed(recording::RecordingResumed) = "cloud_recording/202",
        distinct by "task_id#sequence"
        => |event| Facts::of(&*event.room_id);
    /// The audio of a room or user was checked (moderation).
    ModerationAudioResult(moderation::AudioResult) = "censor_audio_v2_result",
        distinct by "ResultTaskId"
        => |event| event.aux_info.facts();
    /// The audio of a video stream was checked (moderation).
    ModerationVideoAudioResult(moderation::VideoAudioResult) = "censor_video_v2_audio_result",
        distinct by "ResultTaskId"
        => |event| event.aux_info.facts();
    /// A frame of a video stream was checked (moderation).
    ModerationVideoImageResult(moderation::VideoImageResult) = "censor_video_v2_img_result",
        distinct by "ResultTaskId"
        => |event| event.aux_info.facts();
    /// A task that checks audio ended (moderation).
    ModerationAudioStatus(moderation::AudioStatus) = "censor_audio_v2_status"
        => |event| event.aux_info.facts();
    /// A task that checks the audio of video streams ended (moderation).
    ModerationVideoAudioStatus(moderation::VideoAudioStatus) = "censor_video_v2_audio_status"
        => |event| event.aux_info.facts();
    /// A task that checks frames ended (moderation).
    ModerationVideoImageStatus(moderation::VideoImageStatus) = "censor_video_v2_img_status"
        => |event| event.aux_info.facts();
    /// Speech was recognized (AI agent).
    AgentAsrResult(ai_agent::AsrResult) = "ASRResult" as "ai_agent/ASRResult",
        distinct by "AgentInstanceId#Sequence"
        => |event| Facts::of(event.room_id.as_deref()).by(event.data.user_id.as_deref());
    /// The language model answered (AI agent).
    AgentLlmResult(ai_agent::LlmResult) = "LLMResult" as "ai_agent/LLMResult",
        distinct by "AgentInstanceId#Sequence"
        => |event| Facts::of(event.room_id.as_deref());
    /// An AI agent encountered an error (AI agent).
    AgentException(ai_agent::Exception) = "Exception" as "ai_agent/Exception",
        distinct by "AgentInstanceId#Sequence"
        => |event| Facts::of(event.room_id.as_deref());
    /// An AI agent was interrupted (AI agent).
    AgentInterrupted(ai_agent::Interrupted) = "Interrupted" as "ai_agent/Interrupted",
        distinct by "AgentInstanceId#Sequence"
        => |event| Facts::of(event.room_id.as_deref());
    /// A user started or stopped speaking (AI agent).
    AgentUserSpeakAction(ai_agent::UserSpeakAction) =
        "UserSpeakAction" as "ai_agent/UserSpeakAction",
        distinct by "AgentInstanceId#Sequence"
        => |event| Facts::of(event.room_id.as_deref()).by(event.data.user_id.as_deref());
    /// An AI agent's activity changed (AI agent).
    AgentStatus(ai_agent::AgentInstanceStatus) =
        "AgentInstanceStatus" | "ai_agent/AgentSpeakAction" as "ai_agent/AgentInstanceStatus",
        distinct by "AgentInstanceId#Sequence"
        => |event| Facts::of(event.room_id.as_deref());
    /// The audio of the first second of a user's speech (AI agent).
    AgentUserAudioData(ai_agent::UserAudioData) = "UserAudioData" as "ai_agent/UserAudioData",
        distinct by "AgentInstanceId#Sequence"
        => |event| Facts::of(event.room_id.as_deref()).by(event.data.user_id.as_deref());
    /// An AI agent was created (AI agent).
    AgentCreated(ai_agent::AgentInstanceCreated) =
        "AgentInstanceCreated" as "ai_agent/AgentInstanceCreated",
        distinct by "AgentInstanceId#Sequence"
        => |event| Facts::of(event.room_id.as_deref()).at(event.data.created_timestamp);
    /// An AI agent was deleted (AI agent).
    AgentDeleted(ai_agent::AgentInstanceDeleted) =
        "AgentInstanceDeleted" as "ai_agent/AgentInstanceDeleted",
        distinct by "AgentInstanceId#Sequence"
        => |event| Facts::of(event.room_id.as_deref()).at(event.data.deleted_timestamp);
    /// Metadata of an answer (AI agent).
    AgentMetaInfo(ai_agent::AgentInstanceMetaInfo) =
        "AgentInstanceMetaInfo" as "ai_agent/AgentInstanceMetaInfo",
        distinct by "AgentInstanceId#Sequence"
        => |event| Facts::of(event.room_id.as_deref());
}

impl Event {
    /// Reads the event of a document.
    pub(super) fn of(document: &Document) -> Result<Self, Refusal> {
        Ok(Self::decode(&Envelope::read(document)?, document))
    }

    pub(super) fn decode(envelope: &Envelope<'_>, document: &Document) -> Self {
        let name = match envelope.event {
            EventName::Name(json) => string(json).unwrap_or_default(),
            EventName::Number(product, number) => format!("{product}/{number}").into(),
        };
        let kind = match (&envelope.event, &*name) {
            (EventName::Number(..), name) => name.into(),
            // A name must not be mistaken for a kind, which may contain a slash.
            (_, name) if name.contains('/') => "raw".into(),
            (_, name) if envelope.is_ai_agent => format!("ai_agent/{name}").into(),
            (_, "room_create") if envelope.is_express => "express/room_create".into(),
            // ZEGO's pages used this name for `room_create` for a while. A group's own event has no
            // room.
            (_, "group_create") if envelope.has_room => "room_create".into(),
            (_, name) => Cow::from(name),
        };
        Self::read(&kind, &name, document.as_str(), document)
    }
}

pub(super) fn on_wire<E: Callback, S: Serializer>(
    event: &E,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let name = event.name();
    if let Some((_, number)) = name.split_once('/') {
        let number: u64 = number.parse().map_err(S::Error::custom)?;
        return named("event_type", number, event, serializer);
    }
    // Each product spells the field's name its own way: moderation and AI agents capitalize it.
    let is_capitalized = name.starts_with("censor_") || name.starts_with(char::is_uppercase);
    named(if is_capitalized { "Event" } else { "event" }, name, event, serializer)
}
