use std::time::SystemTime;

use proptest::prelude::*;
use tokio::time::{advance, timeout};

use crate::{
    inbox::InboxError,
    testing::{inbox_acceptance, inbox_history},
};

use super::*;

const RETENTION: Duration = Duration::from_secs(600);
const SECOND: Duration = Duration::from_secs(1);

fn event(number: u8) -> NewEvent {
    let mut event = NewEvent::new("zego/room_create", vec![number], SystemTime::UNIX_EPOCH);
    event.id = Some(DeliveryId::from_bytes([number; 16]));
    event.retention = RETENTION;
    event
}

async fn claim(inbox: &MemoryInbox, limit: usize) -> Vec<AttemptId> {
    let request = ClaimRequest::new(WorkerId(1), limit, SECOND);
    let events = inbox.claim(request).await.expect("it is available").events;
    events.into_iter().map(|claimed| claimed.attempt).collect()
}

async fn is_full(inbox: &MemoryInbox, event: NewEvent) -> bool {
    matches!(inbox.put(event).await, Err(InboxError::Full))
}

#[tokio::test(start_paused = true)]
async fn it_does_what_an_inbox_must() {
    inbox_acceptance(&MemoryInbox::new(), advance).await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_interleaving_handles_twice_or_loses(acts in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(inbox_history(&MemoryInbox::new(), &acts, advance));
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_inbox_still_knows_duplicates_and_binds_signatures() {
    let inbox = MemoryInbox::with_max_events(1);
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::New);
    let signature = Some(SignatureKey::from_bytes([1; 16]));
    let signed = |number| NewEvent { signature, ..event(number) };
    assert!(is_full(&inbox, signed(2)).await);
    assert!(is_full(&inbox, signed(2)).await, "the signature is its own");
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::Duplicate);
    assert_eq!(inbox.put(signed(1)).await.unwrap(), PutOutcome::SignatureReused);
}

#[tokio::test(start_paused = true)]
async fn a_full_inbox_forgets_only_done_events_whose_retention_has_ended() {
    let inbox = MemoryInbox::with_max_events(4);
    for number in 1..=4 {
        let retention = if number == 2 { RETENTION * 2 } else { RETENTION };
        inbox.put(NewEvent { retention, ..event(number) }).await.unwrap();
    }
    let attempts = claim(&inbox, 3).await;
    let dead = Ending::Dead { error: "the handler failed".into() };
    for (attempt, ending) in attempts.into_iter().zip([dead, Ending::Done, Ending::Done]) {
        assert!(inbox.finish(attempt, ending).await.unwrap());
    }
    // No event is old enough to be removed.
    assert_eq!(inbox.prune(Retention::new(SECOND, RETENTION * 9), 9).await.unwrap(), 0);
    advance(RETENTION - SECOND).await;
    assert!(is_full(&inbox, event(5)).await);
    assert_eq!(inbox.put(event(3)).await.unwrap(), PutOutcome::Duplicate);
    advance(SECOND).await;
    assert_eq!(inbox.put(event(5)).await.unwrap(), PutOutcome::New);
    assert!(is_full(&inbox, event(6)).await, "dead, remembered, ready and new");
    advance(RETENTION).await;
    assert_eq!(inbox.put(event(6)).await.unwrap(), PutOutcome::New);
    assert!(is_full(&inbox, event(7)).await, "dead, ready and new");
    assert!(inbox.retry(1).await.unwrap());
    assert_eq!(claim(&inbox, 9).await.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_removed_event_takes_room_until_its_retention_ends() {
    let inbox = MemoryInbox::with_max_events(2);
    inbox.put(event(1)).await.unwrap();
    inbox.put(NewEvent { id: None, ..event(2) }).await.unwrap();
    for attempt in claim(&inbox, 2).await {
        assert!(inbox.finish(attempt, Ending::Done).await.unwrap());
    }
    let none = Retention::new(Duration::ZERO, Duration::ZERO);
    assert_eq!(inbox.prune(none, 9).await.unwrap(), 2);
    assert_eq!(format!("{inbox:?}"), "MemoryInbox { max_events: 2, events: 1, .. }");
    inbox.put(event(3)).await.unwrap();
    assert!(is_full(&inbox, event(4)).await);
    advance(RETENTION).await;
    inbox.put(event(4)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_waits_learns_of_a_put_and_of_a_retry() {
    let inbox = MemoryInbox::new();
    let is_notified = async || timeout(SECOND, inbox.notified()).await.is_ok();
    assert!(!is_notified().await);
    let (notified, _) = tokio::join!(is_notified(), inbox.put(event(1)));
    assert!(notified);
    let attempts = claim(&inbox, 1).await;
    let dead = Ending::Dead { error: "the handler failed".into() };
    assert!(inbox.finish(attempts[0], dead).await.unwrap());
    assert!(!is_notified().await);
    let (notified, _) = tokio::join!(is_notified(), inbox.retry(1));
    assert!(notified);
}

#[tokio::test(start_paused = true)]
async fn spans_beyond_all_measure_overflow_nothing() {
    let inbox = MemoryInbox::new();
    let signature = Some(SignatureKey::from_bytes([1; 16]));
    let endless = NewEvent { retention: Duration::MAX, signature, ..event(1) };
    inbox.put(endless.clone()).await.unwrap();
    let request = |worker| ClaimRequest::new(WorkerId(worker), 1, Duration::MAX);
    let attempt = inbox.claim(request(1)).await.unwrap().events[0].attempt;
    inbox.renew(WorkerId(1), Duration::MAX).await.unwrap();
    assert!(inbox.claim(request(2)).await.unwrap().events.is_empty());
    let again = Ending::Retry { after: Duration::MAX, error: "the handler failed".into() };
    assert!(inbox.finish(attempt, again).await.unwrap());
    assert!(inbox.claim(request(2)).await.unwrap().events.is_empty());
    let endlessly = Retention::new(Duration::MAX, Duration::MAX);
    assert_eq!(inbox.prune(endlessly, usize::MAX).await.unwrap(), 0);
    assert_eq!(inbox.put(endless).await.unwrap(), PutOutcome::Duplicate);
}
