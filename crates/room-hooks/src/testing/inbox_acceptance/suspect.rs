use std::{sync::Arc, time::Duration};

use crate::inbox::{ClaimRequest, ClaimedEvent, Ending, InboxStore, NewEvent, PutOutcome};

use super::{A_MOMENT, LEASE, LONG, Part, again};

pub(super) async fn suspects_run_alone_and_one_at_a_time<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add(&["a", "b"]).await;
    let crashed = part.claim(part.request(1), ["a", "b"]).await;
    assert!(!crashed[0].is_suspect);
    part.pass(LEASE + A_MOMENT).await;
    part.add(&["c"]).await;

    // A busy worker receives nothing, so that it becomes idle.
    for _ in 0..2 {
        let claims = part.ask(part.busy(2)).await;
        assert!(claims.events.is_empty() && claims.suspects_wait, "{claims:?}");
    }
    let [a] = part.claim(part.request(2), ["a"]).await;
    assert_eq!((a.attempt.number, a.failures, a.is_suspect), (2, 0, true));
    let claims = part.ask(part.busy(2)).await;
    assert!(claims.events.is_empty() && claims.suspects_wait, "{claims:?}");
    let [b] = part.claim(part.request(3), ["b"]).await;
    assert!(b.is_suspect);
    // A suspect that is leased does not hold other events back.
    let claims = part.ask(part.busy(4)).await;
    assert!(!claims.suspects_wait && claims.events.len() == 1, "{claims:?}");
    assert!(!claims.events[0].is_suspect);
    part.done(&[a, b]).await;
    part.done(&claims.events).await;
}

pub(super) async fn a_finish_ends_the_suspicion<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add(&["a"]).await;
    let mut number = 0;
    for (ending, failures) in
        [(again(Duration::ZERO), 1), (Ending::Released, 1), (again(A_MOMENT), 2)]
    {
        part.claim(part.busy(1), ["a"]).await;
        part.pass(LEASE + A_MOMENT).await;
        let [a] = part.claim(part.request(2), ["a"]).await;
        assert!(a.is_suspect);
        assert!(part.finish(&a, ending).await);
        part.pass(A_MOMENT * 2).await;
        let [a] = part.claim(part.busy(1), ["a"]).await;
        number += 3;
        let state = (a.attempt.number, a.failures, a.is_suspect);
        assert_eq!(state, (number, failures, false));
        assert!(part.finish(&a, Ending::Released).await);
    }
    part.done(&part.claim(part.busy(1), ["a"]).await).await;
}

pub(super) async fn crashes_while_alone_make_an_event_dead<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    for max_crashes in [1, 3] {
        let request = |worker| ClaimRequest { max_crashes, ..part.request(worker) };
        let busy = |worker| ClaimRequest { is_idle: false, ..request(worker) };
        let claim_and_crash = async |worker, name| {
            let [claimed] = part.claim(request(worker), [name]).await;
            part.pass(LEASE + A_MOMENT).await;
            claimed
        };
        // A crash while other events run proves nothing, however often it happens.
        part.add(&["a"]).await;
        for _ in 0..5 {
            let a = claim_and_crash(1, "a").await;
            assert!(!a.is_suspect);
            let [a] = part.claim(request(2), ["a"]).await;
            assert!(a.is_suspect);
            assert!(part.finish(&a, Ending::Released).await);
        }
        claim_and_crash(1, "a").await;
        let mut last = None::<ClaimedEvent>;
        for worker in 0..max_crashes {
            let a = claim_and_crash(i64::from(worker) + 2, "a").await;
            assert_eq!((a.is_suspect, a.failures), (true, 0));
            last = Some(a);
        }
        // The next worker that asks notices the dead event, which no longer holds others back.
        part.add(&["b"]).await;
        let claims = part.ask(busy(9)).await;
        assert!(!claims.suspects_wait && claims.events.len() == 1, "{claims:?}");
        part.done(&claims.events).await;
        part.claim(request(10), []).await;
        let last = last.expect("at least one crash was allowed");
        assert!(!part.finish(&last, Ending::Done).await, "the event is dead");
        part.renew(i64::from(max_crashes) + 1).await;
        part.claim(request(10), []).await;

        // A retried event has as many crashes left as a new one.
        assert!(part.retry(last.attempt.sequence).await, "a dead event can be retried");
        assert!(!part.finish(&last, Ending::Done).await, "the attempt has ended");
        let [a] = part.claim(busy(11), ["a"]).await;
        assert_eq!((a.attempt.number, a.is_suspect), (last.attempt.number + 1, false));
        part.pass(LEASE + A_MOMENT).await;
        for worker in 1..max_crashes {
            claim_and_crash(i64::from(worker), "a").await;
        }
        let [a] = part.claim(request(12), ["a"]).await;
        assert!(a.is_suspect);
        part.done(&[a]).await;
    }
}

/// Suspects that a request cannot take do not hold it back.
pub(super) async fn the_suspects_of_others_do_not_matter<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    let other = NewEvent { kind: format!("{}_more", part.kind), ..part.event("other kind") };
    let newer = NewEvent { format_version: 2, ..part.event("newer") };
    for event in [&other, &newer] {
        assert_eq!(part.put(event).await, PutOutcome::New);
    }
    let kinds: Arc<[String]> = [part.kind.into(), other.kind].into();
    let all = |request| ClaimRequest { kinds: Some(kinds.clone()), format_version: 2, ..request };
    part.claim(all(part.request(1)), ["other kind", "newer"]).await;
    part.pass(LEASE + A_MOMENT).await;
    part.add(&["plain"]).await;
    let claims = part.ask(part.busy(2)).await;
    assert!(!claims.suspects_wait && claims.events.len() == 1, "{claims:?}");
    assert!(part.finish(&claims.events[0], again(LONG)).await);
    part.claim(part.request(2), []).await;
    assert!(part.ask(all(part.busy(2))).await.suspects_wait);
    let [other] = part.claim(all(part.request(3)), ["other kind"]).await;
    let [newer] = part.claim(all(part.request(4)), ["newer"]).await;
    part.done(&[other, newer]).await;
}
