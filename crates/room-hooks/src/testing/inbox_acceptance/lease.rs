use std::time::Duration;

use crate::inbox::{Ending, InboxStore};

use super::{A_MOMENT, LEASE, LONG, Part, again, dead};

pub(super) async fn a_frozen_worker_settles_nothing_that_was_taken_over<
    S: InboxStore,
    W: AsyncFn(Duration),
>(
    part: &Part<'_, S, W>,
) {
    part.add(&["a"]).await;
    let [frozen] = part.claim(part.request(1), ["a"]).await;
    part.claim(part.request(2), []).await;
    part.pass(LEASE - A_MOMENT).await;
    part.claim(part.request(2), []).await;
    part.pass(A_MOMENT * 2).await;
    let [taken] = part.claim(part.request(2), ["a"]).await;
    assert_eq!(taken.attempt.sequence, frozen.attempt.sequence);
    assert_eq!((taken.attempt.number, taken.failures, taken.is_suspect), (2, 0, true));
    for ending in [Ending::Done, dead(), again(LONG), Ending::Released] {
        assert!(!part.finish(&frozen, ending).await, "another worker has the lease");
    }
    part.claim(part.request(3), []).await;

    // The frozen worker can neither renew the lost lease nor finish the event later.
    part.pass(LEASE - A_MOMENT).await;
    part.renew(1).await;
    part.pass(A_MOMENT * 2).await;
    assert!(!part.finish(&frozen, Ending::Done).await, "the attempt is not the latest");
    let [third] = part.claim(part.request(3), ["a"]).await;
    assert!(!part.finish(&taken, Ending::Done).await, "another worker has the lease");
    part.done(&[third]).await;
    assert!(!part.finish(&frozen, again(Duration::ZERO)).await, "the event is done");
    part.claim(part.request(4), []).await;
}

pub(super) async fn an_expired_lease_is_kept_until_another_worker_claims<
    S: InboxStore,
    W: AsyncFn(Duration),
>(
    part: &Part<'_, S, W>,
) {
    part.add(&["a", "b", "c", "d"]).await;
    let [a, b, c, d] = part.claim(part.request(1), ["a", "b", "c", "d"]).await;
    part.pass(LEASE + A_MOMENT).await;
    // A worker does not consider its own events crashed.
    let claims = part.ask(part.request(1)).await;
    assert!(claims.events.is_empty() && !claims.suspects_wait, "{claims:?}");
    part.done(&[a]).await;
    // Another worker, which is busy, asks and receives nothing.
    assert!(part.ask(part.busy(2)).await.suspects_wait);
    part.done(&[b]).await;
    assert!(part.finish(&c, again(Duration::ZERO)).await);
    assert!(part.finish(&d, Ending::Released).await);
    let mut rest = part.claim(part.busy(2), ["c", "d"]).await;
    rest.sort_by_key(|claimed| claimed.attempt.sequence);
    for (claimed, failures) in rest.iter().zip([1, 0]) {
        let state = (claimed.attempt.number, claimed.failures, claimed.is_suspect);
        assert_eq!(state, (2, failures, false));
    }
    part.done(&rest).await;
}

pub(super) async fn a_renewal_covers_all_leases_of_one_worker<
    S: InboxStore,
    W: AsyncFn(Duration),
>(
    part: &Part<'_, S, W>,
) {
    part.add(&["a", "b"]).await;
    let one = part.claim(part.request(1), ["a", "b"]).await;
    part.add(&["c"]).await;
    let [c] = part.claim(part.busy(2), ["c"]).await;
    for _ in 0..3 {
        part.pass(LEASE - A_MOMENT).await;
        part.renew(1).await;
    }
    let [suspect] = part.claim(part.request(3), ["c"]).await;
    assert!(suspect.is_suspect);
    assert!(!part.finish(&c, Ending::Done).await, "the lease was not renewed");
    part.claim(part.request(4), []).await;
    part.done(&one).await;

    // A finished attempt is no longer renewed.
    assert!(part.finish(&suspect, again(Duration::ZERO)).await);
    part.renew(3).await;
    let [c] = part.claim(part.request(4), ["c"]).await;
    assert!(part.finish(&c, again(A_MOMENT)).await);
    part.renew(4).await;
    part.pass(A_MOMENT * 2).await;
    part.done(&part.claim(part.busy(5), ["c"]).await).await;
    part.renew(5).await;
    part.pass(LEASE + A_MOMENT).await;
    part.claim(part.request(6), []).await;
}

/// The worker was frozen, or the store was unavailable.
pub(super) async fn an_expired_lease_is_recovered<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add(&["a", "b"]).await;
    let claimed = part.claim(part.request(1), ["a", "b"]).await;
    part.pass(LEASE + A_MOMENT).await;
    part.renew(1).await;
    part.claim(part.request(2), []).await;

    part.pass(LEASE + A_MOMENT).await;
    assert!(part.ask(part.busy(2)).await.suspects_wait);
    part.renew(1).await;
    for request in [part.busy(2), part.request(2)] {
        let claims = part.ask(request).await;
        assert!(claims.events.is_empty() && !claims.suspects_wait, "{claims:?}");
    }
    // The leases expire again, and the worker loses only the event that another worker claimed.
    part.pass(LEASE + A_MOMENT).await;
    let [taken] = part.claim(part.request(2), ["a"]).await;
    part.renew(1).await;
    part.claim(part.request(3), []).await;
    let [lost, kept] = claimed;
    assert!(!part.finish(&lost, Ending::Done).await, "another worker has the lease");
    part.done(&[taken, kept]).await;
}
