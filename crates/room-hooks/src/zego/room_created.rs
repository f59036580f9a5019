use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{RoomEvent, lenient};

use super::{Event, Zego};

/// A room was created: ZIM's
/// [`room_create`](https://www.zegocloud.com/docs/zim-server/callbacks/room/room-created).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RoomCreated {
    /// The room's id: up to 32 characters, spaces and signs such as `%` and `+` among them.
    #[serde(deserialize_with = "lenient::text")]
    pub room_id: String,
    /// The user who created it.
    #[serde(default, deserialize_with = "lenient::optional_text")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_account: Option<String>,
    /// The room's name.
    #[serde(default, deserialize_with = "lenient::optional_text")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_name: Option<String>,
    /// The attributes that it was created with.
    #[serde(default, deserialize_with = "lenient::objects")]
    pub attributes: Vec<RoomAttribute>,
}

/// One attribute of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RoomAttribute {
    /// The attribute's name.
    #[serde(deserialize_with = "lenient::text")]
    pub key: String,
    /// The attribute's value.
    #[serde(deserialize_with = "lenient::text")]
    pub value: String,
    /// Whether the attribute goes when the user who set it leaves the room; on the wire 0 or 1.
    #[serde(default, deserialize_with = "flag", serialize_with = "as_digit")]
    pub auto_delete: bool,
}

impl RoomCreated {
    pub(super) const NAME: &str = "room_create";
}

impl RoomEvent for RoomCreated {
    type Provider = Zego;

    fn narrow(event: Event) -> Result<Self, Event> {
        match event {
            Event::RoomCreated(created) => Ok(created),
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
        Some(&self.room_id)
    }

    fn operator(&self) -> Option<&str> {
        self.operator_account.as_deref()
    }

    /// ZIM tells only when the callback was sent.
    fn occurred_at(&self) -> Option<SystemTime> {
        None
    }
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(lenient::optional_bool(deserializer)?.unwrap_or_default())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn as_digit<S: Serializer>(flag: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8((*flag).into())
}
