//! The rules that every inbox must follow. Each part uses its own kind of event, so that parts do
//! not disturb each other.

mod claim;
mod lease;
mod order;
mod prune;
mod put;
mod records;
mod suspect;

use std::{
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    DeliveryId, SignatureKey,
    inbox::{
        AttemptId, ClaimRequest, ClaimedEvent, Claims, Ending, InboxStore, NewEvent, PutOutcome,
        Retention, WorkerId,
    },
};

const LEASE: Duration = Duration::from_secs(3);
const RETENTION: Duration = Duration::from_millis(4500);
const A_MOMENT: Duration = Duration::from_secs(1);

/// Longer than a test takes.
const LONG: Duration = Duration::from_secs(1_000_000);

/// Checks an inbox, which must be empty, against the rules of [`InboxStore`].
///
/// `wait` lets time pass for the inbox: it advances the inbox's clock, or sleeps, which takes some
/// minutes in all. The time that the suite itself takes must not matter, so the spans are long.
///
/// Durability, the bounds and a clock that is set back are not checked, because they need more than
/// an open inbox.
///
/// ```
/// use room_hooks::{inbox::MemoryInbox, testing::inbox_acceptance};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// inbox_acceptance(&MemoryInbox::new(), tokio::time::advance).await;
/// # }
/// ```
///
/// # Panics
///
/// The inbox breaks one of the rules.
// For rustdoc, as on `Hooks`.
#[cfg(feature = "inbox")]
pub async fn inbox_acceptance<S: InboxStore>(store: &S, wait: impl AsyncFn(Duration)) {
    let part = |kind| Part { store, wait: &wait, kind };
    claim::everything_is_counted(&part("test/stats")).await;

    put::a_duplicate_is_stored_once(&part("test/duplicate")).await;
    put::a_signature_belongs_to_its_first_event(&part("test/signature")).await;
    put::a_signature_is_free_after_its_retention(&part("test/signature_retention")).await;
    put::content_comes_back_byte_for_byte(&part("test/content")).await;
    put::one_of_several_concurrent_puts_is_new(&part("test/put_at_once")).await;

    claim::first_come_first_served(&part("test/first")).await;
    claim::a_retry_waits_until_it_is_due(&part("test/due")).await;
    claim::a_released_event_has_not_failed(&part("test/released")).await;
    claim::a_finished_event_stays_finished(&part("test/finished")).await;
    claim::a_dead_event_can_be_retried(&part("test/dead")).await;
    claim::other_kinds_and_newer_formats_are_not_claimed(&part("test/kinds")).await;
    claim::concurrent_claims_receive_different_events(&part("test/claim_at_once")).await;

    lease::a_frozen_worker_settles_nothing_that_was_taken_over(&part("test/fencing")).await;
    lease::an_expired_lease_is_kept_until_another_worker_claims(&part("test/own")).await;
    lease::a_renewal_covers_all_leases_of_one_worker(&part("test/renewal")).await;
    lease::an_expired_lease_is_recovered(&part("test/taken_back")).await;

    suspect::suspects_run_alone_and_one_at_a_time(&part("test/suspects")).await;
    suspect::a_finish_ends_the_suspicion(&part("test/suspicion")).await;
    suspect::crashes_while_alone_make_an_event_dead(&part("test/crashes")).await;
    suspect::the_suspects_of_others_do_not_matter(&part("test/suspects_of_others")).await;

    order::a_room_has_one_event_at_a_time(&part("test/order")).await;
    order::a_retry_holds_its_room_back(&part("test/order_retry")).await;
    order::a_dead_event_frees_its_room(&part("test/order_dead")).await;
    order::only_claimable_events_have_an_order(&part("test/order_kinds")).await;
    order::a_suspect_keeps_the_order(&part("test/order_suspect")).await;

    prune::old_finished_events_are_removed(&part("test/prune")).await;
    prune::a_removed_event_is_still_a_duplicate(&part("test/prune_duplicate")).await;

    records::a_record_shows_the_state_of_an_event(&part("test/records")).await;
    records::a_list_continues_after_a_sequence(&part("test/list")).await;
    records::waiting_and_dead_events_can_be_discarded(&part("test/discard")).await;
}

/// One part of the suite.
struct Part<'a, S, W> {
    store: &'a S,
    wait: &'a W,
    kind: &'static str,
}

impl<S: InboxStore, W: AsyncFn(Duration)> Part<'_, S, W> {
    async fn pass(&self, span: Duration) {
        (self.wait)(span).await;
    }

    /// An event with a unique id. Its name is its payload.
    fn event(&self, name: &str) -> NewEvent {
        let received_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_123);
        let mut event = NewEvent::new(self.kind, name.into(), received_at);
        event.id = Some(DeliveryId::from_bytes(random()));
        event.retention = RETENTION;
        event
    }

    async fn put(&self, event: &NewEvent) -> PutOutcome {
        self.store.put(event.clone()).await.expect("the inbox has room")
    }

    /// Puts new events, in this order.
    async fn add(&self, names: &[&str]) {
        for name in names {
            assert_eq!(self.put(&self.event(name)).await, PutOutcome::New);
        }
    }

    /// Puts new events of a room.
    async fn add_to(&self, room: &str, names: &[&str]) {
        for name in names {
            let event = NewEvent { room: Some(room.into()), ..self.event(name) };
            assert_eq!(self.put(&event).await, PutOutcome::New);
        }
    }

    /// A request by an idle worker for all events of this part.
    fn request(&self, worker: i64) -> ClaimRequest {
        ClaimRequest {
            kinds: Some(Arc::new([self.kind.into()])),
            format_version: 1,
            ..ClaimRequest::new(WorkerId(worker), 100, LEASE)
        }
    }

    fn busy(&self, worker: i64) -> ClaimRequest {
        ClaimRequest { is_idle: false, ..self.request(worker) }
    }

    fn ordered(&self, worker: i64) -> ClaimRequest {
        ClaimRequest { is_ordered: true, ..self.request(worker) }
    }

    async fn ask(&self, request: ClaimRequest) -> Claims {
        self.store.claim(request).await.expect("the inbox is available")
    }

    /// Claims events and checks their names.
    async fn claim<const N: usize>(
        &self,
        request: ClaimRequest,
        expected: [&str; N],
    ) -> [ClaimedEvent; N] {
        let claims = self.ask(request).await;
        assert_eq!(names(&claims.events), expected, "{}", self.kind);
        claims.events.try_into().expect("as many as expected")
    }

    async fn finish(&self, claimed: &ClaimedEvent, ending: Ending) -> bool {
        self.end(claimed.attempt, ending).await
    }

    async fn end(&self, attempt: AttemptId, ending: Ending) -> bool {
        self.store.finish(attempt, ending).await.expect("the inbox is available")
    }

    /// Finishes attempts, which must be the latest ones.
    async fn done(&self, claimed: &[ClaimedEvent]) {
        for claimed in claimed {
            assert!(self.finish(claimed, Ending::Done).await, "{claimed:?} is the latest");
        }
    }

    async fn renew(&self, worker: i64) {
        let renewing = self.store.for_heartbeat().expect("the heartbeat store opens");
        let renewed = match &renewing {
            Some(store) => store.renew(WorkerId(worker), LEASE).await,
            None => self.store.renew(WorkerId(worker), LEASE).await,
        };
        renewed.expect("the inbox is available");
    }

    async fn retry(&self, sequence: i64) -> bool {
        self.store.retry(sequence).await.expect("the inbox is available")
    }

    async fn discard(&self, sequence: i64) -> bool {
        self.store.discard(sequence).await.expect("the inbox is available")
    }

    async fn prune(&self, done: Duration, dead: Duration, limit: usize) -> usize {
        self.store.prune(Retention::new(done, dead), limit).await.expect("the inbox is available")
    }
}

fn names(claimed: &[ClaimedEvent]) -> Vec<&str> {
    let payloads = claimed.iter().map(|claimed| claimed.event.payload.as_slice());
    payloads.map(|payload| str::from_utf8(payload).expect("a payload is a name")).collect()
}

fn again(after: Duration) -> Ending {
    Ending::Retry { after, error: "the handler failed".into() }
}

fn dead() -> Ending {
    Ending::Dead { error: "the handler failed for good".into() }
}

fn signature() -> SignatureKey {
    SignatureKey::from_bytes(random())
}

fn random() -> [u8; 16] {
    let (high, low) = (RandomState::new().hash_one(0), RandomState::new().hash_one(1));
    (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
}
