//! Each delivery handled once, whatever becomes of handlers, senders, stores and clocks.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;

use std::{
    future::{Ready, ready},
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use serde_json::{Value, json};
use tokio::time::sleep;

use room_hooks::{
    CallbackResponse, ConfigError, Delivery, Hooks, RoomCreated, RoomEvent, RoomInfoUpdated,
    Verified,
    hooks::{
        Binding, Claim, ClaimStore, ClaimToken, Claimed, FailurePolicy, MemoryClaims, StoreError,
    },
    tencent::Tencent,
    zego::{self, Zego},
};

use here::hooks_here;

fn zego() -> Zego {
    Zego::new(1, "secret").unwrap()
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn created() -> Value {
    json!({"event": "room_create", "room_id": "lobby"})
}

fn signed_at(event: &Value, time: SystemTime) -> Vec<u8> {
    zego().sign(event, time).unwrap().body
}

async fn deliver(hooks: &Hooks<Zego>, body: &[u8]) -> CallbackResponse {
    hooks.deliver(Delivery::new("", &(), body), now()).await
}

/// How often something has happened.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicU32>);

impl Counter {
    fn count(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Hooks whose handler counts its calls and takes its time.
fn counting(takes: Duration) -> (Hooks<Zego>, Counter) {
    let counter = Counter::default();
    let calls = counter.clone();
    let hooks = hooks_here(zego()).on(move |_: Verified<RoomCreated>| {
        let calls = calls.clone();
        async move {
            calls.count();
            sleep(takes).await;
        }
    });
    (hooks, counter)
}

#[tokio::test(start_paused = true)]
async fn the_same_callback_on_zegos_whole_schedule_is_handled_once() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&created(), now());
    for pause in [0, 2, 4, 8, 16, 32] {
        sleep(Duration::from_secs(pause)).await;
        assert_eq!(deliver(&hooks, &body).await.status, 200);
    }
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_was_rewritten_under_the_same_signature_is_a_duplicate() {
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
async fn a_handler_that_fails_or_panics_is_called_again() {
    let calls = Counter::default();
    let seen = calls.clone();
    let hooks = hooks_here(zego()).on(move |_: Verified<RoomCreated>| {
        let call = seen.count();
        async move {
            match call {
                1 => Err(io::Error::other("not today")),
                2 => panic!("on purpose"),
                _ => Ok(()),
            }
        }
    });
    let body = signed_at(&created(), now());
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(deliver(&hooks, &body).await.status);
    }
    assert_eq!((statuses, calls.get()), (vec![500, 500, 200, 200], 3));
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_the_first_await_is_no_different() {
    let hooks = hooks_here(zego()).on(|created: Verified<RoomCreated>| {
        assert!(created.event.room_id.is_empty(), "on purpose");
        async {}
    });
    assert_eq!(deliver(&hooks, &signed_at(&created(), now())).await.status, 500);
    let event = json!({"event": "room_create", "room_id": ""});
    assert_eq!(deliver(&hooks, &signed_at(&event, now())).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_duplicate_of_what_is_being_handled_is_told_to_come_back() {
    let (hooks, calls) = counting(Duration::from_secs(5));
    let body = signed_at(&created(), now());
    let first = tokio::spawn(hooks.deliver(Delivery::new("", &(), &body), now()));
    sleep(Duration::from_secs(2)).await;
    let answer = deliver(&hooks, &body).await;
    assert_eq!(answer.status, 503);
    assert!(answer.headers().any(|(name, _)| name == "retry-after"));
    assert_eq!(first.await.unwrap().status, 200);
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_over_its_deadline_goes_on_and_its_retry_meets_the_truth() {
    let (hooks, calls) = counting(Duration::from_secs(50));
    let body = signed_at(&created(), now());
    assert_eq!(deliver(&hooks, &body).await.status, 503);
    // Longer than the lease: the claim of a handler that lives is renewed.
    sleep(Duration::from_secs(30)).await;
    assert_eq!(deliver(&hooks, &body).await.status, 503);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_hangs_up_stops_nothing() {
    let (hooks, calls) = counting(Duration::from_secs(1));
    let body = signed_at(&created(), now());
    let delivered = hooks.deliver(Delivery::new("", &(), &body), now());
    assert!(tokio::time::timeout(Duration::from_millis(10), delivered).await.is_err());
    hooks.drained().await;
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_has_waited_for_is_not_begun() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&created(), now());
    drop(hooks.deliver(Delivery::new("", &(), &body), now()));
    hooks.drained().await;
    assert_eq!(calls.get(), 0);
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 1);
}

/// As with a worker of actix-web's, which has a runtime of its own.
#[test]
fn a_handler_outlives_the_runtime_that_its_delivery_came_in() {
    let main = tokio::runtime::Runtime::new().unwrap();
    let worker = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (begun, ended) = (Counter::default(), Counter::default());
    let counters = (begun.clone(), ended.clone());
    let hooks = main.block_on(async {
        hooks_here(zego()).on_with(counters, async |(begun, ended), _: Verified<RoomCreated>| {
            begun.count();
            // Its timer is the worker's or the main runtime's, whichever it is begun in.
            sleep(Duration::from_millis(100)).await;
            ended.count();
        })
    });
    let body = signed_at(&created(), now());
    worker.spawn(hooks.deliver(Delivery::new("", &(), &body), now()));
    worker.block_on(async { sleep(Duration::from_millis(10)).await });
    drop(worker);
    main.block_on(hooks.drained());
    assert_eq!((begun.get(), ended.get()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn draining_waits_for_the_last_handler() {
    let (hooks, _) = counting(Duration::from_secs(7));
    hooks.drained().await;
    let body = signed_at(&created(), now());
    let begun = tokio::time::Instant::now();
    let delivered = tokio::spawn(hooks.deliver(Delivery::new("", &(), &body), now()));
    sleep(Duration::from_secs(1)).await;
    hooks.drained().await;
    assert_eq!(begun.elapsed(), Duration::from_secs(7));
    assert_eq!(delivered.await.unwrap().status, 200);
}

/// The same signature over another body, as anybody can make it who has seen the first.
fn forged(body: &[u8]) -> Vec<u8> {
    String::from_utf8(body.to_vec()).unwrap().replace("lobby", "vault").into_bytes()
}

#[tokio::test(start_paused = true)]
async fn a_signature_belongs_to_the_first_content_seen_with_it() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&created(), now());
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    let refused = deliver(&hooks, &forged(&body)).await;
    assert_eq!((refused.status, refused.body), (401, ""));
    // The delivery is forgotten before its signature is stale; a replay is none the newer for it.
    sleep(Duration::from_secs(200)).await;
    assert_eq!(deliver(&hooks, &forged(&body)).await.status, 401);
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn short_nonces_are_bound_only_if_asked_for() {
    // What ("secret", 1700000000, "350176") gives; two honest callbacks of one second can have it.
    let body = |room: &str| {
        let body = json!({
            "event": "room_create", "room_id": room, "timestamp": 1700000000, "nonce": "350176",
            "signature": "80a8017a4dce3974003cdb5d88d8cec42122b268",
        });
        body.to_string().into_bytes()
    };
    for (binding, second) in [(Binding::Unique, 200), (Binding::Off, 200), (Binding::Strict, 401)] {
        let hooks = counting(Duration::ZERO).0.with_binding(binding);
        assert_eq!(deliver(&hooks, &body("lobby")).await.status, 200);
        assert_eq!(deliver(&hooks, &body("attic")).await.status, second, "{binding:?}");
    }
    let hooks = counting(Duration::ZERO).0.with_binding(Binding::Off);
    let body = signed_at(&created(), now());
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    assert_eq!(deliver(&hooks, &forged(&body)).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn events_go_to_the_first_handler_that_fits_and_others_to_the_last() {
    let (first, second, other) = (Counter::default(), Counter::default(), Counter::default());
    let hooks = hooks_here(zego())
        .on_other(counted(&other))
        .on(counted::<RoomCreated>(&first))
        .on(counted::<RoomCreated>(&second));
    for event in ["room_create", "room_exit", "user_action"] {
        let body = signed_at(&json!({"event": event, "room_id": "r"}), now());
        assert_eq!(deliver(&hooks, &body).await.status, 200);
    }
    assert_eq!((first.get(), second.get(), other.get()), (1, 0, 2));

    let without = hooks_here(zego());
    let body = signed_at(&json!({"event": "room_exit"}), now());
    assert_eq!(deliver(&without, &body).await.status, 200);
    assert_eq!(deliver(&without, b"{}").await.status, 400);
}

/// A handler that only counts.
fn counted<E>(counter: &Counter) -> impl Fn(Verified<E>) -> Ready<()> + Send + Sync + use<E> {
    let counter = counter.clone();
    move |_| {
        counter.count();
        ready(())
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_unverified_takes_a_claim() {
    let claims = MemoryClaims::new();
    let hooks = counting(Duration::ZERO).0.with_claims(claims.clone());
    let body = String::from_utf8(signed_at(&created(), now())).unwrap();
    for forged in
        [body.replace("\"signature\":\"", "\"signature\":\"0"), "{}".into(), String::new()]
    {
        assert!(deliver(&hooks, forged.as_bytes()).await.status >= 400);
    }
    assert_eq!(claims.held(), 0);
    assert_eq!(deliver(&hooks, body.as_bytes()).await.status, 200);
    assert_eq!(claims.held(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_full_store_follows_the_policy_and_still_binds_signatures() {
    for (policy, status, handled) in
        [(FailurePolicy::Open, 200, 2), (FailurePolicy::Closed, 503, 1)]
    {
        let (hooks, calls) = counting(Duration::ZERO);
        let hooks = hooks.with_claims(MemoryClaims::with_capacity(1)).with_store_failure(policy);
        let signed =
            |room: &str| signed_at(&json!({"event": "room_create", "room_id": room}), now());
        assert_eq!(deliver(&hooks, &signed("lobby")).await.status, 200);
        assert_eq!(deliver(&hooks, &signed("lobby")).await.status, 200, "a duplicate");
        assert_eq!(deliver(&hooks, &forged(&signed("lobby"))).await.status, 401);
        // There is room for one signature, too, so a new one is not bound.
        assert_eq!(deliver(&hooks, &signed("attic")).await.status, status);
        assert_eq!(calls.get(), handled, "{policy:?}");
        let span = Duration::from_secs(700);
        sleep(span).await;
        let later = signed_at(&json!({"event": "room_create", "room_id": "attic"}), now() + span);
        for _ in 0..2 {
            let answer = hooks.deliver(Delivery::new("", &(), &later), now() + span).await;
            assert_eq!((answer.status, calls.get()), (200, handled + 1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_out_of_order_does_what_is_set() {
    for (setting, status, handled) in
        [(FailurePolicy::Open, 200, 2), (FailurePolicy::Closed, 503, 0)]
    {
        let (hooks, calls) = counting(Duration::ZERO);
        let hooks = hooks.with_claims(Broken { panics: false }).with_store_failure(setting);
        let body = signed_at(&created(), now());
        assert_eq!(deliver(&hooks, &body).await.status, status);
        assert_eq!(deliver(&hooks, &body).await.status, status);
        assert_eq!(calls.get(), handled);
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_back_opens_no_closed_window() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&created(), now());
    let at = |time| hooks.deliver(Delivery::new("", &(), &body), time);
    assert_eq!(at(now()).await.status, 200);
    let stale = now() + Duration::from_secs(1000);
    assert_eq!(at(stale).await.status, 401);
    // The store has forgotten it by now, and the clock says that it is fresh.
    sleep(Duration::from_secs(1000)).await;
    assert_eq!(at(now()).await.status, 401);
    assert_eq!(calls.get(), 1);
}

/// Also if nothing came while the clock showed the later time.
#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_back_in_silence_opens_no_closed_window_either() {
    let (hooks, calls) = counting(Duration::ZERO);
    let signed = signed_at(&created(), now());
    let at = |time| hooks.deliver(Delivery::new("", &(), &signed), time);
    assert_eq!(at(now()).await.status, 200);
    sleep(Duration::from_secs(1000)).await;
    assert_eq!(at(now()).await.status, 401);
    assert_eq!(at(now() + Duration::from_secs(1)).await.status, 401);
    // Once the clock has caught up, all is as before.
    let later = now() + Duration::from_secs(1001);
    let body = signed_at(&json!({"event": "room_create", "room_id": "attic"}), later);
    assert_eq!(hooks.deliver(Delivery::new("", &(), &body), later).await.status, 200);
    assert_eq!(calls.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_signature_of_an_event_without_a_handler_serves_no_other_event() {
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

/// As while a new version comes up beside the old one, which knows no such event.
#[tokio::test(start_paused = true)]
async fn what_one_machine_has_acknowledged_without_a_handler_no_other_handles() {
    let claims = MemoryClaims::new();
    let old = hooks_here(zego()).with_claims(claims.clone());
    let (new, calls) = counting(Duration::ZERO);
    let new = new.with_claims(claims);
    let body = signed_at(&created(), now());
    for hooks in [&old, &new] {
        assert_eq!(deliver(hooks, &body).await.status, 200);
    }
    assert_eq!(calls.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_binding_lasts_as_long_as_a_longer_tolerance() {
    let calls = Counter::default();
    let zego = zego().with_tolerance(Duration::from_secs(1800)).unwrap();
    let hooks = hooks_here(zego).on(counted::<RoomCreated>(&calls));
    let body = signed_at(&created(), now());
    assert_eq!(deliver(&hooks, &body).await.status, 200);
    sleep(Duration::from_secs(1700)).await;
    let later = now() + Duration::from_secs(1700);
    let forged = forged(&body);
    assert_eq!(hooks.deliver(Delivery::new("", &(), &forged), later).await.status, 401);
    assert_eq!(calls.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_one_that_is_out_of_order() {
    let (hooks, calls) = counting(Duration::from_secs(8));
    let hooks = hooks.with_claims(Hanging);
    // 8 s for the handler, whatever becomes of renewals, and 1 s for the settlement.
    let begun = tokio::time::Instant::now();
    assert_eq!(deliver(&hooks, &signed_at(&created(), now())).await.status, 200);
    assert_eq!((begun.elapsed(), calls.get()), (Duration::from_secs(9), 1));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_panics_is_a_failure_like_any_other() {
    let (hooks, calls) = counting(Duration::ZERO);
    let hooks = hooks.with_claims(Broken { panics: true });
    assert_eq!(deliver(&hooks, &signed_at(&created(), now())).await.status, 500);
    hooks.drained().await;
    assert_eq!(calls.get(), 0);
}

#[test]
fn a_retention_that_cannot_work_is_refused() {
    let hooks = |tolerance| {
        let tolerance = Duration::from_secs(tolerance);
        hooks_here(zego().with_tolerance(tolerance).unwrap())
    };
    let seconds = Duration::from_secs;
    let too_short = |least| ConfigError::RetentionTooShort { least: seconds(least) };
    for (tolerance, retention, error) in [
        (300, seconds(600), None),
        (300, seconds(599), Some(too_short(600))),
        (300, Duration::ZERO, Some(too_short(600))),
        // Platforms retry for longer than twice a tolerance of ten seconds.
        (10, seconds(119), Some(too_short(120))),
        (10, seconds(120), None),
    ] {
        let refused = hooks(tolerance).with_retention(retention).err();
        assert_eq!(refused, error, "{tolerance} {retention:?}");
    }
    let too_long = hooks(300).with_retention(Duration::MAX).unwrap_err();
    assert!(matches!(too_long, ConfigError::RetentionTooLong { .. }));
}

#[tokio::test(start_paused = true)]
async fn no_lease_is_too_short_for_two_at_once() {
    let (hooks, calls) = counting(Duration::from_secs(1));
    let hooks = hooks.with_lease(Duration::ZERO);
    let body = signed_at(&created(), now());
    let (first, second) = tokio::join!(deliver(&hooks, &body), deliver(&hooks, &body));
    assert_eq!((first.status.min(second.status), calls.get()), (200, 1));
    assert_eq!(first.status.max(second.status), 503);
}

#[tokio::test(start_paused = true)]
async fn tencents_answers_have_its_form_to_the_end() {
    let tencent = || Tencent::new(1, "token").unwrap();
    let event = json!({
        "CallbackCommand": "Room.CallbackAfterUpdateRoomInfo", "RoomInfo": {"RoomId": "r"},
    });
    let signed = tencent().sign(&event, now()).unwrap();
    let failing = hooks_here(tencent())
        .on(async |_: Verified<RoomInfoUpdated>| Err::<(), _>(io::Error::other("secret reason")));
    let slow = hooks_here(tencent())
        .on(async |_: Verified<RoomInfoUpdated>| sleep(Duration::from_secs(9)).await);
    for (hooks, status) in [(failing, 500), (slow, 503)] {
        let answer = hooks.deliver(signed.as_delivery(), now()).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.body, r#"{"ActionStatus":"FAIL","ErrorInfo":"failed","ErrorCode":1}"#);
    }
    assert_eq!(hooks_here(tencent()).not_found().status, 404);
}

#[tokio::test(start_paused = true)]
async fn the_whole_event_may_be_asked_for() {
    let hooks = hooks_here(zego()).on(async |event: Verified<zego::Event>| {
        assert_eq!(event.event.name(), "room_create");
    });
    assert_eq!(deliver(&hooks, &signed_at(&created(), now())).await.status, 200);
}

/// A store that cannot be reached, or has a mistake in it.
#[derive(Debug)]
struct Broken {
    panics: bool,
}

fn out_of_order<T>() -> Result<T, StoreError> {
    Err(StoreError::OutOfOrder("connection refused".into()))
}

impl ClaimStore for Broken {
    async fn claim(&self, _: Claimed, _: Instant) -> Result<Claim, StoreError> {
        assert!(!self.panics, "on purpose");
        out_of_order()
    }

    async fn renew(&self, _: Claimed, _: ClaimToken, _: Instant) -> Result<bool, StoreError> {
        out_of_order()
    }

    async fn settle(&self, _: Claimed, _: Instant) -> Result<(), StoreError> {
        out_of_order()
    }

    async fn release(&self, _: Claimed, _: ClaimToken, _: Instant) -> Result<(), StoreError> {
        out_of_order()
    }
}

/// A store that accepts everything and answers nothing, but for claims.
#[derive(Debug)]
struct Hanging;

impl ClaimStore for Hanging {
    async fn claim(&self, _: Claimed, _: Instant) -> Result<Claim, StoreError> {
        Ok(Claim::Granted(ClaimToken(1)))
    }

    async fn renew(&self, _: Claimed, _: ClaimToken, _: Instant) -> Result<bool, StoreError> {
        std::future::pending().await
    }

    async fn settle(&self, _: Claimed, _: Instant) -> Result<(), StoreError> {
        std::future::pending().await
    }

    async fn release(&self, _: Claimed, _: ClaimToken, _: Instant) -> Result<(), StoreError> {
        std::future::pending().await
    }
}

/// `Before` asks for permission; a failure, a delay or a full store of ours must not deny it.
#[tokio::test(start_paused = true)]
async fn a_question_of_tencent_is_never_denied_by_an_accident() {
    let tencent = Tencent::new(1, "token").unwrap();
    let asked = json!({"CallbackCommand": "Live.CallbackBeforeSendGift", "RoomId": "lobby"});
    let signed = tencent.sign(&asked, now()).unwrap();
    let hooks = |store: MemoryClaims, takes: Duration| {
        hooks_here(tencent.clone()).with_claims(store).on(
            move |_: Verified<room_hooks::tencent::Event>| async move {
                sleep(takes).await;
                Err::<(), _>(io::Error::other("the moderation is away"))
            },
        )
    };
    let allowed = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#;
    let (soon, late) = (Duration::from_millis(1), Duration::from_secs(10));
    for (what, hooks) in [
        ("a handler that fails", hooks(MemoryClaims::new(), soon)),
        ("a handler that is late", hooks(MemoryClaims::new(), late)),
        ("a full store", hooks(MemoryClaims::with_capacity(0), soon)),
    ] {
        let answer = hooks.deliver(signed.as_delivery(), now()).await;
        assert_eq!((answer.status, answer.body), (200, allowed), "{what}");
    }
    // An equal one that is asked in the meantime.
    let hooks = hooks(MemoryClaims::new(), Duration::from_secs(1));
    let (one, other) = tokio::join!(
        hooks.deliver(signed.as_delivery(), now()),
        hooks.deliver(signed.as_delivery(), now())
    );
    assert_eq!([one.body, other.body], [allowed; 2]);
    // A body that a middleware consumed.
    let answer = hooks.deliver(Delivery::new(&signed.query, &(), b""), now()).await;
    assert_eq!((answer.status, answer.body), (200, allowed));
    // A forged question is denied like any other forgery.
    let forged = signed.query.replace("Sign=", "Sign=0");
    assert_eq!(hooks.deliver(Delivery::new(&forged, &(), &signed.body), now()).await.status, 401);
}
