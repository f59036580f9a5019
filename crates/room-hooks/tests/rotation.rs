//! Secret rotation while the process runs and callbacks arrive.

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use room_hooks::{
    App, Hooks, Receiver, SecretName, Secrets, Verified,
    tencent::Tencent,
    trtc::Trtc,
    zego::{self, Zego},
};
use serde_json::json;
use tokio::task::JoinSet;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// The platform continues to sign with the old secret for a while after the new one is in use.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_secret_that_is_replaced_under_load_loses_no_callback() {
    const OLD: &str = "the old secret";
    const NEW: &str = "the new secret";
    let current = Arc::new(RwLock::new(Arc::new(Secrets::new(OLD).unwrap())));
    let cache = Arc::clone(&current);
    let zego = Zego::with_lookup(move |claimant| {
        (claimant.app_id == Some(1)).then(|| App::new(1, Arc::clone(&cache.read().unwrap())))
    });
    let handled = Arc::new([const { AtomicU32::new(0) }; 2]);
    let hooks = Hooks::new(Receiver::new(zego)).on_with(
        Arc::clone(&handled),
        async |handled, created: Verified<zego::RoomCreated>| {
            let is_current = created.secret == Some(SecretName::Current);
            handled[usize::from(is_current)].fetch_add(1, Ordering::SeqCst);
        },
    );
    let is_rotated = Arc::new(AtomicBool::new(false));
    let mut senders = JoinSet::new();
    for sender in 0..8 {
        let (hooks, is_rotated) = (hooks.clone(), Arc::clone(&is_rotated));
        senders.spawn(async move {
            let [old, new] = [OLD, NEW].map(|secret| Zego::new(1, secret).unwrap());
            for number in 0..200 {
                // Half of the senders switch to the new secret once it is configured.
                let signer = match is_rotated.load(Ordering::SeqCst) && sender % 2 == 0 {
                    true => &new,
                    false => &old,
                };
                let room = format!("{sender}-{number}");
                let created = json!({"event": "room_create", "room_id": room});
                let signed = signer.sign(&created, now()).unwrap();
                let response = hooks.deliver(signed.as_delivery(), now()).await;
                assert_eq!(response.status, 200, "{room}");
            }
        });
    }
    // The new secret is configured first, and then used.
    while handled[1].load(Ordering::SeqCst) < 200 {
        tokio::task::yield_now().await;
    }
    let both = Secrets::new(NEW).unwrap().with_previous(OLD).unwrap();
    *current.write().unwrap() = Arc::new(both);
    is_rotated.store(true, Ordering::SeqCst);
    while senders.join_next().await.transpose().unwrap().is_some() {}
    let [previous, current] = [0, 1].map(|of| handled[of].load(Ordering::SeqCst));
    assert_eq!(previous + current, 1600);
    assert!(previous > 0, "callbacks signed with the old secret arrived after the rotation");
}

/// A provider with a lookup does not know which app to sign for. An unsigned delivery would only be
/// refused in a user's test.
#[test]
fn apps_that_are_looked_up_sign_nothing() {
    let event = json!({"event": "room_create", "CallbackCommand": "x", "EventType": 103});
    assert!(Zego::with_lookup(|_| None).sign(&event, now()).is_err());
    assert!(Tencent::with_lookup(|_| None).sign(&event, now()).is_err());
    assert!(Trtc::with_lookup(|_| None).sign(&event, now()).is_err());
}
