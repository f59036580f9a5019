use std::{fmt, time::SystemTime};

use clap::ValueEnum;
use room_hooks::{
    Delivery, DeliveryId, NotDelivered, Receiver, Refusal, RoomEvent, Verified,
    tencent::{self, Tencent},
    testing::{Explanation, SignedDelivery},
    trtc::{self, Trtc},
    zego::{self, Zego},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Error,
    encoding::Encoding,
    recording::{Record, Verification},
};

/// Who is played.
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

    /// When the provider sends an event again.
    pub(crate) fn schedule(self, event: &str) -> Schedule {
        let on_failure = |pauses| Schedule { pauses, only_without_response: false };
        let on_silence = |pauses| Schedule { pauses, only_without_response: true };
        match (self, event.split('/').next().unwrap_or_default()) {
            (Self::Zego, "cloud_recording") => on_silence(&[5, 5]),
            (Self::Zego, "cloud_player") => on_silence(&[0, 0]),
            (Self::Zego, "cvt_finish") => on_silence(&[15, 15]),
            (Self::Zego, "before_send_msg") => on_silence(&[3, 3]),
            (Self::Zego, _) => on_failure(&[2, 4, 8, 16, 32]),
            // Only if its console switches that on, and no page says when.
            (Self::Tencent, _) => on_failure(&[]),
            (Self::Trtc, _) => on_failure(&[0, 10, 10, 10, 10, 10, 10]),
        }
    }
}

/// When a callback is sent again.
pub(crate) struct Schedule {
    /// The seconds before each retry.
    pub(crate) pauses: &'static [u64],
    /// Whether any response, also 5xx, ends the delivery.
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

/// What was received, as far as it is shown.
pub(crate) struct Received {
    pub(crate) id: Option<DeliveryId>,
    pub(crate) verified: Verification,
    pub(crate) event: String,
    pub(crate) room_id: Option<String>,
    /// The event on the wire's own terms.
    pub(crate) data: String,
}

impl Provider {
    pub(crate) fn name(&self) -> ProviderName {
        match self {
            Self::Zego(_) => ProviderName::Zego,
            Self::Tencent(_) => ProviderName::Tencent,
            Self::Trtc(_) => ProviderName::Trtc,
        }
    }

    /// Signs an event at a time, its body encoded so.
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
        .map_err(|_| "an event is a JSON object")?;
        if encoding != Encoding::Json && !matches!(self, Self::Zego(_)) {
            return Err("only ZEGO has other encodings than JSON".into());
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

    /// What a recorded event is called, whether or not it verifies.
    pub(crate) fn event_name(&self, record: &Record) -> Result<String, Error> {
        let body = record.body()?;
        let event = self.explain(record.as_delivery(&body)).event.unwrap_or_default();
        let name =
            ["event", "CallbackCommand", "EventType"].iter().find_map(|name| event.get(name));
        Ok(name.map_or("-".to_owned(), |name| name.to_string().trim_matches('"').to_owned()))
    }

    /// Verifies as the library does; `None` is the probe of a console.
    pub(crate) fn receive(
        &self,
        delivery: Delivery<'_>,
        now: SystemTime,
    ) -> Result<Option<Received>, Refusal> {
        match self {
            Self::Zego(zego) => received::<zego::Event>(zego.clone(), delivery, now),
            Self::Tencent(tencent) => received::<tencent::Event>(tencent.clone(), delivery, now),
            Self::Trtc(trtc) => received::<trtc::Event>(trtc.clone(), delivery, now),
        }
    }
}

fn received<E>(
    receiver: impl Into<Receiver<E::Provider>>,
    delivery: Delivery<'_>,
    now: SystemTime,
) -> Result<Option<Received>, Refusal>
where
    E: RoomEvent + Serialize,
    E::Provider: room_hooks::Provider<Event = E>,
{
    let received: Result<Verified<E>, _> = receiver.into().receive(delivery, now);
    match received {
        Ok(verified) => Ok(Some(Received {
            id: verified.id(),
            verified: match verified.secret {
                Some(_) => Verification::Signature,
                None => Verification::Unsigned,
            },
            event: verified.event.name().to_owned(),
            room_id: verified.event.room_id().map(str::to_owned),
            data: serde_json::to_string(&verified.event).unwrap_or_default(),
        })),
        Err(NotDelivered::Refused(refusal)) => Err(refusal),
        Err(_) => Ok(None),
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
