#![doc = include_str!("docs.md")]

pub mod call;
mod client;
mod decision;
mod event;
#[cfg(feature = "testing")]
mod explain;
pub mod group;
pub mod live;
mod member;
mod protocol;
mod query;
mod question;
mod room;
mod room_info;
mod seat;
mod signature;
mod trtc_callback;

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use crate::{
    App, Claimant, ConfigError, Contents, Delivery, Disposition, Document, FailurePolicy,
    IntoAppId, IntoSecrets, Provider, Refusal, RequestData, SecretName, Verified,
    adapter::{CallbackResponse, Received},
    event::document::MALFORMED,
    verify::{
        apps::{Apps, Signer},
        freshness::Freshness,
        lookup::Lookup,
        provider::{Opened, Sealed},
        verified::Attempt,
    },
};

use self::{query::Query, question::asks};

pub use self::client::{Client, Platform};
pub use self::decision::{Decision, DenyCode};
pub use self::event::Event;
#[cfg(feature = "testing")]
pub(crate) use self::event::MEMBERS;
pub use self::member::{Member, MemberState};
pub use self::protocol::Protocol;
pub use self::question::Question;
pub use self::room::{
    EnterType, LeaveType, MemberEntered, MemberLeft, RoomCreated, RoomDestroyed, RoomInfoUpdated,
};
pub use self::room_info::{RoomInfo, RoomStatus, RoomType, TakeSeatMode};
pub use self::seat::{Seat, SeatInfoChanged};
pub use self::trtc_callback::TrtcCallback;

/// The field of a body that names the command.
const COMMAND: &str = "CallbackCommand";

/// Tencent as the sender of Chat-style callbacks, for one app or several.
///
/// ```
/// use room_hooks::{Hooks, Verified, tencent::{RoomInfoUpdated, Tencent}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tencent = Tencent::new(1400000001, "authentication token")?;
/// let hooks = Hooks::new(tencent).on(async |updated: Verified<RoomInfoUpdated>| {
///     println!("{:?}", updated.event.room_info);
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Tencent {
    apps: Apps,
    freshness: Freshness,
}

impl Tencent {
    /// Creates the provider for an app from its SDKAppID and the authentication token from the
    /// console. The tolerance is 60 s, as Tencent documents.
    ///
    /// # Errors
    ///
    /// The app id is not a number, or the token is empty, blank, or surrounded by white space.
    pub fn new(sdk_app_id: impl IntoAppId, token: impl IntoSecrets) -> Result<Self, ConfigError> {
        Self::none().with_app(sdk_app_id, token)
    }

    /// Creates the provider for an app whose console has no token, so that its callbacks are not
    /// signed: **anyone who knows the URL can send one**. Only the app id is checked. Keep the URL
    /// unguessable and filter by address, or set a token.
    #[must_use]
    pub fn dangerous_unsigned(sdk_app_id: u64) -> Self {
        Self { apps: Apps::of_unsigned(sdk_app_id), ..Self::none() }
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
        Self { apps: Apps::of_lookup(Lookup::new(lookup)), ..Self::none() }
    }

    /// Adds another app whose callbacks arrive at the same URL.
    ///
    /// # Errors
    ///
    /// The errors of [`new`](Self::new), or the app was already added.
    pub fn with_app(
        self,
        sdk_app_id: impl IntoAppId,
        token: impl IntoSecrets,
    ) -> Result<Self, ConfigError> {
        let apps = self.apps.insert(sdk_app_id.into_app_id()?, Some(token.into_secrets()?))?;
        Ok(Self { apps, ..self })
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

    /// Sets the tolerance: how far a callback's `RequestTime` may be from the current time, in
    /// either direction.
    ///
    /// # Errors
    ///
    /// The tolerance is less than a second or more than 40 years.
    pub fn with_tolerance(self, tolerance: Duration) -> Result<Self, ConfigError> {
        Ok(Self { freshness: Freshness::new(tolerance, Duration::from_secs(1))?, ..self })
    }

    fn none() -> Self {
        Self { apps: Apps::default(), freshness: Freshness(Duration::from_secs(60)) }
    }

    /// Finds the sender of a delivery and, if it is signed, the time and the secret. The console's
    /// probe need not name an app: it belongs to the app whose token verifies it or, if nothing is
    /// signed, to an app without a token.
    fn sender(
        &self,
        query: &Query<'_>,
        request: &RequestData,
        is_probe: bool,
        now: &dyn Fn(u64) -> SystemTime,
    ) -> Result<(u64, Option<(SecretName, SystemTime)>), Refusal> {
        let named = query.app_id.as_deref();
        if let Some(app_id) = self.apps.unsigned(named, is_probe && query.is_empty()) {
            return Ok((app_id, None));
        }
        let signed = query.signed()?;
        let digest = |token: &[u8]| signature::digest(token, signed.request_time);
        let Signer { app_id, secret } = match named {
            None if is_probe => self.apps.any_signer(request, &signed.signature, digest),
            _ => self.apps.signer(named, request, &signed.signature, digest),
        }?;
        self.freshness.check(signed.sent_at, now(app_id))?;
        Ok((app_id, Some((secret, signed.sent_at))))
    }
}

/// Whether a delivery is the console's probe, which checks that the URL responds: it names no
/// command, and its body is empty or an empty object.
fn is_probe(query: &Query<'_>, delivery: Delivery<'_>) -> bool {
    let is_empty = |json: &str| {
        let inside = json.strip_prefix('{').and_then(|json| json.strip_suffix('}'));
        inside.unwrap_or(json).trim_ascii().is_empty()
    };
    !delivery.is_consumed() && query.command.is_none() && delivery.text().is_ok_and(is_empty)
}

/// The document of a body, with its command. If the query and the body both name the command, they
/// must agree.
fn read(
    delivery: Delivery<'_>,
    in_query: Option<Cow<'_, str>>,
) -> Result<(Document, String), Refusal> {
    let json = delivery.text()?;
    if json.is_empty() {
        // The query is authentic and names a command, so the request had a body.
        return Err(Refusal::BodyAlreadyConsumed);
    }
    let document = Document::new::<Tencent>(json);
    let in_body = event::command(&document)?.map(Cow::into_owned);
    match (in_query, in_body) {
        (Some(in_query), Some(in_body)) if in_query != in_body => Err(Refusal::CommandsDiffer),
        (Some(in_query), None) => {
            let document = document.with_member(COMMAND, &in_query).map_err(|_| MALFORMED)?;
            Ok((document, in_query.into_owned()))
        }
        (_, in_body) => Ok((document, in_body.unwrap_or_default())),
    }
}

impl Sealed for Tencent {}

impl Provider for Tencent {
    const NAME: &'static str = "tencent";

    /// Tencent waits 2 s for the response.
    const RESPONSE_TIMEOUT: Duration = Duration::from_millis(1500);

    const QUESTION_TIMEOUT: Duration = Self::RESPONSE_TIMEOUT;

    /// Some commands contain a TRTC callback, which has this field.
    const SENT_AT: &'static [&'static str] = &["callbackts"];

    /// Some commands without a type have the fields of another product.
    const ROOM_ID: &'static [&'static str] =
        &["room_id", "RoomId", "RoomInfo.room_id", "RoomInfo.RoomId", "EventInfo.RoomId"];

    type Event = Event;
    type Question = Question;

    fn open(
        &self,
        delivery: Delivery<'_>,
        request: &RequestData,
        now: &dyn Fn(u64) -> SystemTime,
    ) -> Result<Opened<Self>, Refusal> {
        let query = Query::parse(delivery.query())?;
        let is_probe = is_probe(&query, delivery);
        let (app_id, signed) = self.sender(&query, request, is_probe, now)?;
        if is_probe {
            return Ok(Opened::Probe);
        }
        let asked = query.command.clone().filter(|command| asks(command));
        let (document, command) = match (read(delivery, query.command), asked) {
            (Ok(read), _) => read,
            // After an error status, Tencent would decide by itself, and not as the operator's
            // failure policy says.
            (Err(reason), Some(name)) => {
                return Ok(Opened::UnreadableQuestion { name: name.into(), reason });
            }
            (Err(refusal), None) => return Err(refusal),
        };
        Ok(Opened::Callback(Verified::new(Contents {
            event: match asks(&command) {
                true => Received::Question(Question::decode(&command, &document)),
                false => Received::Event(Event::decode(&command, &document)),
            },
            app_id,
            sent_at: signed.map(|(_, sent_at)| sent_at),
            secret: signed.map(|(secret, _)| secret),
            document,
            request: RequestData::default(),
            parameters: query.client,
            request_id: query.request_id,
            // All callbacks of one second have the same signature, so it cannot be bound.
            signature: None,
            stored_id: None,
            attempt: Attempt::default(),
        })))
    }

    fn tolerance(&self) -> Option<Duration> {
        Some(self.freshness.0)
    }

    fn response(disposition: &Disposition) -> CallbackResponse {
        let status = disposition.status();
        let body = match status {
            200 => r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#,
            500.. => r#"{"ActionStatus":"FAIL","ErrorInfo":"failed","ErrorCode":1}"#,
            _ => r#"{"ActionStatus":"FAIL","ErrorInfo":"refused","ErrorCode":1}"#,
        };
        CallbackResponse::new(status, body)
    }

    fn undecided(policy: FailurePolicy) -> CallbackResponse {
        crate::Decision::response(&match policy {
            FailurePolicy::Open => Decision::<Question>::allow(),
            FailurePolicy::Closed => Decision::deny(),
        })
    }
}
