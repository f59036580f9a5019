#![doc = include_str!("docs.md")]

pub mod ai_agent;
mod before_send_msg;
mod beijing_time;
mod envelope;
mod event;
#[cfg(feature = "testing")]
mod explain;
pub mod express;
mod form;
pub mod moderation;
mod question;
pub mod recording;
mod signature;
mod zim;

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use crate::{
    App, Claimant, ConfigError, Contents, Delivery, Disposition, Document, FailurePolicy,
    IntoAppId, IntoSecrets, Provider, Refusal, RequestData, Verified,
    adapter::{CallbackResponse, Received},
    request::{
        delivery::EMPTY,
        form::{decoded, percent_decoded},
    },
    verify::{
        apps::{Apps, Signer},
        freshness::Freshness,
        lookup::Lookup,
        provider::{Opened, Sealed},
        verified::{Attempt, Signature},
    },
};

use self::envelope::{Credentials, Envelope};

pub use self::before_send_msg::{BeforeSendMsg, ConversationType, Decision, MessageType};
#[cfg(feature = "testing")]
pub(crate) use self::envelope::MEMBERS;
pub use self::event::Event;
pub use self::question::Question;
pub use self::zim::{ExitType, RoomAttribute, RoomCreated, RoomDestroyed, RoomEntered, RoomExited};

/// ZEGOCLOUD as the sender of callbacks, for one app or several.
///
/// ```
/// use room_hooks::{Hooks, Verified, zego::{Zego, express::RoomCreated}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let zego = Zego::new(1234567890, "callback secret")?;
/// let hooks = Hooks::new(zego).on(async |created: Verified<RoomCreated>| {
///     println!("{} was created", created.event.room_id);
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Zego {
    apps: Apps,
    freshness: Freshness,
}

impl Zego {
    /// Creates the provider for an app from its AppID and its *CallbackSecret* (not the
    /// ServerSecret), both from the console. The tolerance is 300 s.
    ///
    /// # Errors
    ///
    /// The app id is not a number, or the secret is empty, blank, or surrounded by white space.
    pub fn new(
        app_id: impl IntoAppId,
        callback_secret: impl IntoSecrets,
    ) -> Result<Self, ConfigError> {
        Self::none().with_app(app_id, callback_secret)
    }

    fn none() -> Self {
        Self { apps: Apps::default(), freshness: Freshness(Duration::from_secs(300)) }
    }

    /// Creates the provider for apps that are looked up at run time, for tenants or for secrets
    /// that change. The function receives the app that a delivery [claims](Claimant) to be from,
    /// and returns that app with its secrets. It runs for every request, before anything is
    /// verified, so have it read a cache such as an `ArcSwap`.
    ///
    /// If the app is not found, or is not the one that the delivery names, the delivery is refused
    /// like a forgery (401). **If the path names a tenant, return only that tenant's app.**
    /// Otherwise one tenant's signature is accepted on another tenant's path. An app that is added
    /// with [`with_app`](Self::with_app) is accepted on every path.
    ///
    /// ```
    /// use std::{collections::HashMap, sync::Arc};
    /// use room_hooks::{App, Receiver, Secrets, zego::Zego};
    ///
    /// struct Tenant {
    ///     app_id: u64,
    ///     secrets: Arc<Secrets>,
    /// }
    ///
    /// fn receiver(tenants: HashMap<String, Tenant>) -> Receiver<Zego> {
    ///     let zego = Zego::with_lookup(move |claimant| {
    ///         let tenant = tenants.get(claimant.request.get("tenant")?)?;
    ///         Some(App::new(tenant.app_id, Arc::clone(&tenant.secrets)))
    ///     });
    ///     // The path is /hooks/TENANT/zego.
    ///     Receiver::new(zego).with_request_data(|head, data| data.insert("tenant", head.segment(1)))
    /// }
    /// ```
    #[must_use]
    pub fn with_lookup<F>(lookup: F) -> Self
    where
        F: Fn(&Claimant<'_>) -> Option<App> + Send + Sync + 'static,
    {
        Self { apps: Apps::of_lookup(Lookup::new(lookup)), ..Self::none() }
    }

    /// Adds another app whose callbacks arrive at the same URL.
    ///
    /// # Errors
    ///
    /// The errors of [`new`](Self::new), or the app was already added.
    pub fn with_app(
        self,
        app_id: impl IntoAppId,
        callback_secret: impl IntoSecrets,
    ) -> Result<Self, ConfigError> {
        let apps =
            self.apps.insert(app_id.into_app_id()?, Some(callback_secret.into_secrets()?))?;
        Ok(Self { apps, ..self })
    }

    /// Sets the tolerance: how far a callback's timestamp may be from the current time, in either
    /// direction.
    ///
    /// During this time, anyone who observes a signature can attach a different body to it. ZEGO
    /// retries a callback for about a minute, so a smaller tolerance may refuse retries.
    ///
    /// # Errors
    ///
    /// The tolerance is less than a second or more than 40 years.
    pub fn with_tolerance(self, tolerance: Duration) -> Result<Self, ConfigError> {
        Ok(Self { freshness: Freshness::new(tolerance, Duration::from_secs(1))?, ..self })
    }

    /// Verifies the sender and the time of a callback.
    fn sender(
        &self,
        credentials: &Credentials<'_>,
        request: &RequestData,
        now: &dyn Fn(u64) -> SystemTime,
    ) -> Result<(Signer, SystemTime, Signature), Refusal> {
        let signed = credentials.signed()?;
        let named = credentials.app_id.as_deref();
        let digest = |secret: &[u8]| signature::digest(secret, signed.timestamp, signed.nonce);
        let signer = self.apps.signer(named, request, &signed.signature, digest)?;
        let now = now(signer.app_id);
        for time in [Some(signed.sent_at), signed.earlier()].into_iter().flatten() {
            self.freshness.check(time, now)?;
        }
        let digest = Box::new(signed.signature);
        Ok((signer, signed.sent_at, Signature { digest, is_unique: signed.is_unique() }))
    }
}

impl Sealed for Zego {}

impl Provider for Zego {
    const NAME: &'static str = "zego";

    const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

    /// ZIM waits 2.5 s for the response.
    const QUESTION_TIMEOUT: Duration = Duration::from_secs(2);

    const SIGNED_BY: &'static [&'static str] = &["appid", "signature"];

    const SENT_AT: &'static [&'static str] = &["nonce", "timestamp"];

    const SIGNATURE: &'static [&'static str] = &["nonce", "signature"];

    const ROOM_ID: &'static [&'static str] = &["room_id", "RoomId", "AuxInfo.RoomId", "channel_id"];

    type Event = Event;
    type Question = Question;

    fn open(
        &self,
        delivery: Delivery<'_>,
        request: &RequestData,
        now: &dyn Fn(u64) -> SystemTime,
    ) -> Result<Opened<Self>, Refusal> {
        let body = Body::read(delivery)?;
        // The sender must be verified before anything is built from a form.
        let of_form = body
            .credentials()?
            .map(|credentials| self.sender(&credentials, request, now))
            .transpose()?;
        let document = Document::new::<Self>(&body.into_json()?);
        let envelope = Envelope::read(&document)?;
        let (signer, sent_at, signature) = match of_form {
            Some(sender) => sender,
            None => self.sender(&envelope.credentials, request, now)?,
        };
        let question = Question::of(&envelope, &document);
        Ok(Opened::Callback(Verified::new(Contents {
            event: match question {
                Some(question) => Received::Question(question),
                None => Received::Event(Event::decode(&envelope, &document)),
            },
            app_id: signer.app_id,
            sent_at: Some(sent_at),
            secret: Some(signer.secret),
            document,
            request: RequestData::default(),
            parameters: Vec::new(),
            request_id: None,
            signature: Some(signature),
            stored_id: None,
            attempt: Attempt::default(),
        })))
    }

    fn tolerance(&self) -> Option<Duration> {
        Some(self.freshness.0)
    }

    /// ZEGO checks only the status, except for questions.
    fn response(disposition: &Disposition) -> CallbackResponse {
        CallbackResponse::new(disposition.status(), "")
    }

    fn undecided(policy: FailurePolicy) -> CallbackResponse {
        crate::Decision::response(&match policy {
            FailurePolicy::Open => Decision::neutral(),
            FailurePolicy::Closed => Decision::do_not_send(),
        })
    }
}

/// A body, as JSON or as a form.
enum Body<'a> {
    Json(Cow<'a, str>),
    /// A form, undecoded.
    Form(&'a str),
}

impl<'a> Body<'a> {
    /// Reads a body as far as possible without knowing its sender.
    ///
    /// A body that begins like JSON is never percent-decoded, because room and user ids may contain
    /// `%`, `+`, `&` and `=`.
    fn read(delivery: Delivery<'a>) -> Result<Self, Refusal> {
        let text = delivery.text()?;
        match text.as_bytes() {
            [] => Err(EMPTY),
            [b'{', ..] => Ok(Self::Json(text.into())),
            [b'%', b'7', b'B' | b'b', ..] => {
                from_percent_encoded(text).map(|json| Self::Json(json.into()))
            }
            _ => Ok(Self::Form(text)),
        }
    }

    /// The fields of a form that identify its sender; `None` for JSON, whose envelope has them.
    fn credentials(&self) -> Result<Option<Credentials<'a>>, Refusal> {
        match self {
            Self::Json(_) => Ok(None),
            Self::Form(text) => form::credentials(text).map(Some),
        }
    }

    /// The JSON that the body represents.
    fn into_json(self) -> Result<Cow<'a, str>, Refusal> {
        match self {
            Self::Json(json) => Ok(json),
            Self::Form(text) => form::to_json(text).map(Cow::Owned),
        }
    }
}

fn from_percent_encoded(text: &str) -> Result<String, Refusal> {
    // Posted as a form, a document becomes the name of a pair without a value.
    let text = text.strip_suffix('=').unwrap_or(text);
    // An encoder that leaves JSON's colons bare is meant for paths, and leaves plus signs bare,
    // too. All others write a plus sign as `%2B`, so a bare one is a space.
    let json = if text.contains(':') { percent_decoded(text) } else { decoded(text) };
    json.map(Cow::into_owned)
}
