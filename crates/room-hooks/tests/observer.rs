//! The observer: hooks call it with the outcome of each delivery.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use room_hooks::{
    Delivery, Hooks, Provider, Verified,
    hooks::Observation,
    tencent::{Decision, Tencent, live::BeforeSendGift},
    zego::{self, Zego},
};
use serde_json::json;
use tokio::time::{sleep, timeout};

use here::hooks_here;

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

type Seen = Arc<Mutex<Vec<String>>>;

fn observed<P: Provider>(hooks: Hooks<P>) -> (Hooks<P>, Seen) {
    let seen = Seen::default();
    let observer = Arc::clone(&seen);
    let hooks = hooks.with_observer(move |observed: &Observation<'_>| {
        let Observation { provider, outcome, app_id, kind, room_id, decision, refusal, .. } =
            observed;
        let refusal = refusal.map(ToString::to_string);
        let known = format!("{provider} {outcome} {app_id:?} {kind:?} {room_id:?}");
        observer.lock().unwrap().push(format!("{known} {decision:?} {refusal:?}"));
        assert_ne!(*room_id, Some("panics"), "on purpose");
    });
    (hooks, seen)
}

#[tokio::test(start_paused = true)]
async fn an_observer_receives_the_outcome_of_each_event() {
    let zego = || Zego::new(1, "secret").unwrap();
    let (hooks, seen) =
        observed(hooks_here(zego()).on(async |created: Verified<zego::RoomCreated>| {
            match &*created.event.room_id {
                "broken" => Err("on purpose"),
                "slow" => {
                    sleep(Duration::from_secs(20)).await;
                    Ok(())
                }
                _ => Ok(()),
            }
        }));
    let signed = |event: &str, room: &str| {
        zego().sign(&json!({"event": event, "room_id": room}), now()).unwrap().body
    };
    let lobby = signed("room_create", "lobby");
    for (body, status) in [
        (lobby.clone(), 200),
        (lobby, 200),
        (signed("room_create", "broken"), 500),
        (signed("room_create", "slow"), 503),
        (signed("room_exit", "lobby"), 200),
        (b"{}".to_vec(), 400),
        (signed("room_create", "panics"), 200),
    ] {
        assert_eq!(hooks.deliver(Delivery::new(&body), now()).await.status, status);
    }
    hooks.wait_idle().await;
    let room =
        |outcome, room| format!(r#"zego {outcome} Some(1) Some("room_create") {room} None None"#);
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    let mut expected = vec![
        room("handled", r#"Some("lobby")"#),
        room("duplicate", r#"Some("lobby")"#),
        room("failed", r#"Some("broken")"#),
        room("deadline_exceeded", r#"Some("slow")"#),
        room("handled", r#"Some("slow")"#),
        r#"zego no_handler Some(1) Some("room_exit") Some("lobby") None None"#.to_owned(),
        r#"zego refused None None None None Some("unreadable: the body names no event")"#
            .to_owned(),
        room("handled", r#"Some("panics")"#),
    ];
    expected.sort();
    assert_eq!(seen, expected);
}

#[tokio::test(start_paused = true)]
async fn an_observer_receives_the_decision_on_each_question() {
    let tencent = || Tencent::new(1, "token").unwrap();
    let (hooks, seen) =
        observed(hooks_here(tencent()).answer(async |gift: Verified<BeforeSendGift>| {
            match &*gift.event.room_id {
                "broken" => Err("on purpose"),
                _ => Ok(Decision::deny()),
            }
        }));
    let signed = |room: &str| {
        let gift = json!({"CallbackCommand": BeforeSendGift::NAME, "RoomId": room});
        tencent().sign(&gift, now()).unwrap()
    };
    for room in ["lobby", "broken"] {
        hooks.deliver(signed(room).as_delivery(), now()).await;
    }
    let consumed = signed("lobby").query;
    hooks.deliver(Delivery::new(b"").with_query(&consumed), now()).await;
    let probe = tencent().sign(&json!({}), now()).unwrap().query.replace("CallbackCommand=", "");
    hooks.deliver(Delivery::new(b"{}").with_query(&probe), now()).await;
    let gift = r#"Some("Live.CallbackBeforeSendGift")"#;
    assert_eq!(
        *seen.lock().unwrap(),
        [
            format!(r#"tencent answered Some(1) {gift} Some("lobby") Some("deny") None"#),
            format!(r#"tencent failed Some(1) {gift} Some("broken") Some("failed_open") None"#),
            format!(r#"tencent body_consumed None {gift} None Some("failed_open") None"#),
            "tencent probe None None None None None".to_owned(),
        ]
    );
}

/// A vendor hangs up when it has decided without a response.
#[tokio::test(start_paused = true)]
async fn an_observer_receives_the_outcome_of_a_question_whose_sender_hangs_up() {
    let tencent = || Tencent::new(1, "token").unwrap();
    let (hooks, seen) = observed(
        hooks_here(tencent())
            .with_question_concurrency(1)
            .answer(async |_: Verified<BeforeSendGift>| pending::<Decision<_>>().await),
    );
    let ask = |room: &str| {
        let gift = json!({"CallbackCommand": BeforeSendGift::NAME, "RoomId": room});
        let asked = hooks.deliver(tencent().sign(&gift, now()).unwrap().as_delivery(), now());
        timeout(Duration::from_millis(100), asked)
    };
    // One handler runs, and the other question waits for its turn.
    let (first, second) = tokio::join!(ask("lobby"), ask("attic"));
    assert!(first.is_err() && second.is_err());
    let gift = r#"Some("Live.CallbackBeforeSendGift")"#;
    let abandoned =
        |room: &str| format!(r#"tencent abandoned Some(1) {gift} Some("{room}") None None"#);
    seen.lock().unwrap().sort();
    assert_eq!(*seen.lock().unwrap(), [abandoned("attic"), abandoned("lobby")]);
    // An answered question is not abandoned.
    let other = tencent().sign(&json!({"CallbackCommand": "x.Before"}), now()).unwrap();
    assert_eq!(hooks.deliver(other.as_delivery(), now()).await.status, 200);
    assert_eq!(seen.lock().unwrap().len(), 3);
}
