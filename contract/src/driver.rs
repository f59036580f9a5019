use std::net::TcpListener;

use room_hooks::{
    Hooks, Provider, Question, Receiver, RoomEvent, Verified, tencent::Tencent, trtc::Trtc,
};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::Seen;

/// What connects the suite to a framework.
pub trait Driver: 'static {
    /// The framework's name.
    const NAME: &'static str;

    /// The ways in that its adapter has.
    const WAYS: &'static [Way];

    /// Serves at `/`, on a thread of its own, until it is told to stop.
    fn serve<E: RoomEvent + Serialize>(
        listener: TcpListener,
        mount: Mount,
        receiver: Receiver<E::Provider>,
        seen: Seen,
        stop: oneshot::Receiver<()>,
    );

    /// Serves hooks at `/` likewise, behind something that consumes every body if `is_consumed`.
    fn serve_hooks<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        is_consumed: bool,
        stop: oneshot::Receiver<()>,
    );

    /// Serves hooks at `/hooks/{tenant}/{provider}` likewise, by a handler that hands them its request.
    fn serve_tenants<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        stop: oneshot::Receiver<()>,
    );

    /// Serves a handler at `/` likewise that extracts questions and replies with what `decide` says. An adapter without
    /// extractors has a handler behind the guard instead.
    fn serve_questions<Q: Question>(
        listener: TcpListener,
        receiver: Receiver<Q::Provider>,
        decide: Decide<Q>,
        stop: oneshot::Receiver<()>,
    );

    /// Serves the hooks of both of Tencent's protocols at `/` likewise.
    fn serve_tencent(
        listener: TcpListener,
        tencent: Hooks<Tencent>,
        trtc: Hooks<Trtc>,
        stop: oneshot::Receiver<()>,
    );
}

/// What is put at `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver that forgets one must not compile")]
pub enum Mount {
    /// A handler that extracts `E`.
    Extractor,
    /// A handler that extracts nothing but the body, behind the guard.
    Guard,
    /// A handler that extracts `E`, behind the guard.
    GuardAndExtractor,
}

/// What an extractor's handler of questions decides.
pub type Decide<Q> = fn(&Verified<Q>) -> <Q as Question>::Decision;

/// A way into a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Way {
    /// The handler asks for all that the provider sends.
    Extractor,
    /// The handler asks for the one kind that has a type.
    OneKind,
    /// The handler asks for nothing and is guarded.
    Guard,
    /// The handler asks for all and is guarded as well.
    GuardAndExtractor,
    /// The handlers are behind `Hooks`.
    Hooks,
    /// The handlers are behind `Hooks`, beside those of Tencent's other protocol at the same URL; for every case of
    /// Tencent and TRTC that is sent to `Hooks`.
    Shared,
    /// The handlers are behind `Hooks`, and those behind something that consumes every body; only for
    /// cases that name it.
    Consumed,
}
