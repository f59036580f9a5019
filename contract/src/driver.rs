use std::net::TcpListener;

use room_hooks::{
    Hooks, Provider, Question, Receiver, RoomEvent, Verified, tencent::Tencent, trtc::Trtc,
};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::Seen;

/// Connects the suite to a framework.
pub trait Driver: 'static {
    /// The framework's name.
    const NAME: &'static str;

    /// The ways that the framework's adapter supports.
    const WAYS: &'static [Way];

    /// Serves at `/` until `stop` resolves. Like all methods here, it has a thread to itself.
    fn serve<E: RoomEvent + Serialize>(
        listener: TcpListener,
        mount: Mount,
        receiver: Receiver<E::Provider>,
        seen: Seen,
        stop: oneshot::Receiver<()>,
    );

    /// Serves hooks at `/`, behind middleware that consumes every body if `is_consumed`.
    fn serve_hooks<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        is_consumed: bool,
        stop: oneshot::Receiver<()>,
    );

    /// Serves hooks at `/hooks/{tenant}/{provider}`, with a handler that passes them its request.
    fn serve_tenants<P: Provider>(
        listener: TcpListener,
        hooks: Hooks<P>,
        stop: oneshot::Receiver<()>,
    );

    /// Serves a handler at `/` that extracts questions and answers with the result of `decide`. An
    /// adapter without extractors has a handler behind the verifying middleware instead.
    fn serve_questions<Q: Question>(
        listener: TcpListener,
        receiver: Receiver<Q::Provider>,
        decide: Decide<Q>,
        stop: oneshot::Receiver<()>,
    );

    /// Serves hooks for both Tencent protocols at `/`.
    fn serve_tencent(
        listener: TcpListener,
        tencent: Hooks<Tencent>,
        trtc: Hooks<Trtc>,
        stop: oneshot::Receiver<()>,
    );
}

/// The handler at `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver that forgets one must not compile")]
pub enum Mount {
    /// A handler that extracts `E`.
    Extractor,
    /// A handler that extracts only the body, behind the verifying middleware.
    Guard,
    /// A handler that extracts `E`, behind the verifying middleware.
    GuardAndExtractor,
}

/// Decides an extracted question.
pub type Decide<Q> = fn(&Verified<Q>) -> <Q as Question>::Decision;

/// A way into a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Way {
    /// The handler extracts every event of the provider.
    Extractor,
    /// The handler extracts only the baseline's kind of event.
    OneKind,
    /// The handler extracts only the body, behind the verifying middleware.
    Guard,
    /// The handler extracts every event, behind the verifying middleware.
    GuardAndExtractor,
    /// The handlers are behind `Hooks`.
    Hooks,
    /// The handlers are behind `Hooks`, at a URL shared with the other Tencent protocol; for every
    /// Tencent and TRTC case that is sent to `Hooks`.
    Shared,
    /// The handlers are behind `Hooks`, after middleware that consumes every body; only for cases
    /// that name it.
    Consumed,
}
