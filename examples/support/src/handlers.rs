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

/// Event handlers that print each event as a line of JSON. Hooks or an inbox's worker call them.
#[derive(Debug)]
#[non_exhaustive]
pub struct EventHandlers {
    /// The handlers of ZEGO events.
    pub zego: Handlers<Zego>,
    /// The handlers of Tencent events.
    pub tencent: Handlers<Tencent>,
    /// The handlers of TRTC events.
    pub trtc: Handlers<Trtc>,
}

impl EventHandlers {
    /// Creates the handlers. With `ROOM_HOOKS_FAIL=N`, the first N attempts fail for every event.
    ///
    /// # Errors
    ///
    /// Fails if `ROOM_HOOKS_FAIL` is not a number.
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

/// Handles an event. After a failure, it runs again: when the sender retries, or when an inbox's
/// worker does.
async fn on_event<E>(event: Verified<E>, failures: u32) -> Result<(), Box<dyn Error + Send + Sync>>
where
    E: RoomEvent,
{
    if event.attempt() <= failures {
        return Err(format!("attempt {} fails, as ROOM_HOOKS_FAIL asks", event.attempt()).into());
    }
    Ok(print(&event)?)
}

/// Prints and allows a ZEGO question.
pub(crate) async fn allow_zego(asked: Verified<zego::Question>) -> io::Result<zego::Decision> {
    print(&asked)?;
    Ok(zego::Decision::neutral())
}

/// Prints and allows a Tencent question.
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
