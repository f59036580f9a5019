use std::time::Duration;

use crate::inbox::{Ending, InboxStats, InboxStore, NewEvent, PutOutcome};

use super::{A_MOMENT, LONG, Part, RETENTION, again, dead, signature};

impl<S: InboxStore, W: AsyncFn(Duration)> Part<'_, S, W> {
    /// Counts the done and the dead events.
    async fn finished(&self) -> (u64, u64) {
        let InboxStats { done, dead, .. } =
            self.store.stats().await.expect("the inbox is available");
        (done, dead)
    }

    async fn prune_all(&self) {
        while self.prune(Duration::ZERO, Duration::ZERO, 1_000).await > 0 {}
        assert_eq!(self.finished().await, (0, 0));
    }
}

pub(super) async fn old_finished_events_are_removed<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.prune_all().await;
    part.add(&["done 1", "done 2", "done 3", "dead", "leased", "ready"]).await;
    let [one, two, three, to_die, leased, ready] = part
        .claim(part.request(1), ["done 1", "done 2", "done 3", "dead", "leased", "ready"])
        .await;
    part.pass(RETENTION).await;
    part.renew(1).await;
    part.done(&[one.clone(), two, three]).await;
    assert!(part.finish(&to_die, dead()).await);
    assert!(part.finish(&ready, again(LONG)).await);

    // The retention of each event starts when it is finished; unfinished events have none.
    assert_eq!(part.prune(A_MOMENT * 2, A_MOMENT * 2, 10).await, 0);
    part.pass(A_MOMENT).await;
    assert_eq!(part.prune(A_MOMENT * 2, A_MOMENT * 2, 10).await, 0);
    part.pass(A_MOMENT * 2).await;
    assert_eq!(part.prune(LONG, LONG, 10).await, 0);
    assert_eq!(part.prune(A_MOMENT * 2, LONG, 0).await, 0);
    assert_eq!(part.prune(A_MOMENT * 2, LONG, 2).await, 2);
    assert_eq!(part.finished().await, (1, 1));
    assert_eq!(part.prune(A_MOMENT * 2, LONG, 2).await, 1);
    assert_eq!(part.finished().await, (0, 1));
    assert!(!part.retry(one.attempt.sequence).await, "the event was removed");
    assert!(part.retry(to_die.attempt.sequence).await, "the event is dead");
    let [to_die] = part.claim(part.request(1), ["dead"]).await;
    assert!(part.finish(&to_die, dead()).await);
    part.pass(A_MOMENT * 2).await;
    assert_eq!(part.prune(LONG, A_MOMENT, 10).await, 1);
    assert_eq!(part.prune(Duration::ZERO, Duration::ZERO, 10).await, 0);
    assert!(!part.retry(to_die.attempt.sequence).await, "the event was removed");
    assert!(!part.finish(&to_die, Ending::Done).await, "the event was removed");
    part.done(&[leased]).await;
    assert_eq!(part.finished().await, (1, 0));
}

/// A removed event remains a duplicate until its retention ends, counted from the put.
pub(super) async fn a_removed_event_is_still_a_duplicate<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.prune_all().await;
    let long = NewEvent { signature: Some(signature()), ..part.event("long") };
    let short = NewEvent { retention: A_MOMENT, ..part.event("short") };
    let mortal = NewEvent { room: Some("zego/1/1".into()), ..part.event("mortal") };
    let anonymous = NewEvent { id: None, ..part.event("anonymous") };
    for event in [&long, &short, &mortal, &anonymous] {
        assert_eq!(part.put(event).await, PutOutcome::New);
    }
    let [a, b, c, d] = part.claim(part.request(1), ["long", "short", "mortal", "anonymous"]).await;
    part.done(&[a.clone(), b, d]).await;
    assert!(part.finish(&c, dead()).await);
    part.pass(A_MOMENT * 2).await;
    assert_eq!(part.put(&short).await, PutOutcome::Duplicate, "the event is still stored");
    part.prune_all().await;

    // The short event is new again, and the anonymous one is always new.
    for event in [&long, &mortal] {
        assert_eq!(part.put(event).await, PutOutcome::Duplicate);
    }
    let forged = NewEvent { signature: long.signature, ..part.event("forged") };
    assert_eq!(part.put(&forged).await, PutOutcome::SignatureReused);
    for event in [&short, &anonymous] {
        assert_eq!(part.put(event).await, PutOutcome::New);
    }
    assert!(!part.finish(&a, Ending::Done).await, "the event was removed");
    for sequence in [a.attempt.sequence, c.attempt.sequence] {
        assert!(!part.retry(sequence).await, "the event was removed");
    }
    part.done(&part.claim(part.ordered(1), ["short", "anonymous"]).await).await;

    part.pass(RETENTION).await;
    for event in [&long, &mortal, &short] {
        let expected = match event.payload == short.payload {
            true => PutOutcome::Duplicate,
            false => PutOutcome::New,
        };
        assert_eq!(part.put(event).await, expected);
    }
    let again = part.claim(part.request(1), ["long", "mortal"]).await;
    for claimed in &again {
        assert_eq!((claimed.attempt.number, claimed.failures), (1, 0));
    }
    part.done(&again).await;
    part.prune_all().await;
    assert_eq!(part.put(&short).await, PutOutcome::New);
    part.done(&part.claim(part.request(1), ["short"]).await).await;
}
