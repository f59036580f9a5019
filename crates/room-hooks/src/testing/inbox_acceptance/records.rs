use std::time::{Duration, SystemTime};

use crate::inbox::{
    ClaimedEvent, Ending, EventRecord, EventState, InboxStore, NewEvent, PutOutcome,
};

use super::{A_MOMENT, LEASE, LONG, Part, RETENTION, again, dead, signature};

impl<S: InboxStore, W: AsyncFn(Duration)> Part<'_, S, W> {
    /// The events of this part.
    async fn list(&self, state: Option<EventState>) -> Vec<EventRecord> {
        let mut records = self.store.list(state, 0, 10_000).await.expect("the inbox is available");
        records.retain(|record| record.kind == self.kind);
        records
    }

    async fn record(&self, claimed: &ClaimedEvent) -> EventRecord {
        self.find(claimed).await.expect("the event is stored").0
    }

    async fn find(&self, claimed: &ClaimedEvent) -> Option<(EventRecord, NewEvent)> {
        self.store.get(claimed.attempt.sequence).await.expect("the inbox is available")
    }
}

pub(super) async fn a_record_shows_the_state_of_an_event<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    let mut event = NewEvent { signature: Some(signature()), ..part.event("content") };
    event.room = Some("zego/1/\"lobby\"".into());
    event.received_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_456);
    assert_eq!(part.put(&event).await, PutOutcome::New);

    let [record] = part.list(None).await.try_into().expect("one event is stored");
    assert_eq!((record.state, record.is_suspect), (EventState::Ready, false));
    assert_eq!((record.attempts, record.failures, record.crashes), (0, 0, 0));
    assert_eq!((record.due_in, record.finished_ago), (Some(Duration::ZERO), None));
    assert_eq!((&record.room, record.received_at), (&event.room, event.received_at));
    assert_eq!((record.format_version, record.payload_bytes), (1, 7));
    assert_eq!(record.error, None);

    let [claimed] = part.claim(part.request(1), ["content"]).await;
    assert_eq!(claimed.attempt.sequence, record.sequence);
    let (record, stored) = part.find(&claimed).await.expect("the event is stored");
    assert_eq!((record.state, record.attempts), (EventState::Leased, 1));
    assert!(record.due_in.is_some_and(|due_in| !due_in.is_zero() && due_in <= LEASE));
    assert_eq!(stored, event);

    // The worker crashes.
    part.pass(LEASE).await;
    let record = part.record(&claimed).await;
    assert_eq!((record.state, record.is_suspect), (EventState::Ready, true));
    assert_eq!(record.due_in, Some(Duration::ZERO));
    let [claimed] = part.claim(part.request(2), ["content"]).await;
    part.pass(LEASE).await;
    let [claimed_again] = part.claim(part.request(3), ["content"]).await;
    let record = part.record(&claimed).await;
    assert_eq!((record.attempts, record.failures, record.crashes), (3, 0, 1));

    assert!(part.finish(&claimed_again, again(LONG)).await);
    let record = part.record(&claimed).await;
    assert_eq!((record.state, record.is_suspect), (EventState::Ready, false));
    assert_eq!((record.failures, record.error.as_deref()), (1, Some("the handler failed")));
    assert!(record.due_in.is_some_and(|due_in| LONG - A_MOMENT < due_in && due_in <= LONG));
    assert!(part.discard(record.sequence).await);
    assert_eq!(part.find(&claimed).await, None);
    assert_eq!(part.list(None).await, []);
}

pub(super) async fn a_list_continues_after_a_sequence<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add(&["done", "dead 1", "leased", "dead 2", "retried", "ready"]).await;
    let request = part.request(1);
    let [done, dead_1, leased, dead_2, retried, ready] =
        part.claim(request, ["done", "dead 1", "leased", "dead 2", "retried", "ready"]).await;
    part.done(std::slice::from_ref(&done)).await;
    for claimed in [&dead_1, &dead_2] {
        assert!(part.finish(claimed, dead()).await);
    }
    assert!(part.finish(&retried, again(Duration::ZERO)).await);
    assert!(part.finish(&ready, Ending::Released).await);

    let sequences = async |state| -> Vec<i64> {
        part.list(state).await.iter().map(|record| record.sequence).collect()
    };
    let [a, b, c, d, e, f] =
        [&done, &dead_1, &leased, &dead_2, &retried, &ready].map(|it| it.attempt.sequence);
    assert_eq!(sequences(None).await, [a, b, c, d, e, f]);
    assert_eq!(sequences(Some(EventState::Done)).await, [a]);
    assert_eq!(sequences(Some(EventState::Dead)).await, [b, d]);
    assert_eq!(sequences(Some(EventState::Leased)).await, [c]);
    assert_eq!(sequences(Some(EventState::Ready)).await, [e, f]);
    let record = part.record(&dead_1).await;
    assert_eq!(record.error.as_deref(), Some("the handler failed for good"));
    assert!(record.finished_ago.is_some_and(|ago| ago < A_MOMENT) && record.due_in.is_none());
    part.pass(A_MOMENT).await;
    assert!(part.record(&done).await.finished_ago.is_some_and(|ago| ago >= A_MOMENT));

    let page = async |after, limit| -> Vec<i64> {
        let page = part.store.list(Some(EventState::Dead), after, limit).await;
        page.expect("the inbox is available").iter().map(|record| record.sequence).collect()
    };
    assert_eq!(page(b - 1, 1).await, [b]);
    assert_eq!(page(b, 1).await, [d]);
    assert_eq!(page(b, 0).await, [0; 0]);
    assert_eq!(page(i64::MAX, 10).await, [0; 0]);

    part.done(&[leased]).await;
    part.done(&part.claim(part.request(1), ["retried", "ready"]).await).await;
    // The error is cleared after a later success.
    assert_eq!(part.record(&retried).await.error, None);
    for sequence in [b, d] {
        assert!(part.discard(sequence).await);
    }
}

pub(super) async fn waiting_and_dead_events_can_be_discarded<
    S: InboxStore,
    W: AsyncFn(Duration),
>(
    part: &Part<'_, S, W>,
) {
    let before = part.store.stats().await.expect("the inbox is available");
    let event = NewEvent { room: Some("zego/1/1".into()), ..part.event("first") };
    assert_eq!(part.put(&event).await, PutOutcome::New);
    part.add_to("zego/1/1", &["second", "third", "fourth"]).await;

    // While a worker has the event, it cannot be discarded. A suspect can, and then its worker
    // cannot finish it.
    let [first] = part.claim(part.ordered(1), ["first"]).await;
    assert!(!part.discard(first.attempt.sequence).await, "a worker has the lease");
    part.pass(LEASE).await;
    assert!(part.discard(first.attempt.sequence).await, "the lease expired");
    assert!(!part.discard(first.attempt.sequence).await, "the event was removed");
    assert!(!part.finish(&first, Ending::Done).await, "the event was removed");
    assert!(!part.retry(first.attempt.sequence).await, "the event was removed");

    // Discarding an event that waits for its next attempt releases its room.
    let [second] = part.claim(part.ordered(2), ["second"]).await;
    assert!(part.finish(&second, again(LONG)).await);
    part.claim(part.ordered(2), []).await;
    assert!(part.discard(second.attempt.sequence).await, "the event is ready");
    let [third] = part.claim(part.ordered(2), ["third"]).await;
    assert!(part.finish(&third, dead()).await);
    assert!(part.discard(third.attempt.sequence).await, "the event is dead");
    let [fourth] = part.claim(part.ordered(2), ["fourth"]).await;
    part.done(std::slice::from_ref(&fourth)).await;
    assert!(!part.discard(fourth.attempt.sequence).await, "the event is done");

    // The id is remembered until its retention ends.
    assert_eq!(part.put(&event).await, PutOutcome::Duplicate);
    let stats = part.store.stats().await.expect("the inbox is available");
    assert_eq!((stats.ready, stats.leased, stats.dead), (before.ready, before.leased, before.dead));
    assert_eq!(stats.done, before.done + 1);
    part.pass(RETENTION).await;
    assert_eq!(part.put(&event).await, PutOutcome::New);
    part.done(&part.claim(part.ordered(2), ["first"]).await).await;
}
