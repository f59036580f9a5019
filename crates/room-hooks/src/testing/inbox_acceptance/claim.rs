use std::time::Duration;

use crate::inbox::{AttemptId, ClaimRequest, Ending, InboxStats, InboxStore, NewEvent, PutOutcome};

use super::{A_MOMENT, LONG, Part, again, dead, names};

/// Also checks that a request for all kinds receives all of them.
pub(super) async fn everything_is_counted<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    let stats = async || part.store.stats().await.expect("the inbox is available");
    let counts = async || {
        let InboxStats { ready, leased, done, dead, .. } = stats().await;
        (ready, leased, done, dead)
    };
    let empty = InboxStats::default();
    assert_eq!(stats().await, empty, "the suite needs an empty inbox");
    part.claim(part.request(1), []).await;

    part.add(&["a", "b", "c"]).await;
    let other = NewEvent { kind: "test/another".into(), ..part.event("d") };
    assert_eq!(part.put(&other).await, PutOutcome::New);
    assert_eq!(counts().await, (4, 0, 0, 0));
    let oldest = stats().await.oldest_ready.expect("an event is ready");
    part.pass(A_MOMENT).await;
    let later = stats().await.oldest_ready.expect("an event is ready");
    // A store rounds times, and a clock is inexact.
    let inexact = Duration::from_millis(20);
    assert!(later + inexact >= oldest + A_MOMENT, "first {oldest:?}, then {later:?}");

    let all = ClaimRequest { kinds: None, ..part.request(1) };
    let [a, b, c, d] = part.claim(all, ["a", "b", "c", "d"]).await;
    assert_eq!(counts().await, (0, 4, 0, 0));
    assert_eq!(stats().await.oldest_ready, None);
    assert!(part.finish(&a, again(LONG)).await);
    assert!(part.finish(&b, dead()).await);
    assert!(part.finish(&c, Ending::Done).await);
    assert!(part.finish(&d, Ending::Done).await);
    assert_eq!(counts().await, (1, 0, 2, 1));
    assert_eq!(stats().await.oldest_ready, None, "the event is not due");
    assert!(part.retry(b.attempt.sequence).await);
    assert_eq!(counts().await, (2, 0, 2, 0));
    assert!(stats().await.oldest_ready.is_some());
    part.done(&part.claim(part.request(1), ["b"]).await).await;
    assert_eq!(counts().await, (1, 0, 3, 0));
}

pub(super) async fn first_come_first_served<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.claim(part.request(1), []).await;
    part.add(&["a", "b", "c"]).await;
    part.claim(ClaimRequest { limit: 0, ..part.request(1) }, []).await;
    let two = ClaimRequest { limit: 2, ..part.request(1) };
    let first = part.claim(two, ["a", "b"]).await;
    let last = part.claim(part.busy(2), ["c"]).await;
    part.claim(part.request(3), []).await;

    let claimed = [first.as_slice(), &last].concat();
    let sequences: Vec<i64> = claimed.iter().map(|claimed| claimed.attempt.sequence).collect();
    assert!(sequences.is_sorted_by(|one, next| one < next), "{sequences:?}");
    for claimed in &claimed {
        let state = (claimed.attempt.number, claimed.failures, claimed.is_suspect);
        assert_eq!(state, (1, 0, false));
    }
    part.done(&claimed).await;
}

pub(super) async fn a_retry_waits_until_it_is_due<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add(&["a"]).await;
    let [a] = part.claim(part.request(1), ["a"]).await;
    assert!(part.finish(&a, again(A_MOMENT * 2)).await);
    part.claim(part.request(1), []).await;
    part.add(&["b", "c"]).await;
    part.pass(A_MOMENT).await;
    let [b, c] = part.claim(part.request(1), ["b", "c"]).await;
    assert!(part.finish(&b, again(Duration::ZERO)).await);
    part.pass(A_MOMENT * 2).await;
    part.add(&["d"]).await;
    // Events are claimed in the order in which they became due.
    let [b, a, d] = part.claim(part.request(1), ["b", "a", "d"]).await;
    for retried in [&a, &b] {
        assert_eq!((retried.attempt.number, retried.failures), (2, 1));
    }

    // An attempt ends only once, even if its worker did not receive the answer.
    assert!(part.finish(&a, again(A_MOMENT)).await);
    for ending in [again(LONG), Ending::Done, dead(), Ending::Released] {
        assert!(!part.finish(&a, ending).await, "the attempt has ended");
    }
    part.pass(A_MOMENT * 2).await;
    let [a] = part.claim(part.request(1), ["a"]).await;
    assert_eq!((a.attempt.number, a.failures), (3, 2));
    part.done(&[a, b, c, d]).await;
}

pub(super) async fn a_released_event_has_not_failed<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add(&["a"]).await;
    let [a] = part.claim(part.request(1), ["a"]).await;
    assert!(part.finish(&a, again(Duration::ZERO)).await);
    for number in 2..5 {
        let [a] = part.claim(part.busy(number), ["a"]).await;
        let state = (i64::from(a.attempt.number), a.failures, a.is_suspect);
        assert_eq!(state, (number, 1, false));
        assert!(part.finish(&a, Ending::Released).await);
        assert!(!part.finish(&a, Ending::Done).await, "the attempt has ended");
    }
    part.done(&part.claim(part.request(1), ["a"]).await).await;
}

pub(super) async fn a_finished_event_stays_finished<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add(&["a", "b"]).await;
    let [a, b] = part.claim(part.request(1), ["a", "b"]).await;
    // These attempts do not exist, or belong to an event that is not stored.
    let AttemptId { sequence, number } = a.attempt;
    for (sequence, number) in
        [(sequence, number - 1), (sequence, number + 1), (i64::MAX, 1), (i64::MIN, 1), (0, 1)]
    {
        let attempt = AttemptId::new(sequence, number);
        assert!(!part.end(attempt, Ending::Done).await, "{attempt:?}");
    }
    for sequence in [sequence, i64::MAX, i64::MIN, 0] {
        assert!(!part.retry(sequence).await, "{sequence} is not dead");
    }

    let at_once = tokio::join!(part.finish(&a, Ending::Done), part.finish(&a, dead()));
    assert!(at_once.0 ^ at_once.1, "{at_once:?}");
    assert!(part.finish(&b, Ending::Done).await);
    for claimed in [&a, &b] {
        for ending in [Ending::Done, dead(), again(Duration::ZERO), Ending::Released] {
            assert!(!part.finish(claimed, ending).await, "the event is finished");
        }
    }
    assert!(!part.retry(b.attempt.sequence).await, "the event is done");
    part.renew(1).await;
    part.pass(A_MOMENT).await;
    part.claim(part.request(2), []).await;
}

pub(super) async fn a_dead_event_can_be_retried<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add(&["a", "b"]).await;
    let [a, b] = part.claim(part.request(1), ["a", "b"]).await;
    assert!(part.finish(&a, again(Duration::ZERO)).await);
    assert!(!part.retry(a.attempt.sequence).await, "the event is ready");
    let [a] = part.claim(part.request(1), ["a"]).await;
    assert!(part.finish(&a, dead()).await);
    part.claim(part.request(1), []).await;

    assert!(part.retry(a.attempt.sequence).await);
    assert!(!part.retry(a.attempt.sequence).await, "the event is ready");
    assert!(!part.finish(&a, Ending::Done).await, "the attempt has ended");
    let [a] = part.claim(part.busy(1), ["a"]).await;
    assert_eq!((a.attempt.number, a.failures, a.is_suspect), (3, 0, false));
    part.done(&[a, b]).await;
}

pub(super) async fn other_kinds_and_newer_formats_are_not_claimed<
    S: InboxStore,
    W: AsyncFn(Duration),
>(
    part: &Part<'_, S, W>,
) {
    let newer = NewEvent { format_version: 2, ..part.event("newer") };
    let newest = NewEvent { format_version: 4_000_000_000, ..part.event("newest") };
    let other = NewEvent { kind: format!("{}_other", part.kind), ..part.event("other") };
    for event in [&newest, &newer, &other] {
        assert_eq!(part.put(event).await, PutOutcome::New);
    }
    part.add(&["plain"]).await;
    let of_kinds = |kinds: &[&str]| {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        ClaimRequest { kinds: Some(kinds), ..part.request(1) }
    };
    part.claim(of_kinds(&[]), []).await;
    // A kind is compared literally and is not a pattern.
    part.claim(of_kinds(&["test/KINDS", "test/kind", "test/%", "test/kind_", "*"]), []).await;
    let [plain] = part.claim(part.request(1), ["plain"]).await;
    let both =
        ClaimRequest { format_version: 2, ..of_kinds(&["test/none", part.kind, &other.kind]) };
    let [newer, other] = part.claim(both, ["newer", "other"]).await;
    let all = ClaimRequest { format_version: u32::MAX, ..part.request(1) };
    let [newest] = part.claim(all, ["newest"]).await;
    part.done(&[plain, newer, other, newest]).await;
}

pub(super) async fn concurrent_claims_receive_different_events<
    S: InboxStore,
    W: AsyncFn(Duration),
>(
    part: &Part<'_, S, W>,
) {
    let rooms: Vec<String> = (0..20).map(|number| format!("zego/1/{number}")).collect();
    for room in &rooms {
        part.add_to(room, &[&format!("{room}, first"), &format!("{room}, second")]).await;
    }
    for is_ordered in [true, false] {
        let claim = async |worker| {
            let request = ClaimRequest { limit: 10, is_ordered, ..part.request(worker) };
            part.ask(request).await.events
        };
        let mut claimed = Vec::new();
        // If several workers ask at once, a store may leave one of them without events.
        for _ in 0..10 {
            let (one, two, three, four) = tokio::join!(claim(1), claim(2), claim(3), claim(4));
            claimed.extend([one, two, three, four].concat());
        }
        let order = if is_ordered { "first" } else { "second" };
        let mut expected: Vec<String> =
            rooms.iter().map(|room| format!("{room}, {order}")).collect();
        let mut names = names(&claimed);
        expected.sort_unstable();
        names.sort_unstable();
        assert_eq!(names, expected);
        // Until here, one event of each room is leased.
        part.done(&claimed).await;
    }
    part.claim(part.request(1), []).await;
}
