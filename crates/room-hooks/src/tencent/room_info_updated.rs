use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};

use crate::{RoomEvent, freshness::at_unix, lenient};

use super::{Event, Tencent};

/// The information of a room was changed: Tencent's
/// [`Room.CallbackAfterUpdateRoomInfo`](https://trtc.io/document/60731).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RoomInfoUpdated {
    /// The user who changed it.
    #[serde(rename = "Operator_Account", default, deserialize_with = "lenient::optional_text")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_account: Option<String>,
    /// The room and what is said of it.
    #[serde(rename = "RoomInfo")]
    pub room_info: RoomInfo,
    /// When it was changed, in Unix milliseconds.
    #[serde(rename = "EventTime", default, deserialize_with = "lenient::optional_integer")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_time: Option<u64>,
}

/// What a callback says of a room. Tencent does not document whether all of it comes or only what
/// changed, so everything but the id may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct RoomInfo {
    /// The room's id.
    #[serde(deserialize_with = "lenient::text")]
    pub room_id: String,
    /// The room's name.
    #[serde(default, deserialize_with = "lenient::optional_text")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_name: Option<String>,
    /// The user who hosts the room.
    #[serde(rename = "Owner_Account", default, deserialize_with = "lenient::optional_text")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_account: Option<String>,
    /// How a member comes by a seat.
    #[serde(default, deserialize_with = "lenient::optional_name")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take_seat_mode: Option<TakeSeatMode>,
    /// The most members that the room may have.
    #[serde(default, deserialize_with = "lenient::optional_integer")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_member_count: Option<u64>,
    /// Whether video is off for all.
    #[serde(default, deserialize_with = "lenient::optional_bool")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_video_disabled: Option<bool>,
    /// Whether audio is off for all.
    #[serde(default, deserialize_with = "lenient::optional_bool")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_audio_disabled: Option<bool>,
    /// Whether nobody may send text messages.
    #[serde(default, deserialize_with = "lenient::optional_bool")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_message_disabled: Option<bool>,
    /// Whether nobody may share a screen.
    #[serde(default, deserialize_with = "lenient::optional_bool")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_screen_sharing_disabled: Option<bool>,
    /// Whether the room may not be recorded in the cloud. Seen on the wire as a string.
    #[serde(default, deserialize_with = "lenient::optional_bool")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_cloud_recording_disabled: Option<bool>,
    /// The app's own text about the room.
    #[serde(default, deserialize_with = "lenient::optional_text")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_info: Option<String>,
}

/// How a member of a room comes by a seat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
#[non_exhaustive]
pub enum TakeSeatMode {
    /// There are no seats to take: `None`.
    None,
    /// Anybody may sit down: `FreeToTake`.
    FreeToTake,
    /// The host decides: `ApplyToTake`.
    ApplyToTake,
    /// A mode that this crate does not know, as it is on the wire.
    Unknown(String),
}

impl RoomInfoUpdated {
    pub(super) const NAME: &str = "Room.CallbackAfterUpdateRoomInfo";
    pub(super) const OLDER_NAME: &str = "Room.CallbackUpdateRoomInfo";
}

impl RoomEvent for RoomInfoUpdated {
    type Provider = Tencent;

    fn narrow(event: Event) -> Result<Self, Event> {
        match event {
            Event::RoomInfoUpdated(updated) => Ok(updated),
            other => Err(other),
        }
    }

    fn name(&self) -> &str {
        Self::NAME
    }

    fn kind(&self) -> &'static str {
        Self::NAME
    }

    fn room_id(&self) -> Option<&str> {
        Some(&self.room_info.room_id)
    }

    fn operator(&self) -> Option<&str> {
        self.operator_account.as_deref()
    }

    fn occurred_at(&self) -> Option<SystemTime> {
        self.event_time.and_then(|millis| at_unix(Duration::from_millis(millis)))
    }
}

impl TakeSeatMode {
    /// The mode's name on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::None => "None",
            Self::FreeToTake => "FreeToTake",
            Self::ApplyToTake => "ApplyToTake",
            Self::Unknown(mode) => mode,
        }
    }
}

impl fmt::Display for TakeSeatMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<String> for TakeSeatMode {
    fn from(mode: String) -> Self {
        [Self::None, Self::FreeToTake, Self::ApplyToTake]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(&mode))
            .unwrap_or(Self::Unknown(mode))
    }
}

impl From<TakeSeatMode> for String {
    fn from(mode: TakeSeatMode) -> Self {
        mode.as_str().to_owned()
    }
}
