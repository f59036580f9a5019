//! The receiver of the demonstration: a backend as a user would write it, which also reports the
//! events that its handlers receive.

use std::{
    future::pending,
    io,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::Sender,
    },
    time::Duration,
};

use axum::Router;
use room_hooks::{
    ConfigError, Hooks, Receiver, RoomCreated, RoomEvent, RoomInfoUpdated, Verified,
    tencent::{Decision, DenyCode, Tencent, live::BeforeSendGift},
    trtc::{Trtc, UserEntered},
    zego::Zego,
};
use room_hooks_axum::handler;
use serde::Serialize;

pub(super) const ZEGO_APP: u64 = 1234567890;
pub(super) const TENCENT_APP: u64 = 1400000000;
const TRTC_APP: u64 = 1400000000;
pub(super) const BODY_LIMIT: usize = 64 * 1024;

/// The room whose first callback makes the handler fail.
pub(super) const FLAKY_ROOM: &str = "flaky";

/// The room whose gifts the handler denies.
pub(super) const QUIET_ROOM: &str = "library";

/// The room whose gifts the handler decides on too late.
pub(super) const SLOW_ROOM: &str = "slow";

pub(super) fn zego() -> Result<Zego, ConfigError> {
    Zego::new(ZEGO_APP, "demo-callback-secret")
}

pub(super) fn tencent() -> Result<Tencent, ConfigError> {
    Tencent::new(TENCENT_APP, "demo-token")
}

pub(super) fn trtc() -> Result<Trtc, ConfigError> {
    Trtc::new(TRTC_APP, "demokey")
}

/// The router. Each handler sends its event to `seen`, as JSON.
pub(super) fn router(seen: &Sender<String>) -> Result<Router, ConfigError> {
    let zego = hooks::<RoomCreated>(zego()?, seen.clone());
    let tencent = hooks::<RoomInfoUpdated>(tencent()?, seen.clone())
        .answer_with(seen.clone(), decide_on_gift);
    let trtc = hooks::<UserEntered>(trtc()?, seen.clone());
    Ok(Router::new()
        .route("/hooks/zego", handler(zego))
        .route("/hooks/tencent", handler(tencent))
        .route("/hooks/trtc", handler(trtc)))
}

/// Denies gifts to one room, and never decides on gifts to another.
async fn decide_on_gift(
    seen: Sender<String>,
    gift: Verified<BeforeSendGift>,
) -> Result<Decision<BeforeSendGift>, serde_json::Error> {
    const NO_GIFTS: DenyCode<BeforeSendGift> = DenyCode::new(102_100).unwrap();
    seen.send(serde_json::to_string(&gift.event)?).unwrap_or_default();
    Ok(match &*gift.event.room_id {
        QUIET_ROOM => Decision::deny_with(NO_GIFTS, "no gifts here"),
        SLOW_ROOM => pending().await,
        _ => Decision::allow(),
    })
}

fn hooks<E>(provider: E::Provider, seen: Sender<String>) -> Hooks<E::Provider>
where
    E: RoomEvent + Serialize,
{
    let receiver = Receiver::new(provider)
        .with_body_limit(BODY_LIMIT)
        .with_body_timeout(Duration::from_millis(300));
    let failed = AtomicBool::new(false);
    Hooks::new(receiver).on(move |verified: Verified<E>| {
        let flaky = verified.event.room_id() == Some(FLAKY_ROOM);
        let fails = flaky && !failed.swap(true, Ordering::SeqCst);
        let shown = serde_json::to_string(&verified.event)
            .map(|event| seen.send(event).unwrap_or_default());
        async move {
            shown?;
            if fails { Err(io::Error::other("the database is down")) } else { Ok(()) }
        }
    })
}
