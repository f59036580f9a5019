use std::{
    error::Error,
    io::{self, Write},
};

use room_hooks::{
    Callback, Handlers, Provider, RoomEvent, Verified,
    tencent::{self, Tencent},
    trtc::{self, Trtc},
    zego::{self, Zego},
};
use serde::Serialize;

use crate::environment::failures;

/// The handlers of events, which print each as a line of JSON. Hooks take them, or the worker of an inbox.
#[derive(Debug)]
#[non_exhaustive]
pub struct EventHandlers {
    /// Handlers of ZEGO's events.
    pub zego: Handlers<Zego>,
    /// Handlers of Tencent's events.
    pub tencent: Handlers<Tencent>,
    /// Handlers of TRTC's events.
    pub trtc: Handlers<Trtc>,
}

impl EventHandlers {
    /// Creates the handlers. With `ROOM_HOOKS_FAIL=N`, the first N attempts at every event fail.
    ///
    /// # Errors
    ///
    /// `ROOM_HOOKS_FAIL` is not a number.
    pub fn from_env() -> anyhow::Result<Self> {
        let failures = failures()?;
        Ok(Self {
            zego: Handlers::new()
                .fallback(move |event: Verified<zego::Event>| on_event(event, failures)),
            tencent: Handlers::new()
                .fallback(move |event: Verified<tencent::Event>| on_event(event, failures)),
            trtc: Handlers::new()
                .fallback(move |event: Verified<trtc::Event>| on_event(event, failures)),
        })
    }
}

/// Handles an event. If it fails, it is called again: when the sender tries again, or by the worker of an inbox.
async fn on_event<E>(event: Verified<E>, failures: u32) -> Result<(), Box<dyn Error + Send + Sync>>
where
    E: RoomEvent,
{
    if event.attempt() <= failures {
        return Err(format!("attempt {} fails, as ROOM_HOOKS_FAIL asks", event.attempt()).into());
    }
    Ok(print(&event)?)
}

/// Allows a question of ZEGO's, and prints it.
pub(crate) async fn allow_zego(asked: Verified<zego::Question>) -> io::Result<zego::Decision> {
    print(&asked)?;
    Ok(zego::Decision::neutral())
}

/// Allows a question of Tencent's, and prints it.
pub(crate) async fn allow_tencent(
    asked: Verified<tencent::Question>,
) -> io::Result<tencent::Decision<tencent::Question>> {
    print(&asked)?;
    Ok(tencent::Decision::allow())
}

fn print<E: Callback>(verified: &Verified<E>) -> io::Result<()> {
    let line = serde_json::to_string(&EventLine {
        provider: E::Provider::NAME,
        app_id: verified.app_id.to_string(),
        event: verified.event.name(),
        room_id: verified.event.room_id(),
        data: &verified.event,
    })?;
    writeln!(io::stdout(), "{line}")
}

#[derive(Serialize)]
struct EventLine<'a, E> {
    provider: &'static str,
    app_id: String,
    event: &'a str,
    room_id: Option<&'a str>,
    data: &'a E,
}
