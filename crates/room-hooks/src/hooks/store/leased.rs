//! A store for tests, with leases and outages, as if several processes shared it; and tests of
//! hooks with this store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError};
use crate::{DeliveryId, SignatureKey};

/// A store that is as simple as possible: it never removes anything.
#[derive(Debug, Clone, Default)]
pub(super) struct Leased(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    deliveries: Mutex<HashMap<DeliveryId, (State, Instant)>>,
    signatures: Mutex<HashMap<SignatureKey, (DeliveryId, Instant)>>,
    tokens: AtomicU64,
    is_away: AtomicBool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    InProgress(ClaimToken),
    Settled,
}

impl Leased {
    fn set_away(&self, is_away: bool) {
        self.0.is_away.store(is_away, Ordering::SeqCst);
    }

    /// Changes a delivery's state. An expired state counts as none.
    fn update<T>(
        &self,
        id: DeliveryId,
        now: Instant,
        update: impl FnOnce(Option<State>) -> (T, Option<(State, Duration)>),
    ) -> Result<T, StoreError> {
        if self.0.is_away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("away".into()));
        }
        let mut deliveries = self.0.deliveries.lock().unwrap();
        let state = deliveries.get(&id).filter(|(_, end)| now < *end).map(|(state, _)| *state);
        let (answer, next) = update(state);
        if let Some((state, span)) = next {
            deliveries.insert(id, (state, now + span));
        }
        Ok(answer)
    }
}

impl DeliveryStore for Leased {
    async fn claim(&self, delivery: DeliveryKey, now: Instant) -> Result<ClaimOutcome, StoreError> {
        let DeliveryKey { id, lease, .. } = delivery;
        if !self.bind(delivery, now).await? {
            return Ok(ClaimOutcome::SignatureReused);
        }
        let token = ClaimToken(self.0.tokens.fetch_add(1, Ordering::SeqCst));
        self.update(id, now, |state| match state {
            None => (ClaimOutcome::Granted(token), Some((State::InProgress(token), lease))),
            Some(State::InProgress(_)) => (ClaimOutcome::InProgress, None),
            Some(State::Settled) => (ClaimOutcome::Settled, None),
        })
    }

    async fn bind(&self, delivery: DeliveryKey, now: Instant) -> Result<bool, StoreError> {
        let DeliveryKey { id, signature, retention, .. } = delivery;
        self.update(id, now, |_| ((), None))?;
        let Some(signature) = signature else { return Ok(true) };
        let mut signatures = self.0.signatures.lock().unwrap();
        let fresh = (id, now + retention);
        let bound = signatures.entry(signature).or_insert(fresh);
        if now >= bound.1 {
            *bound = fresh;
        }
        Ok(bound.0 == id)
    }

    async fn renew(
        &self,
        delivery: DeliveryKey,
        token: ClaimToken,
        now: Instant,
    ) -> Result<bool, StoreError> {
        self.update(delivery.id, now, |state| match state {
            Some(state) if state != State::InProgress(token) => (false, None),
            _ => (true, Some((State::InProgress(token), delivery.lease))),
        })
    }

    async fn settle(&self, d: DeliveryKey, now: Instant) -> Result<(), StoreError> {
        self.update(d.id, now, |_| ((), Some((State::Settled, d.retention))))
    }

    fn for_renewal(&self) -> Option<Self> {
        Some(self.clone())
    }

    async fn release(
        &self,
        d: DeliveryKey,
        token: ClaimToken,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.update(d.id, now, |state| {
            let is_own = state == Some(State::InProgress(token));
            ((), is_own.then_some((State::InProgress(token), Duration::ZERO)))
        })
    }
}

mod tests {
    use std::{sync::atomic::AtomicU32, thread, time::SystemTime};

    use serde_json::json;
    use tokio::time::sleep;

    use super::*;
    use crate::{FailurePolicy, Hooks, RoomCreated, Verified, testing::acceptance, zego::Zego};

    const LEASE: Duration = Duration::from_millis(200);

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_757_500_000)
    }

    fn zego() -> Zego {
        Zego::new(1, "secret").unwrap()
    }

    fn body(room: &str) -> Vec<u8> {
        zego().sign(&json!({"event": "room_create", "room_id": room}), now()).unwrap().body
    }

    async fn deliver(hooks: &Hooks<Zego>, body: &[u8]) -> u16 {
        hooks.deliver(crate::Delivery::new(body), now()).await.status
    }

    #[derive(Default)]
    struct Calls {
        running: AtomicU32,
        most: AtomicU32,
        all: AtomicU32,
    }

    impl Calls {
        fn begin(&self) {
            let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(running, Ordering::SeqCst);
            self.all.fetch_add(1, Ordering::SeqCst);
        }

        fn end(&self) {
            self.running.fetch_sub(1, Ordering::SeqCst);
        }

        fn counted(&self) -> (u32, u32) {
            (self.all.load(Ordering::SeqCst), self.most.load(Ordering::SeqCst))
        }
    }

    fn hooks(store: &Leased) -> Hooks<Zego> {
        Hooks::new(zego())
            .with_store(store.clone())
            .with_lease(LEASE)
            .with_handler_timeout(Duration::from_secs(30))
    }

    #[tokio::test]
    async fn it_does_what_a_shared_store_must() {
        acceptance(&Leased::default(), async |_| {}).await;
    }

    /// The lease is renewed on another thread, because the handler blocks its own.
    #[tokio::test]
    async fn a_handler_that_blocks_its_thread_for_three_leases_runs_once_at_a_time() {
        let (store, calls) = (Leased::default(), Arc::new(Calls::default()));
        let machine = |calls: &Arc<Calls>| {
            hooks(&store).on_with(Arc::clone(calls), async |calls, _: Verified<RoomCreated>| {
                calls.begin();
                #[expect(clippy::disallowed_methods, reason = "it blocks its thread")]
                thread::sleep(LEASE * 3);
                calls.end();
            })
        };
        let (first, second) = (machine(&calls), machine(&calls));
        let blocked = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(deliver(&first, &body("lobby")))
        });
        while calls.counted().0 == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        let mut statuses = Vec::new();
        for _ in 0..5 {
            sleep(LEASE / 2).await;
            statuses.push(deliver(&second, &body("lobby")).await);
        }
        assert_eq!(statuses, [503; 5]);
        assert_eq!(blocked.join().unwrap(), 200);
        assert_eq!(deliver(&second, &body("lobby")).await, 200);
        assert_eq!(calls.counted(), (1, 1));
    }

    #[tokio::test]
    async fn a_store_that_is_away_for_longer_than_a_lease_grants_nothing_twice_when_it_is_back() {
        let (store, calls) = (Leased::default(), Arc::new(Calls::default()));
        let hooks =
            hooks(&store).on_with(Arc::clone(&calls), async |calls, _: Verified<RoomCreated>| {
                calls.begin();
                sleep(LEASE * 5).await;
                calls.end();
            });
        let first = tokio::spawn({
            let hooks = hooks.clone();
            async move { deliver(&hooks, &body("lobby")).await }
        });
        sleep(LEASE / 2).await;
        store.set_away(true);
        sleep(LEASE * 2).await;
        store.set_away(false);
        // The next renewal takes the lease back.
        sleep(LEASE / 2).await;
        assert_eq!(deliver(&hooks, &body("lobby")).await, 503);
        assert_eq!(first.await.unwrap(), 200);
        assert_eq!(deliver(&hooks, &body("lobby")).await, 200);
        assert_eq!(calls.counted(), (1, 1));
    }

    #[tokio::test]
    async fn settlement_is_retried_after_the_answer() {
        let (store, calls) = (Leased::default(), Arc::new(Calls::default()));
        let hooks = hooks(&store).with_lease(Duration::from_secs(3)).on_with(
            (Arc::clone(&calls), store.clone()),
            async |(calls, store): (Arc<Calls>, Leased), _: Verified<RoomCreated>| {
                calls.begin();
                store.set_away(true);
                calls.end();
            },
        );
        // The store becomes unavailable while the handler runs; the sender still receives 200.
        assert_eq!(deliver(&hooks, &body("lobby")).await, 200);
        sleep(Duration::from_millis(150)).await;
        store.set_away(false);
        hooks.wait_idle().await;
        assert_eq!(deliver(&hooks, &body("lobby")).await, 200);
        assert_eq!(calls.counted().0, 1);
    }

    /// After that, the failure can only be logged.
    #[tokio::test(start_paused = true)]
    async fn settlement_is_given_up_when_the_lease_would_be_over() {
        let store = Leased::default();
        let here = tokio::runtime::Handle::current();
        let hooks = hooks(&store).with_runtime(here).on_with(
            store.clone(),
            async |store: Leased, _: Verified<RoomCreated>| {
                store.set_away(true);
            },
        );
        assert_eq!(deliver(&hooks, &body("lobby")).await, 200);
        let begun = tokio::time::Instant::now();
        hooks.wait_idle().await;
        assert!(begun.elapsed() < LEASE * 3);
    }

    /// Two machines: one saw the honest delivery, the other sees a forgery first.
    #[tokio::test]
    async fn a_forgery_that_the_store_refuses_does_not_refuse_the_honest_retry() {
        let store = Leased::default();
        let machine = |fails| {
            hooks(&store).on(move |_: Verified<RoomCreated>| async move {
                if fails { Err(std::io::Error::other("not now")) } else { Ok(()) }
            })
        };
        let (first, second, honest) = (machine(true), machine(false), body("lobby"));
        assert_eq!(deliver(&first, &honest).await, 500);
        let forged = String::from_utf8(honest.clone()).unwrap().replace("lobby", "vault");
        assert_eq!(deliver(&second, forged.as_bytes()).await, 401);
        assert_eq!(deliver(&second, &honest).await, 200);
    }

    #[tokio::test]
    async fn while_a_store_is_away_signatures_stay_bound_and_the_policy_holds() {
        for (policy, status) in [(FailurePolicy::Open, 200), (FailurePolicy::Closed, 503)] {
            let (store, calls) = (Leased::default(), Arc::new(Calls::default()));
            let unhandled = hooks(&store).with_store_failure_policy(policy);
            let hooks = hooks(&store)
                .with_store_failure_policy(policy)
                .on_with(Arc::clone(&calls), async |calls, _: Verified<RoomCreated>| calls.begin());
            let (seen, new) = (body("lobby"), body("attic"));
            let forged = |body: &[u8], room: &str| {
                String::from_utf8(body.to_vec()).unwrap().replace(room, "vault").into_bytes()
            };
            assert_eq!(deliver(&hooks, &seen).await, 200);
            store.set_away(true);
            assert_eq!(deliver(&hooks, &forged(&seen, "lobby")).await, 401);
            assert_eq!(deliver(&hooks, &new).await, status);
            assert_eq!(deliver(&hooks, &forged(&new, "attic")).await, 401);
            let handled = if policy == FailurePolicy::Open { 2 } else { 1 };
            assert_eq!(calls.counted().0, handled, "{policy:?}");
            // The same without a handler.
            assert_eq!(deliver(&unhandled, &new).await, status);
            assert_eq!(deliver(&unhandled, &forged(&new, "attic")).await, 401);
        }
    }
}
