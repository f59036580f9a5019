//! What the core says of a delivery, beside what the reference says.

use std::time::SystemTime;

use room_hooks::{
    Callback, Delivery, NotDelivered, Provider, Receiver, Verified, adapter::Received,
};
use serde::de::IgnoredAny;

use crate::{
    receivers::{self, Apps, LONE, SEVERAL, now},
    reference::{Authentic, Expected, Members, verify_tencent, verify_trtc, verify_zego},
};

/// Names of which an event has two, the one on the wire and the one that it goes by.
const ALIASES: [(&str, &str); 2] = [
    ("Room.CallbackUpdateRoomInfo", "Room.CallbackAfterUpdateRoomInfo"),
    ("group_create", "room_create"),
];

/// The apps for which each delivery is received.
const CONFIGURED: [&Apps; 2] = [&SEVERAL, &LONE];

/// Receives a delivery of ZEGO's and compares.
///
/// # Panics
///
/// The core and the reference differ, or what has been received does not hold together.
pub(crate) fn check_zego(delivery: Delivery<'_>) {
    for apps in CONFIGURED {
        let reference = verify_zego(apps, delivery.body(), now());
        check(&receivers::zego(apps), delivery, now(), reference.as_ref());
    }
}

/// The same for a delivery of Tencent's.
///
/// # Panics
///
/// As [`check_zego`] does.
pub(crate) fn check_tencent(delivery: Delivery<'_>) {
    for apps in CONFIGURED {
        let reference = verify_tencent(apps, delivery.query(), delivery.body(), now());
        check(&receivers::tencent(apps), delivery, now(), reference.as_ref());
    }
}

/// The same for a delivery of TRTC's.
///
/// # Panics
///
/// As [`check_zego`] does.
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
            assert!(own_name == name || is_alias, "{own_name} for {name}");
            assert_eq!(Some(verified.app_id), reference.map(|authentic| authentic.app_id));
            let own_document = Members::read(verified.document.as_str()).expect("it is an object");
            assert!(own_document.says_the_same(document), "{own_document:?} for {document:?}");
            holds_together(&verified);
        }
        (Err(_), Some(Expected::Acknowledged)) if status == 200 => {}
        (Err(_), Some(Expected::BodyAlreadyConsumed)) if status == 500 => {}
        (Err(_), None) if matches!(status, 400 | 401) => {}
        (received, _) => panic!("{received:?}, where the reference has {reference:?}"),
    }
}

/// What is received is a document of JSON, can be asked everything, and is written as JSON.
fn holds_together<P: Provider>(verified: &Verified<Received<P>>) {
    assert!(verified.document.decode::<IgnoredAny>().is_ok(), "the document is JSON");
    let event = &verified.event;
    let _ = (event.room_id(), event.operator(), event.occurred_at(), event.session());
    assert!(event.kind() == "raw" || serde_json::to_string(event).is_ok(), "it is written");
}
