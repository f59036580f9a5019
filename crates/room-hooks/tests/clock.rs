//! Clock skew: the deliveries that hooks accept while the local clock is set back or ahead, and
//! afterwards. The sender's clock is right.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use tokio::{
    runtime::Builder,
    time::{Instant, sleep},
};

use room_hooks::{
    Delivery, Receiver, RoomEvent, Verified,
    tencent::{self, Tencent},
    testing::SignedDelivery,
    trtc::{self, Trtc},
    zego::{self, Zego},
};

use here::hooks_here;
use zego_hooks::{counting, created, now, signed_at};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
/// The duration of a handler call.
const WORK: Duration = Duration::from_millis(10);

type Sign = Box<dyn Fn(&str, SystemTime) -> SignedDelivery>;
type Take<T> = Box<dyn Fn(&SignedDelivery, SystemTime) -> T>;
type Status = Pin<Box<dyn Future<Output = u16> + Send>>;

/// A service for one provider, and its sender.
struct Service {
    sign: Sign,
    receive: Take<u16>,
    deliver: Take<Status>,
    /// The rooms of the finished handler calls.
    handled: Arc<Mutex<Vec<String>>>,
}

impl Service {
    /// Signs a callback about a room.
    fn sign(&self, room: &str, sent_at: SystemTime) -> SignedDelivery {
        (self.sign)(room, sent_at)
    }

    /// The status from a receiver, which keeps no state.
    fn receive(&self, delivery: &SignedDelivery, clock: SystemTime) -> u16 {
        (self.receive)(delivery, clock)
    }

    /// The status from hooks.
    async fn deliver(&self, delivery: &SignedDelivery, clock: SystemTime) -> u16 {
        (self.deliver)(delivery, clock).await
    }

    fn calls(&self, room: &str) -> usize {
        self.handled.lock().unwrap().iter().filter(|handled| *handled == room).count()
    }
}

fn service<E: RoomEvent>(
    provider: impl Fn() -> E::Provider,
    sign: impl Fn(&E::Provider, &str, SystemTime) -> SignedDelivery + 'static,
) -> Service {
    let (signer, receiver) = (provider(), Receiver::new(provider()));
    let handled = Arc::new(Mutex::new(Vec::new()));
    let rooms = Arc::clone(&handled);
    let hooks = hooks_here(provider()).on_with(rooms, async |rooms, verified: Verified<E>| {
        sleep(WORK).await;
        rooms.lock().unwrap().push(verified.event.room_id().unwrap_or_default().to_owned());
    });
    Service {
        sign: Box::new(move |room, sent_at| sign(&signer, room, sent_at)),
        receive: Box::new(move |delivery, clock| {
            match receiver.receive::<E>(delivery.as_delivery(), clock) {
                Ok(_) => 200,
                Err(not_delivered) => not_delivered.status(),
            }
        }),
        deliver: Box::new(move |delivery, clock| {
            let answer = hooks.deliver(delivery.as_delivery(), clock);
            Box::pin(async { answer.await.status })
        }),
        handled,
    }
}

/// One service for each provider.
fn services() -> [Service; 3] {
    let zego = service::<zego::Event>(
        || Zego::new(1, "secret").unwrap(),
        |zego, room, at| zego.sign(&json!({"event": "room_create", "room_id": room}), at).unwrap(),
    );
    let tencent = service::<tencent::Event>(
        || Tencent::new(1, "token").unwrap(),
        |tencent, room, at| {
            let command = "Room.CallbackAfterUpdateRoomInfo";
            let event = json!({"CallbackCommand": command, "RoomInfo": {"RoomId": room}});
            tencent.sign(&event, at).unwrap()
        },
    );
    let trtc = trtc(|| Trtc::new(1, "key").unwrap().with_tolerance(300 * SECOND).unwrap());
    [zego, tencent, trtc]
}

fn trtc(provider: impl Fn() -> Trtc) -> Service {
    let entered = |room: &str| -> Value {
        json!({"EventType": 103, "EventInfo": {"RoomId": room, "UserId": "ada"}})
    };
    service::<trtc::Event>(provider, move |trtc, room, at| trtc.sign(&entered(room), at).unwrap())
}

/// The true time, which advances with tokio's clock.
#[derive(Clone, Copy)]
struct Time {
    begun: Instant,
}

impl Time {
    fn begin() -> Self {
        Self { begun: Instant::now() }
    }

    fn now(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + 1_700_000_000 * SECOND + self.begun.elapsed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_without_hooks_follows_a_clock_that_is_set_back() {
    for service in services() {
        let time = Time::begin();
        let early = service.sign("early", time.now());
        sleep(HOUR).await;
        let late = service.sign("late", time.now());
        for _ in 0..2 {
            assert_eq!(service.receive(&early, time.now()), 401);
            assert_eq!(service.receive(&late, time.now()), 200);
            // The clock is set back, then corrected. A receiver without hooks remembers no
            // delivery.
            assert_eq!(service.receive(&early, time.now() - HOUR), 200);
            assert_eq!(service.receive(&late, time.now() - HOUR), 401);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_an_hour_and_corrected_replays_and_loses_no_callback() {
    for service in services() {
        let time = Time::begin();
        let early = service.sign("early", time.now());
        assert_eq!(service.deliver(&early, time.now()).await, 200);
        sleep(HOUR).await;
        assert_eq!(service.deliver(&early, time.now()).await, 401);

        let behind = || time.now() - HOUR;
        assert_eq!(service.deliver(&early, behind()).await, 401);
        let meanwhile = service.sign("meanwhile", time.now());
        for _ in 0..2 {
            assert_eq!(service.deliver(&meanwhile, behind()).await, 200);
        }
        // The hooks' time continues from the newest signed time, unless that is too far ahead.
        sleep(HOUR / 2).await;
        let waiting = service.sign("waiting", time.now());
        assert_eq!(service.deliver(&waiting, behind()).await, 200);

        for (delivery, status) in [(&early, 401), (&meanwhile, 401), (&waiting, 200)] {
            assert_eq!(service.deliver(delivery, time.now()).await, status);
            assert_eq!(service.deliver(delivery, time.now()).await, status);
        }
        let calls = ["early", "meanwhile", "waiting"].map(|room| service.calls(room));
        assert_eq!(calls, [1, 1, 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_ahead_an_hour_acknowledges_no_unhandled_callback() {
    for service in services() {
        let time = Time::begin();
        let (done, new) = (service.sign("done", time.now()), service.sign("new", time.now()));
        assert_eq!(service.deliver(&done, time.now()).await, 200);
        for delivery in [&done, &new] {
            assert_eq!(service.deliver(delivery, time.now() + HOUR).await, 401);
        }
        // The clock is right again. The skew has no lasting effect.
        for delivery in [&done, &new] {
            assert_eq!(service.deliver(delivery, time.now()).await, 200);
        }
        assert_eq!(["done", "new"].map(|room| service.calls(room)), [1, 1]);
    }
}

/// Leases and the retention of duplicates use the monotonic clock.
#[tokio::test(start_paused = true)]
async fn a_duplicate_is_recognized_during_clock_skew() {
    let untimed = || trtc(|| Trtc::new(1, "key").unwrap());
    for (service, jumps) in services()
        .into_iter()
        .map(|service| (service, [SECOND, 20 * SECOND]))
        .chain([(untimed(), [HOUR, 24 * HOUR])])
    {
        let time = Time::begin();
        let delivery = service.sign("lobby", time.now());
        let first = tokio::spawn((service.deliver)(&delivery, time.now()));
        sleep(WORK / 2).await;
        for jump in jumps {
            for clock in [time.now() - jump, time.now() + jump] {
                assert_eq!(service.deliver(&delivery, clock).await, 503);
            }
        }
        assert_eq!(first.await.unwrap(), 200);
        for jump in jumps {
            for clock in [time.now() + jump, time.now() - jump, time.now()] {
                sleep(SECOND).await;
                assert_eq!(service.deliver(&delivery, clock).await, 200);
            }
        }
        assert_eq!(service.calls("lobby"), 1);
    }
}

/// The hooks' time does not advance while the clock is behind, for longer than the retention of
/// duplicates.
#[tokio::test(start_paused = true)]
async fn a_clock_behind_for_longer_than_the_retention_replays_no_callback() {
    for service in services() {
        let time = Time::begin();
        let delivery = service.sign("lobby", time.now());
        assert_eq!(service.deliver(&delivery, time.now()).await, 200);
        for _ in 0..10 {
            service.deliver(&delivery, time.now() - HOUR).await;
            assert_eq!(service.calls("lobby"), 1);
            sleep(HOUR / 5).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_accepts_no_callback_that_was_refused_as_stale() {
    let (hooks, calls) = counting(Duration::ZERO);
    let body = signed_at(&created(), now());
    let at = |time| hooks.deliver(Delivery::new(&body), time);
    assert_eq!(at(now()).await.status, 200);
    let stale = now() + Duration::from_secs(1000);
    assert_eq!(at(stale).await.status, 401);
    // The store no longer has the callback, which is fresh by the local clock.
    sleep(Duration::from_secs(1000)).await;
    assert_eq!(at(now()).await.status, 401);
    assert_eq!(calls.get(), 1);
}

/// Without a delivery in between, no signed time tells the hooks that time has passed.
#[tokio::test(start_paused = true)]
async fn a_clock_set_back_accepts_no_old_callback_even_without_a_delivery_in_between() {
    let (hooks, calls) = counting(Duration::ZERO);
    let signed = signed_at(&created(), now());
    let at = |time| hooks.deliver(Delivery::new(&signed), time);
    assert_eq!(at(now()).await.status, 200);
    sleep(Duration::from_secs(1000)).await;
    assert_eq!(at(now()).await.status, 401);
    assert_eq!(at(now() + Duration::from_secs(1)).await.status, 401);
    // Once the clock has caught up, hooks accept fresh callbacks again.
    let later = now() + Duration::from_secs(1001);
    let body = signed_at(&json!({"event": "room_create", "room_id": "attic"}), later);
    assert_eq!(hooks.deliver(Delivery::new(&body), later).await.status, 200);
    assert_eq!(calls.get(), 2);
}

/// The earliest and latest times that this platform can represent.
#[tokio::test(start_paused = true)]
async fn a_clock_at_the_beginning_or_end_of_time_causes_no_panic() {
    let epoch = SystemTime::UNIX_EPOCH;
    let beginning = furthest(SystemTime::checked_sub);
    let end = furthest(SystemTime::checked_add);
    let odd = [beginning, epoch - HOUR, epoch, end - SECOND, end];
    for service in services() {
        let delivery = service.sign("lobby", Time::begin().now());
        for clock in odd {
            assert_eq!(service.receive(&delivery, clock), 401);
            // A callback that was sent at that time, as far as its format can represent it.
            service.receive(&service.sign("lobby", clock), clock);
        }
    }
    for first in odd {
        for service in services() {
            let time = Time::begin();
            let delivery = service.sign("lobby", time.now());
            for clock in [first].into_iter().chain(odd) {
                assert_eq!(service.deliver(&delivery, clock).await, 401);
                sleep(SECOND).await;
            }
            // No delivery was accepted at these times, so they changed no state.
            assert_eq!(service.deliver(&delivery, time.now()).await, 200);
            assert_eq!(service.calls("lobby"), 1);
        }
    }
    // Without a tolerance, the time makes no difference.
    let untimed = trtc(|| Trtc::new(1, "key").unwrap());
    let delivery = untimed.sign("lobby", Time::begin().now());
    for clock in odd {
        assert_eq!(untimed.deliver(&delivery, clock).await, 200);
    }
    assert_eq!(untimed.calls("lobby"), 1);
}

/// The furthest time that `step` can reach.
fn furthest(step: fn(&SystemTime, Duration) -> Option<SystemTime>) -> SystemTime {
    let (mut time, mut stride) = (SystemTime::UNIX_EPOCH, Duration::MAX);
    while !stride.is_zero() {
        match step(&time, stride) {
            Some(further) if further != time => time = further,
            _ => stride /= 2,
        }
    }
    time
}

/// A request that does not authenticate, such as a health check, changes no state.
#[tokio::test(start_paused = true)]
async fn clock_skew_during_an_unauthenticated_request_refuses_no_fresh_callback() {
    for ahead in [HOUR, 10 * 365 * 24 * HOUR] {
        for service in services() {
            let time = Time::begin();
            let mut forged = service.sign("forged", time.now());
            forged.body.extend(b" ");
            forged.query = forged.query.replace("Sign=", "Sign=0");
            forged.headers.clear();
            for clock in [time.now() + ahead, time.now() - HOUR] {
                let empty = SignedDelivery::new(String::new(), Vec::new(), b"{}".to_vec());
                assert!([400, 401].contains(&service.deliver(&empty, clock).await));
                assert_eq!(service.deliver(&forged, clock).await, 401);
            }
            for minute in 0..60 {
                let room = format!("room-{minute}");
                let fresh = service.sign(&room, time.now());
                assert_eq!(service.deliver(&fresh, time.now()).await, 200);
                assert_eq!(service.calls(&room), 1);
                sleep(60 * SECOND).await;
            }
        }
    }
}

/// With enough skew, the request is refused as stale. Later requests are accepted.
#[tokio::test(start_paused = true)]
async fn clock_skew_during_a_signed_request_refuses_no_fresh_callback_afterwards() {
    for ahead in [250 * SECOND, HOUR, 10 * 365 * 24 * HOUR] {
        for service in services() {
            let time = Time::begin();
            let early = service.sign("early", time.now());
            assert_eq!(service.deliver(&early, time.now()).await, 200);
            let skewed = service.sign("skewed", time.now());
            let status = service.deliver(&skewed, time.now() + ahead).await;
            assert!(status == 401 || ahead < 300 * SECOND, "{ahead:?}");
            let next = service.sign("next", time.now());
            for (fresh, room) in [(&skewed, "skewed"), (&next, "next")] {
                assert_eq!(service.deliver(fresh, time.now()).await, 200, "{room}, {ahead:?}");
                assert_eq!(service.calls(room), 1, "{room}, {ahead:?}");
            }
            // A week later, without a restart.
            sleep(7 * 24 * HOUR).await;
            let late = service.sign("late", time.now());
            assert_eq!(service.deliver(&late, time.now()).await, 200);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// In each step, some time passes, the clock is ahead, behind or right, and a delivery arrives:
    /// a new one, or one of the latest four.
    #[test]
    fn a_callback_answered_200_was_handled_once_however_the_clock_jumps(
        steps in vec((0..130_u64, select(&JUMPS), 0..5_usize), 1..40),
    ) {
        for index in 0..3 {
            let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
            let runtime = runtime.unwrap();
            let _entered = runtime.enter();
            runtime.block_on(play(&services()[index], &steps))?;
        }
    }
}

const JUMPS: [i64; 9] = [0, 0, 0, 5, -5, 60, -60, 3600, -3600];

async fn play(service: &Service, steps: &[(u64, i64, usize)]) -> Result<(), TestCaseError> {
    let time = Time::begin();
    let mut sent = Vec::new();
    for &(passes, jump, back) in steps {
        sleep(SECOND * passes as u32).await;
        if back == 0 || back > sent.len() {
            let room = format!("room-{}", sent.len());
            sent.push((service.sign(&room, time.now()), room));
        }
        let (delivery, room) = &sent[sent.len() - back.clamp(1, sent.len())];
        let jumped = Duration::from_secs(jump.unsigned_abs());
        let clock = if jump < 0 { time.now() - jumped } else { time.now() + jumped };
        let status = service.deliver(delivery, clock).await;
        prop_assert!([200, 401].contains(&status), "{}", status);
        prop_assert!(status != 200 || service.calls(room) == 1, "{} was not handled", room);
        prop_assert!(service.calls(room) <= 1, "{} was handled twice", room);
    }
    // With the right clock, fresh callbacks are accepted.
    let right_again = service.sign("right again", time.now());
    prop_assert_eq!(service.deliver(&right_again, time.now()).await, 200);
    Ok(())
}
