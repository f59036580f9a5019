//! The receiver that the demonstration plays to: a backend as a user would write it, which also
//! tells what it sees.

use std::{fmt, time::Duration};

use axum::{
    Router,
    routing::{MethodRouter, any},
};
use room_hooks::{
    ConfigError, Receiver, RoomCreated, RoomEvent, RoomInfoUpdated, tencent::Tencent, zego::Zego,
};
use room_hooks_axum::{Ack, RoomHook, RoomHookRejection};
use serde::Serialize;
use tokio::sync::mpsc::UnboundedSender;

pub(super) const ZEGO_APP: u64 = 1234567890;
pub(super) const TENCENT_APP: u64 = 1400000000;
pub(super) const BODY_LIMIT: usize = 64 * 1024;

/// What the receiver did with a delivery.
pub(super) enum Seen {
    /// The handler was called with the event, here as JSON.
    Handled { room_id: String, event: String },
    /// The event was of another kind than the handler asks for.
    Acknowledged,
    /// The delivery was refused, for a reason that its sender does not learn.
    Refused(String),
}

impl Seen {
    pub(super) fn handled(&self) -> bool {
        matches!(self, Self::Handled { .. })
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handled { room_id, event } => {
                write!(f, "handled, room {room_id}\n        {event}")
            }
            Self::Acknowledged => f.write_str("acknowledged, the handler did not ask for it"),
            Self::Refused(reason) => f.write_str(reason),
        }
    }
}

pub(super) fn zego() -> Result<Zego, ConfigError> {
    Zego::new(ZEGO_APP, "demo-callback-secret")
}

pub(super) fn tencent() -> Result<Tencent, ConfigError> {
    Tencent::new(TENCENT_APP, "demo-token")
}

pub(super) fn router(seen: &UnboundedSender<Seen>) -> Result<Router, ConfigError> {
    Ok(Router::new()
        .route("/hooks/zego", receiving::<RoomCreated>(zego()?, seen.clone()))
        .route("/hooks/tencent", receiving::<RoomInfoUpdated>(tencent()?, seen.clone())))
}

fn receiving<E>(provider: E::Provider, seen: UnboundedSender<Seen>) -> MethodRouter
where
    E: RoomEvent + Serialize,
{
    let receiver = Receiver::new(provider)
        .with_body_limit(BODY_LIMIT)
        .with_body_deadline(Duration::from_millis(300));
    let handler = async move |hook: Result<RoomHook<E>, RoomHookRejection>| {
        // The demonstration waits for each of these before it goes on, so none goes astray.
        let _ = seen.send(Seen::from(&hook));
        hook.map(|_| Ack::<E::Provider>::new())
    };
    any(handler).with_state(receiver)
}

impl<E: RoomEvent + Serialize> From<&Result<RoomHook<E>, RoomHookRejection>> for Seen {
    fn from(hook: &Result<RoomHook<E>, RoomHookRejection>) -> Self {
        match hook {
            Ok(RoomHook(verified)) => Self::Handled {
                room_id: verified.event.room_id().unwrap_or_default().to_owned(),
                event: serde_json::to_string(&verified.event).unwrap_or_default(),
            },
            Err(rejection) => match rejection.refusal() {
                None => Self::Acknowledged,
                Some(refusal) => Self::Refused(refusal.to_string()),
            },
        }
    }
}
