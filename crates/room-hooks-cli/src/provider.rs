use std::{
    fmt,
    time::{Duration, SystemTime},
};

use clap::ValueEnum;
use room_hooks::{
    Callback, Delivery, DeliveryId, Disposition, NotDelivered, Provider as _, Question, Receiver,
    Refusal,
    adapter::{self, CallbackResponse},
    tencent::{self, Tencent},
    testing::{Explanation, SignedDelivery},
    trtc::{self, Trtc},
    zego::{self, Zego},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, encoding::Encoding, recording::Verification};

/// A provider to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ProviderName {
    Zego,
    Tencent,
    Trtc,
}

impl ProviderName {
    pub(crate) const ALL: [Self; 3] = [Self::Zego, Self::Tencent, Self::Trtc];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Zego => "zego",
            Self::Tencent => "tencent",
            Self::Trtc => "trtc",
        }
    }

    /// The path at which the examples receive callbacks.
    pub(crate) fn default_path(self) -> String {
        format!("/hooks/{self}")
    }

    /// How long the provider waits for the response to an event or, if `asks`, to a question.
    pub(crate) fn waits(self, asks: bool) -> Duration {
        match (self, asks) {
            (Self::Zego, true) => Duration::from_millis(2500),
            // ZEGO does not document its timeout. The library's timeout for handlers is 10 s.
            (Self::Zego, false) => Duration::from_secs(12),
            (Self::Tencent, _) => Duration::from_secs(2),
            (Self::Trtc, _) => Duration::from_secs(5),
        }
    }

    /// The provider's retry schedule for an event.
    pub(crate) fn schedule(self, event: &str) -> Schedule {
        let on_failure = |pauses| Schedule { pauses, only_without_response: false };
        let on_silence = |pauses| Schedule { pauses, only_without_response: true };
        match (self, event.split('/').next().unwrap_or_default()) {
            (Self::Zego, "cloud_recording") => on_silence(&[5, 5]),
            (Self::Zego, "cloud_player") => on_silence(&[0, 0]),
            (Self::Zego, "cvt_finish") => on_silence(&[15, 15]),
            // The Chinese page documents one retry after 2.5 s, the English page two retries after
            // 3 s each.
            (Self::Zego, "before_send_msg") => on_silence(&[0]),
            (Self::Zego, _) => on_failure(&[2, 4, 8, 16, 32]),
            // Retries must be enabled in the console, and no page documents the schedule.
            (Self::Tencent, _) => on_failure(&[]),
            (Self::Trtc, _) => on_failure(&[0, 10, 10, 10, 10, 10, 10]),
        }
    }
}

/// The provider with this name, ignoring case.
pub(crate) fn provider_named(name: &str) -> Result<ProviderName, String> {
    ProviderName::from_str(name, true)
        .map_err(|_| format!("{name} is not a provider; use zego, tencent or trtc"))
}

pub(crate) struct Schedule {
    /// The seconds before each retry.
    pub(crate) pauses: &'static [u64],
    /// Whether any response, even 5xx, ends the delivery.
    pub(crate) only_without_response: bool,
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A provider with its app and secret.
#[derive(Debug, Clone)]
pub(crate) enum Provider {
    Zego(Zego),
    Tencent(Tencent),
    Trtc(Trtc),
}

/// The parts of a received callback that are displayed.
pub(crate) struct Received {
    /// The delivery id. Questions have none.
    pub(crate) id: Option<DeliveryId>,
    /// The event's kind; `raw` if it has no Rust type.
    pub(crate) kind: &'static str,
    pub(crate) asks: bool,
    pub(crate) verified: Verification,
    pub(crate) event: String,
    pub(crate) room_id: Option<String>,
    /// The event as JSON, with the member names of the wire format.
    pub(crate) data: String,
    /// Why the body of a question could not be read. The question is still authentic: its signature
    /// does not cover the body.
    pub(crate) unreadable: Option<Refusal>,
}

impl Provider {
    pub(crate) fn name(&self) -> ProviderName {
        match self {
            Self::Zego(_) => ProviderName::Zego,
            Self::Tencent(_) => ProviderName::Tencent,
            Self::Trtc(_) => ProviderName::Trtc,
        }
    }

    /// Signs an event at the given time, and encodes its body.
    pub(crate) fn sign(
        &self,
        event: &Value,
        encoding: Encoding,
        at: SystemTime,
    ) -> Result<SignedDelivery, Error> {
        let mut signed = match self {
            Self::Zego(zego) => zego.sign(event, at),
            Self::Tencent(tencent) => tencent.sign(event, at),
            Self::Trtc(trtc) => trtc.sign(event, at),
        }
        .map_err(|_| "an event must be a JSON object")?;
        if encoding != Encoding::Json && !matches!(self, Self::Zego(_)) {
            return Err("only ZEGO has encodings other than JSON".into());
        }
        signed.body = encoding.apply(signed.body)?;
        Ok(signed)
    }

    pub(crate) fn explain(&self, delivery: Delivery<'_>) -> Explanation {
        match self {
            Self::Zego(zego) => zego.explain(delivery),
            Self::Tencent(tencent) => tencent.explain(delivery),
            Self::Trtc(trtc) => trtc.explain(delivery),
        }
    }

    /// The response in the provider's format.
    pub(crate) fn response(&self, disposition: &Disposition) -> CallbackResponse {
        match self {
            Self::Zego(_) => Zego::response(disposition),
            Self::Tencent(_) => Tencent::response(disposition),
            Self::Trtc(_) => Trtc::response(disposition),
        }
    }

    /// Verifies a delivery as the library does. `None` means a console's probe.
    pub(crate) fn receive(
        &self,
        delivery: Delivery<'_>,
        now: SystemTime,
    ) -> Result<Option<Received>, Refusal> {
        match self {
            Self::Zego(zego) => received(zego.clone(), delivery, now),
            Self::Tencent(tencent) => received(tencent.clone(), delivery, now),
            Self::Trtc(trtc) => received(trtc.clone(), delivery, now),
        }
    }
}

fn received<P: room_hooks::Provider>(
    provider: P,
    delivery: Delivery<'_>,
    now: SystemTime,
) -> Result<Option<Received>, Refusal> {
    match Receiver::new(provider).receive::<adapter::Received<P>>(delivery, now) {
        Ok(verified) => Ok(Some(Received {
            verified: match verified.secret {
                Some(_) => Verification::Signature,
                None => Verification::Unsigned,
            },
            asks: matches!(verified.event, adapter::Received::Question(_)),
            kind: verified.event.kind(),
            event: verified.event.name().to_owned(),
            room_id: verified.event.room_id().map(str::to_owned),
            data: serde_json::to_string(&verified.event).unwrap_or_default(),
            id: verified.into_event().ok().and_then(|verified| verified.id()),
            unreadable: None,
        })),
        Err(NotDelivered::Refused(refusal)) => Err(refusal),
        Err(NotDelivered::UnreadableQuestion { name, reason }) => Ok(Some(Received {
            id: None,
            kind: "raw",
            asks: true,
            verified: Verification::Signature,
            event: name.into(),
            room_id: None,
            data: String::new(),
            unreadable: Some(reason),
        })),
        Err(_) => Ok(None),
    }
}

/// A provider whose questions all get the same decision.
pub(crate) trait Rehearsed: room_hooks::Provider {
    /// Allows the request or, if `deny` is set, denies it with that text. An empty text is left
    /// out.
    fn decide(
        question: &Self::Question,
        deny: Option<&str>,
    ) -> <Self::Question as Question>::Decision;
}

impl Rehearsed for Zego {
    fn decide(_: &zego::Question, deny: Option<&str>) -> zego::Decision {
        match deny {
            None => zego::Decision::neutral(),
            Some("") => zego::Decision::do_not_send(),
            Some(reason) => zego::Decision::do_not_send().with_reason(reason),
        }
    }
}

impl Rehearsed for Tencent {
    fn decide(question: &tencent::Question, deny: Option<&str>) -> tencent::Decision {
        match deny {
            None => tencent::Decision::allow(),
            Some("") => tencent::Decision::deny(),
            // The lowest code for which Tencent passes the text on to the client.
            Some(text) => match question.name().split_once('.') {
                Some(("Live", _)) => tencent::Decision::with_code(102_100, text),
                Some(("Group", _)) => tencent::Decision::with_code(10_100, text),
                Some(("C2C", _)) => tencent::Decision::with_code(120_001, text),
                _ => tencent::Decision::with_code(1, text),
            },
        }
    }
}

impl Rehearsed for Trtc {
    fn decide(question: &trtc::Question, _: Option<&str>) -> std::convert::Infallible {
        match *question {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_verified_by_a_signature_only_if_its_app_has_a_secret() {
        let event = serde_json::json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom"});
        for (tencent, expected) in [
            (Tencent::new(1, "token").unwrap(), Verification::Signature),
            (Tencent::dangerous_unsigned(1), Verification::Unsigned),
        ] {
            let provider = Provider::Tencent(tencent);
            let now = SystemTime::now();
            let signed = provider.sign(&event, Encoding::Json, now).unwrap();
            let received = provider.receive(signed.as_delivery(), now).unwrap().unwrap();
            assert_eq!(received.verified, expected);
        }
    }
}
