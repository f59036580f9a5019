use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    Callback, Delivery, NotDelivered, Provider, Refusal, Verified,
    adapter::{BodyReader, Received},
    event::excerpt,
    request::{
        body_reader::check_encoding,
        request_data::{RequestData, RequestHead},
    },
    verify::{provider::Opened, unhandled::Unhandled},
};

/// Verifies deliveries and returns typed events and questions. Every adapter uses it.
///
/// It is cheap to clone, so it can be axum state, actix-web app data or a captured variable.
///
/// ```
/// use std::time::SystemTime;
///
/// use room_hooks::{Delivery, Receiver, Verified, zego::{self, Zego}};
///
/// # fn main() -> Result<(), room_hooks::ConfigError> {
/// let receiver = Receiver::new(Zego::new(1234567890, "callback secret")?);
/// let delivery = Delivery::new(br#"{"event":"room_create","room_id":"lobby"}"#);
/// let received: Result<Verified<zego::RoomCreated>, _> =
///     receiver.receive(delivery, SystemTime::now());
/// let not_delivered = received.expect_err("the delivery is not signed");
/// assert_eq!(not_delivered.status(), 401);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Receiver<P> {
    provider: Arc<P>,
    body_limit: usize,
    body_timeout: Duration,
    request_data: Option<Select>,
    pub(crate) unhandled: Arc<Unhandled>,
}

/// The function that selects a request's data.
#[derive(Clone)]
struct Select(Arc<SelectRequestData>);

type SelectRequestData = dyn Fn(&RequestHead<'_>, &mut RequestData) + Send + Sync;

impl fmt::Debug for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Select")
    }
}

impl<P: Provider> Receiver<P> {
    /// Creates a receiver for one provider, with a body limit of 1 MiB and a body timeout of 5 s.
    #[must_use]
    pub fn new(provider: P) -> Self {
        Self {
            provider: Arc::new(provider),
            body_limit: 1024 * 1024,
            body_timeout: Duration::from_secs(5),
            request_data: None,
            unhandled: Arc::default(),
        }
    }

    /// Sets the maximum body size in bytes. A larger body is refused with 413 while it is read.
    #[must_use]
    pub fn with_body_limit(self, bytes: usize) -> Self {
        Self { body_limit: bytes, ..self }
    }

    /// Sets how long a body may take to arrive before it is refused with 408.
    #[must_use]
    pub fn with_body_timeout(self, timeout: Duration) -> Self {
        Self { body_timeout: timeout, ..self }
    }

    /// Selects request data for handlers: query parameters, headers, path segments and the peer's
    /// address. Handlers find it in [`Verified::request`](crate::Contents::request).
    ///
    /// The function runs once per delivery, before verification. The data is **not signed**.
    ///
    /// ```
    /// # use room_hooks::{Receiver, zego::Zego};
    /// # fn receiver(zego: Zego) -> Receiver<Zego> {
    /// Receiver::new(zego).with_request_data(|head, data| {
    ///     data.insert("tenant", head.segment(1));
    ///     data.insert("forwarded_for", head.header("x-forwarded-for"));
    ///     data.insert("peer", head.peer());
    /// })
    /// # }
    /// ```
    #[must_use]
    pub fn with_request_data<F>(self, select: F) -> Self
    where
        F: Fn(&RequestHead<'_>, &mut RequestData) + Send + Sync + 'static,
    {
        Self { request_data: Some(Select(Arc::new(select))), ..self }
    }

    /// The maximum body size in bytes.
    #[must_use]
    pub fn body_limit(&self) -> usize {
        self.body_limit
    }

    /// How long a body may take to arrive. Adapters enforce it, because the core has no clock.
    #[must_use]
    pub fn body_timeout(&self) -> Duration {
        self.body_timeout
    }

    /// The provider whose deliveries are verified.
    #[must_use]
    pub fn provider(&self) -> &P {
        &self.provider
    }

    /// Whether `other` is a clone, so that a delivery verified by one counts as verified by both.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let selects_the_same = match (&self.request_data, &other.request_data) {
            (Some(Select(own)), Some(Select(others))) => Arc::ptr_eq(own, others),
            (own, others) => own.is_none() && others.is_none(),
        };
        selects_the_same && Arc::ptr_eq(&self.provider, &other.provider)
    }

    /// Starts reading the body of a request whose head has arrived. `head` is the delivery without
    /// its body.
    ///
    /// # Errors
    ///
    /// The head alone is enough to refuse the request: it is not a `POST`, or its body is
    /// compressed or too large.
    pub fn body_reader<'r>(
        &'r self,
        method: &str,
        head: Delivery<'r>,
    ) -> Result<BodyReader<'r, P>, NotDelivered> {
        BodyReader::new(self, method, head)
    }

    /// Verifies a delivery, and keeps the selected request data.
    pub(crate) fn open(
        &self,
        delivery: Delivery<'_>,
        now: &dyn Fn(u64) -> SystemTime,
    ) -> Result<Opened<P>, Refusal> {
        let mut request = RequestData::default();
        if let Some(Select(select)) = &self.request_data {
            select(&RequestHead::new(delivery), &mut request);
        }
        Ok(match self.provider.open(delivery, &request, now)? {
            Opened::Callback(verified) => {
                let received_at = now(verified.app_id);
                Opened::Callback(verified.received(request, received_at))
            }
            other => other,
        })
    }

    /// Verifies a delivery and returns its event or question, if it is an `E`. `now` is the current
    /// time.
    ///
    /// A refusal is logged with its reason, which the sender does not learn.
    ///
    /// # Errors
    ///
    /// The delivery is refused or is of another kind. For another kind, the
    /// [response](NotDelivered::response) acknowledges an event and allows a question.
    pub fn receive<E>(
        &self,
        delivery: Delivery<'_>,
        now: SystemTime,
    ) -> Result<Verified<E>, NotDelivered>
    where
        E: Callback<Provider = P>,
    {
        self.receive_at(delivery, &|_| now)
    }

    /// Does the same as [`receive`](Self::receive); `now` returns the time for checking the
    /// freshness of an app's deliveries.
    pub(crate) fn receive_at<E>(
        &self,
        delivery: Delivery<'_>,
        now: &dyn Fn(u64) -> SystemTime,
    ) -> Result<Verified<E>, NotDelivered>
    where
        E: Callback<Provider = P>,
    {
        check_encoding::<P>(delivery)?;
        if delivery.body().len() > self.body_limit {
            return Err(NotDelivered::refused::<P>(Refusal::BodyTooLarge));
        }
        let opened = self.open(delivery, now).map_err(NotDelivered::refused::<P>)?;
        let verified = match opened {
            Opened::Callback(verified) => verified,
            Opened::Probe => return Err(NotDelivered::Probe),
            Opened::UnreadableQuestion { name, reason } => {
                return Err(NotDelivered::unreadable_question::<P>(name, reason));
            }
        };
        tracing::debug!(
            provider = P::NAME,
            app_id = verified.app_id,
            event = excerpt(verified.event.name()),
            room_id = verified.event.room_id().map(excerpt),
            secret = verified.secret.map(tracing::field::display),
            request_id = verified.request_id.as_deref(),
            "delivery verified"
        );
        self.select(verified)
    }

    /// Converts a verified callback to the type that a handler asks for.
    pub(crate) fn select<E: Callback<Provider = P>>(
        &self,
        verified: Verified<Received<P>>,
    ) -> Result<Verified<E>, NotDelivered> {
        verified.try_map(E::select).map_err(|other| {
            self.unhandled.warn(&other.event);
            match &other.event {
                Received::Event(_) => NotDelivered::OtherKind,
                Received::Question(question) => {
                    NotDelivered::Question { name: question.name().into() }
                }
            }
        })
    }
}

impl<P: Provider> From<P> for Receiver<P> {
    fn from(provider: P) -> Self {
        Self::new(provider)
    }
}

#[cfg(test)]
mod tests {
    use crate::zego::Zego;

    use super::*;

    #[test]
    fn adapters_get_the_limits_that_are_set() {
        let receiver = Receiver::new(Zego::new(1, "secret").unwrap());
        let five_seconds = Duration::from_secs(5);
        assert_eq!((receiver.body_limit(), receiver.body_timeout()), (1 << 20, five_seconds));
        let receiver = receiver.with_body_limit(7).with_body_timeout(Duration::from_secs(9));
        assert_eq!((receiver.body_limit(), receiver.body_timeout()), (7, Duration::from_secs(9)));
    }
}
