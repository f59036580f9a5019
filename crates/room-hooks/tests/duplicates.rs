//! Duplicates: a delivery and its retries are handled once. A second, equal event is not a
//! duplicate.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::time::sleep;

use room_hooks::{
    Delivery, Provider, Verified, hooks::MemoryStore, tencent::Tencent, testing::SignedDelivery,
    trtc::Trtc, zego,
};

use here::hooks_here;
use zego_hooks::{Counter, counting, created, deliver, now, signed_at, zego};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn duplicates_over_zegos_whole_retry_schedule_are_handled_once() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&created(), now());
    for pause in [0, 2, 4, 8, 16, 32] {
        sleep(Duration::from_secs(pause)).await;
        assert_eq!(deliver(&hooks, &body).await.status, 200);
    }
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_rewritten_under_the_same_signature_is_a_duplicate() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&created(), now());
    let members: serde_json::Map<String, Value> = serde_json::from_slice(&body).unwrap();
    let members: Vec<_> =
        members.iter().rev().map(|(name, value)| format!("\"{name}\" : {value}")).collect();
    let rewritten = format!("{{ {} }}", members.join(" , "));
    for body in [&body, rewritten.as_bytes(), &body] {
        assert_eq!(deliver(&hooks, body).await.status, 200);
    }
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_during_handling_is_answered_503_with_retry_after() {
    let (hooks, calls) = counting(Duration::from_secs(5));
    let body = signed_at(&created(), now());
    let first = tokio::spawn(hooks.deliver(Delivery::new(&body), now()));
    sleep(Duration::from_secs(2)).await;
    let answer = deliver(&hooks, &body).await;
    assert_eq!(answer.status, 503);
    assert!(answer.headers().any(|(name, _)| name == "retry-after"));
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 1);
}

/// During an upgrade, the old version runs next to the new one. It has no handler for the event, so
/// it acknowledges the event without handling it.
#[tokio::test(start_paused = true)]
async fn a_duplicate_of_an_event_acknowledged_without_a_handler_is_handled_elsewhere() {
    let store = MemoryStore::new();
    let old = hooks_here(zego()).with_store(store.clone());
    let (new, calls) = counting(Duration::ZERO);
    let new = new.with_store(store);
    let body = signed_at(&created(), now());
    for hooks in [&old, &new, &new] {
        assert_eq!(deliver(hooks, &body).await.status, 200);
    }
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_unverified_delivery_takes_no_claim() {
    let store = MemoryStore::new();
    let hooks = counting(Duration::ZERO).0.with_store(store.clone());
    let body = String::from_utf8(signed_at(&created(), now())).unwrap();
    for forged in
        [body.replace("\"signature\":\"", "\"signature\":\"0"), "{}".into(), String::new()]
    {
        assert!(deliver(&hooks, forged.as_bytes()).await.status >= 400);
    }
    assert_eq!(store.entries(), 0);
    assert_eq!(deliver(&hooks, body.as_bytes()).await.status, 200);
    assert_eq!(store.entries(), 2);
}

/// Delivers events one after the other, and returns the number of handler calls.
async fn handled<P>(provider: P, deliveries: Vec<(SignedDelivery, SystemTime)>) -> u32
where
    P: Provider,
{
    let calls = Counter::default();
    let hooks =
        hooks_here(provider).on_with(calls.clone(), async |calls, _: Verified<P::Event>| {
            calls.count();
        });
    for (signed, at) in deliveries {
        assert_eq!(hooks.deliver(signed.as_delivery(), at).await.status, 200);
        sleep(SECOND).await;
    }
    calls.get()
}

/// Neither the nonce nor the time of the retry makes a difference.
#[tokio::test(start_paused = true)]
async fn duplicates_of_the_same_bytes_are_handled_once_for_as_long_as_they_are_fresh() {
    use sha1::{Digest, Sha1};
    for nonce in ["350176", "123456789012345", "7548405981776935120", "Ab3"] {
        // A sender whose clock is ahead by the whole tolerance.
        let (sent, tolerance) = (now() + 300 * SECOND, 300);
        let timestamp = (1_700_000_000 + tolerance).to_string();
        let mut parts = ["secret", &timestamp, nonce];
        parts.sort_unstable();
        let signature = data_encoding::HEXLOWER.encode(&Sha1::digest(parts.concat()));
        let body = json!({"appid": "1", "event": "room_create", "room_id": "lobby",
            "timestamp": timestamp, "nonce": nonce, "signature": signature})
        .to_string();
        let calls = Counter::default();
        let hooks =
            hooks_here(zego()).on_with(calls.clone(), async |calls, _: Verified<zego::Event>| {
                calls.count();
            });
        let mut at = now();
        while at <= sent + 300 * SECOND {
            let answer = hooks.deliver(Delivery::new(body.as_bytes()), at).await;
            assert_eq!(answer.status, 200, "{nonce}");
            assert_eq!(calls.get(), 1, "{nonce}");
            sleep(60 * SECOND).await;
            at += 60 * SECOND;
        }
        let answer = hooks.deliver(Delivery::new(body.as_bytes()), at).await;
        assert_eq!(answer.status, 401);
    }
}

/// A retry cannot be distinguished from a second, equal event.
#[tokio::test(start_paused = true)]
async fn deliveries_of_an_unsigned_app_are_never_duplicates() {
    let event = json!({"CallbackCommand": "Room.CallbackAfterDestroyRoom", "RoomId": "lobby"});
    let unsigned = || Tencent::dangerous_unsigned(1);
    let signed = unsigned().sign(&event, now()).unwrap();
    let deliveries = vec![(signed.clone(), now()), (signed.clone(), now()), (signed, now())];
    assert_eq!(handled(unsigned(), deliveries).await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_room_created_destroyed_and_created_again_gives_no_duplicates() {
    let event = |name: &str| json!({"event": name, "room_id": "lobby", "operator_account": "ada"});
    let names =
        ["room_create", "room_enter", "room_exit", "room_destroy", "room_create", "room_enter"];
    let deliveries = names.iter().zip(0..).map(|(name, seconds)| {
        let at = now() + seconds * SECOND;
        (zego().sign(&event(name), at).unwrap(), at)
    });
    assert_eq!(handled(zego(), deliveries.collect()).await, 6);
}

#[tokio::test(start_paused = true)]
async fn a_second_entry_of_a_user_within_one_second_is_not_a_duplicate() {
    let event = json!({"event": "room_enter", "room_id": "lobby", "operator_account": "ada"});
    // Each callback has its own nonce, which the signer derives from the fraction of the second.
    let deliveries = [0, 1].map(|nanos| {
        let at = now() + Duration::from_nanos(nanos);
        (zego().sign(&event, at).unwrap(), at)
    });
    assert_eq!(handled(zego(), deliveries.into()).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_second_equal_tencent_event_without_event_time_is_not_a_duplicate() {
    let tencent = || Tencent::new(1, "token").unwrap();
    for event in [
        json!({"CallbackCommand": "Room.CallbackAfterMemberEnter", "RoomId": "lobby",
            "MemberList_Account": ["ada"], "Type": "Enter"}),
        json!({"CallbackCommand": "Sns.CallbackFriendAdd", "PairList": [{"From_Account": "id",
            "To_Account": "id1", "Initiator_Account": "id"}], "ClientCmd": "friend_add"}),
    ] {
        let deliveries = [0, 30].map(|seconds| {
            let at = now() + seconds * SECOND;
            (tencent().sign(&event, at).unwrap(), at)
        });
        assert_eq!(handled(tencent(), deliveries.into()).await, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_of_trtc_room_7_is_not_a_duplicate_of_one_of_room_7_in_quotes() {
    let trtc = Trtc::new(1, "key").unwrap();
    let deliveries = [json!(7), json!("7")].map(|room| {
        let event =
            json!({"EventType": 102, "EventInfo": {"RoomId": room, "EventMsTs": 1_700_000_000_000_u64}});
        (trtc.sign(&event, now()).unwrap(), now())
    });
    assert_eq!(handled(trtc, deliveries.into()).await, 2);
}
