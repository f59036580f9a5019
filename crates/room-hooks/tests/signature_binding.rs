//! Signature binding: a signature that arrives again with different content is refused as reused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use room_hooks::{Delivery, RoomCreated, hooks::SignatureBinding};

use here::hooks_here;
use zego_hooks::{Counter, counted, counting, created, deliver, forged, now, signed_at, zego};

#[tokio::test(start_paused = true)]
async fn a_signature_is_bound_to_the_first_content_received_with_it() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&created(), now());
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    let refused = deliver(&hooks, &forged(&body)).await;
    assert_eq!((refused.status, &*refused.body), (401, ""));
    // Later, while the signature is still fresh, the forgery is refused and the retry is a
    // duplicate.
    sleep(Duration::from_secs(200)).await;
    assert_eq!(deliver(&hooks, &forged(&body)).await.status, 401);
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_signature_of_an_event_without_a_handler_is_bound_too() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&json!({"event": "room_exit", "room_id": "lobby"}), now());
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    let stolen = String::from_utf8(body.clone()).unwrap().replace("room_exit", "room_create");
    assert_eq!(deliver(&hooks, stolen.as_bytes()).await.status, 401);
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 0);

    let body = signed_at(&created(), now());
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    let stolen = String::from_utf8(body).unwrap().replace("room_create", "room_exit");
    assert_eq!(deliver(&hooks, stolen.as_bytes()).await.status, 401);
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn short_nonces_are_bound_only_by_strict_binding() {
    // The signature of ("secret", 1700000000, "350176"). Two valid callbacks within a second can
    // share it.
    let body = |room: &str| {
        let body = json!({
            "event": "room_create", "room_id": room, "timestamp": 1700000000, "nonce": "350176",
            "signature": "80a8017a4dce3974003cdb5d88d8cec42122b268",
        });
        body.to_string().into_bytes()
    };
    for (binding, second) in [
        (SignatureBinding::Unique, 200),
        (SignatureBinding::Off, 200),
        (SignatureBinding::Strict, 401),
    ] {
        let hooks = counting(Duration::ZERO).0.with_signature_binding(binding);
        assert_eq!(deliver(&hooks, &body("lobby")).await.status, 200);
        assert_eq!(deliver(&hooks, &body("attic")).await.status, second, "{binding:?}");
    }
    let hooks = counting(Duration::ZERO).0.with_signature_binding(SignatureBinding::Off);
    let body = signed_at(&created(), now());
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(deliver(&hooks, &forged(&body)).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_signature_binding_lasts_as_long_as_an_increased_tolerance() {
    let calls = Counter::default();
    let zego = zego().with_tolerance(Duration::from_secs(1800)).unwrap();
    let hooks = hooks_here(zego).on(counted::<RoomCreated>(&calls));
    let body = signed_at(&created(), now());
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    sleep(Duration::from_secs(1700)).await;
    let later = now() + Duration::from_secs(1700);
    let forged = forged(&body);
    assert_eq!(hooks.deliver(Delivery::new(&forged), later).await.status, 401);
    assert_eq!(calls.get(), 1);
}
