#![doc = include_str!("docs.md")]

mod event;
mod event_info;
#[cfg(feature = "testing")]
mod explain;
mod media;
mod question;
pub mod recording;
mod relay;
mod room;
mod signature;

use std::time::{Duration, SystemTime};

use crate::{
    App, Claimant, ConfigError, Contents, Delivery, Disposition, Document, IntoAppId, IntoSecrets,
    Provider, Refusal, RequestData, SecretName, Verified,
    adapter::{CallbackResponse, Received},
    request::delivery::EMPTY,
    verify::{
        apps::{Apps, Signer},
        freshness::Freshness,
        lookup::Lookup,
        provider::{Opened, Sealed},
        verified::Attempt,
    },
};

use self::event::Envelope;

pub use self::event::Event;
#[cfg(feature = "testing")]
pub(crate) use self::event::MEMBERS;
pub use self::media::{
    AudioStarted, AudioStopped, SubStreamStarted, SubStreamStopped, VideoStarted, VideoStopped,
};
pub use self::question::Question;
pub use self::relay::{RelayPayload, RelayRoomType, RelayStatus, RelayStatusChanged};
pub use self::room::{
    EnterReason, LeaveReason, Role, RoleChanged, RoomCreated, RoomDismissed, TerminalType,
    UserEntered, UserLeft, UserType,
};

/// TRTC as the sender of callbacks, for one app or several.
///
/// ```
/// use room_hooks::{Hooks, Verified, trtc::{Trtc, UserEntered}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let trtc = Trtc::new(1400000001, "callback key")?;
/// let hooks = Hooks::new(trtc).on(async |entered: Verified<UserEntered>| {
///     println!("{:?} entered {}", entered.event.user_id, entered.event.room_id);
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Trtc {
    apps: Apps,
    freshness: Option<Freshness>,
}

impl Trtc {
    /// The smallest tolerance that accepts every honest retry: TRTC retries for a minute, and the
    /// last retry may follow 5 s later, if TRTC has to wait for the response to the one before.
    pub const MIN_TOLERANCE: Duration = Duration::from_secs(70);

    /// Creates the provider for an app from its SDKAppID and the callback key from the console.
    /// Callbacks are accepted regardless of their age; see
    /// [`with_tolerance`](Self::with_tolerance).
    ///
    /// # Errors
    ///
    /// The app id is not a number, or the key is empty, blank, or surrounded by white space.
    pub fn new(sdk_app_id: impl IntoAppId, key: impl IntoSecrets) -> Result<Self, ConfigError> {
        Self { apps: Apps::default(), freshness: None }.with_app(sdk_app_id, key)
    }

    /// Creates the provider for apps that are looked up at run time, like
    /// [`Zego::with_lookup`](crate::zego::Zego::with_lookup). If the path names a tenant, return
    /// only that tenant's app. An app that is added with [`with_app`](Self::with_app) is accepted
    /// on every path.
    #[must_use]
    pub fn with_lookup<F>(lookup: F) -> Self
    where
        F: Fn(&Claimant<'_>) -> Option<App> + Send + Sync + 'static,
    {
        Self { apps: Apps::of_lookup(Lookup::new(lookup)), freshness: None }
    }

    /// Adds another app whose callbacks arrive at the same URL.
    ///
    /// # Errors
    ///
    /// The errors of [`new`](Self::new), or the app was already added.
    pub fn with_app(
        self,
        sdk_app_id: impl IntoAppId,
        key: impl IntoSecrets,
    ) -> Result<Self, ConfigError> {
        let apps = self.apps.insert(sdk_app_id.into_app_id()?, Some(key.into_secrets()?))?;
        Ok(Self { apps, ..self })
    }

    /// Creates the provider for an app whose console has no key, so that its callbacks are not
    /// signed: **anyone who knows the URL can send one**. Only the app id is checked. Keep the URL
    /// unguessable and filter by address, or set a key.
    #[must_use]
    pub fn dangerous_unsigned(sdk_app_id: u64) -> Self {
        Self { apps: Apps::of_unsigned(sdk_app_id), freshness: None }
    }

    /// Adds another app, which does not sign; see [`dangerous_unsigned`](Self::dangerous_unsigned).
    /// Anyone who knows the URL can send callbacks as that app. Have handlers check
    /// [`Verified::app_id`](crate::Contents::app_id), or give the app its own URL.
    ///
    /// # Errors
    ///
    /// The app was already added.
    pub fn with_dangerous_unsigned_app(self, sdk_app_id: u64) -> Result<Self, ConfigError> {
        Ok(Self { apps: self.apps.insert(sdk_app_id, None)?, ..self })
    }

    /// Sets the tolerance: how far a signed callback's `CallbackTs` may be from the current time,
    /// in either direction.
    ///
    /// # Errors
    ///
    /// The tolerance is less than [`MIN_TOLERANCE`](Self::MIN_TOLERANCE), which would refuse
    /// retries that carry the time of the first attempt, or more than 40 years.
    pub fn with_tolerance(self, tolerance: Duration) -> Result<Self, ConfigError> {
        let freshness = Freshness::new(tolerance, Self::MIN_TOLERANCE)?;
        Ok(Self { freshness: Some(freshness), ..self })
    }

    /// The app that a delivery belongs to, and the key that signed it. The body is not parsed
    /// before the signature is verified.
    fn sender(
        &self,
        delivery: Delivery<'_>,
        request: &RequestData,
    ) -> Result<(u64, Option<SecretName>), Refusal> {
        if delivery.body().is_empty() {
            return Err(EMPTY);
        }
        // An empty header counts as absent.
        let header = |name| delivery.header(name).filter(|value| !value.is_empty());
        let app_id = header("SdkAppId").map(|id| str::from_utf8(id).unwrap_or_default());
        let sign = header("Sign");
        if let Some(app_id) = self.apps.unsigned(app_id, sign.is_none()) {
            return Ok((app_id, None));
        }
        let signature = signature::from_base64(sign.ok_or(Refusal::NotSigned { part: "Sign" })?)?;
        let digest = |key: &[u8]| signature::digest(key, delivery.body());
        let Signer { app_id, secret } = self.apps.signer(app_id, request, &signature, digest)?;
        Ok((app_id, Some(secret)))
    }
}

impl Sealed for Trtc {}

impl Provider for Trtc {
    const NAME: &'static str = "trtc";

    /// TRTC waits 5 s for the response.
    const RESPONSE_TIMEOUT: Duration = Duration::from_secs(4);

    const QUESTION_TIMEOUT: Duration = Self::RESPONSE_TIMEOUT;

    const SENT_AT: &'static [&'static str] = &["callbackts"];

    const ROOM_ID: &'static [&'static str] = &["EventInfo.RoomId", "RoomId"];
    const HAS_NUMBERED_ROOMS: bool = true;

    type Event = Event;
    type Question = Question;

    fn open(
        &self,
        delivery: Delivery<'_>,
        request: &RequestData,
        now: &dyn Fn(u64) -> SystemTime,
    ) -> Result<Opened<Self>, Refusal> {
        let (app_id, secret) = self.sender(delivery, request)?;
        let document = Document::new::<Self>(delivery.text()?);
        let envelope = Envelope::read(&document)?;
        // An unsigned time proves nothing.
        let sent_at = secret.and_then(|_| envelope.sent_at());
        if let Some(freshness) = self.freshness.filter(|_| secret.is_some()) {
            freshness
                .check(sent_at.ok_or(Refusal::NotSigned { part: "CallbackTs" })?, now(app_id))?;
        }
        Ok(Opened::Callback(Verified::new(Contents {
            event: Received::Event(Event::decode(&envelope, &document)),
            app_id,
            sent_at,
            secret,
            document,
            request: RequestData::default(),
            parameters: Vec::new(),
            request_id: None,
            // The signature covers the body, so it need not be bound to it.
            signature: None,
            stored_id: None,
            attempt: Attempt::default(),
        })))
    }

    fn tolerance(&self) -> Option<Duration> {
        self.freshness.map(|freshness| freshness.0)
    }

    /// TRTC checks only the status, and accepts at most 2000 bytes, including headers.
    fn response(disposition: &Disposition) -> CallbackResponse {
        let status = disposition.status();
        CallbackResponse::new(status, if status == 200 { r#"{"code":0}"# } else { r#"{"code":1}"# })
    }
}
