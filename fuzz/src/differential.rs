//! Compares the core's result for a delivery with the reference's.

use std::time::SystemTime;

use room_hooks::{
    Callback, Delivery, NotDelivered, Provider, Receiver, Verified, adapter::Received,
};
use serde::de::IgnoredAny;

use crate::{
    receivers::{self, Apps, LONE, SEVERAL, now},
    reference::{Authentic, Expected, Members, verify_tencent, verify_trtc, verify_zego},
};

/// Events with two names: the name on the wire and the canonical name.
const ALIASES: [(&str, &str); 2] = [
    ("Room.CallbackUpdateRoomInfo", "Room.CallbackAfterUpdateRoomInfo"),
    ("group_create", "room_create"),
];

/// The configurations that receive each delivery.
const CONFIGURED: [&Apps; 2] = [&SEVERAL, &LONE];

/// Receives a ZEGO delivery and compares the results.
///
/// # Panics
///
/// If the core and the reference differ, or the received delivery is inconsistent.
pub(crate) fn check_zego(delivery: Delivery<'_>) {
    for apps in CONFIGURED {
        let reference = verify_zego(apps, delivery.body(), now());
        check(&receivers::zego(apps), delivery, now(), reference.as_ref());
    }
}

/// Receives a Tencent delivery and compares the results.
///
/// # Panics
///
/// Like [`check_zego`].
pub(crate) fn check_tencent(delivery: Delivery<'_>) {
    for apps in CONFIGURED {
        let reference = verify_tencent(apps, delivery.query(), delivery.body(), now());
        check(&receivers::tencent(apps), delivery, now(), reference.as_ref());
    }
}

/// Receives a TRTC delivery and compares the results.
///
/// # Panics
///
/// Like [`check_zego`].
pub(crate) fn check_trtc(delivery: Delivery<'_>) {
    let header = |name| delivery.header(name).unwrap_or_default();
    for apps in CONFIGURED {
        let reference = verify_trtc(apps, header("SdkAppId"), header("Sign"), delivery.body());
        check(&receivers::trtc(apps), delivery, now(), reference.as_ref());
    }
}

fn check<P>(
    receiver: &Receiver<P>,
    delivery: Delivery<'_>,
    now: SystemTime,
    reference: Option<&Authentic>,
) where
    P: Provider,
{
    let received = receiver.receive::<Received<P>>(delivery, now);
    let status = received.as_ref().map_or_else(NotDelivered::status, |_| 200);
    let outcome = reference.map(|authentic| &authentic.outcome);
    match (received, outcome) {
        (Ok(verified), Some(Expected::Callback { name, document, asks })) => {
            assert_eq!(matches!(verified.event, Received::Question(_)), *asks, "{name}");
            let own_name = verified.event.name();
            let is_alias = ALIASES.contains(&(name, own_name));
            assert!(own_name == name || is_alias, "got {own_name}, expected {name}");
            assert_eq!(Some(verified.app_id), reference.map(|authentic| authentic.app_id));
            let own_document =
                Members::read(verified.document.as_str()).expect("the document is an object");
            assert!(
                own_document.says_the_same(document),
                "got {own_document:?}, expected {document:?}"
            );
            holds_together(&verified);
        }
        (Err(_), Some(Expected::Acknowledged)) if status == 200 => {}
        (Err(_), Some(Expected::BodyAlreadyConsumed)) if status == 500 => {}
        (Err(_), None) if matches!(status, 400 | 401) => {}
        (received, _) => panic!("the core has {received:?}, the reference {reference:?}"),
    }
}

/// Checks that the document is JSON, that the event's accessors work, and that it serializes.
fn holds_together<P: Provider>(verified: &Verified<Received<P>>) {
    assert!(verified.document.decode::<IgnoredAny>().is_ok(), "the document is JSON");
    let event = &verified.event;
    let _ = (event.room_id(), event.operator(), event.occurred_at(), event.session());
    assert!(event.kind() == "raw" || serde_json::to_string(event).is_ok(), "the event serializes");
}
