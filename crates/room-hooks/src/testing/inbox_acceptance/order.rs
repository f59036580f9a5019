use std::{sync::Arc, time::Duration};

use crate::inbox::{ClaimRequest, Ending, InboxStore, NewEvent, PutOutcome};

use super::{A_MOMENT, LEASE, LONG, Part, again, dead};

const LOBBY: &str = r#"zego/1/"lobby""#;
const HALL: &str = r#"zego/1/"hall""#;

pub(super) async fn a_room_has_one_event_at_a_time<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add_to(LOBBY, &["lobby 1", "lobby 2", "lobby 3"]).await;
    part.add(&["alone 1", "alone 2"]).await;
    part.add_to(HALL, &["hall 1", "hall 2"]).await;
    let three = ClaimRequest { limit: 3, ..part.ordered(1) };
    let [lobby, one, two] = part.claim(three, ["lobby 1", "alone 1", "alone 2"]).await;
    let [hall] = part.claim(part.ordered(2), ["hall 1"]).await;
    part.claim(part.ordered(1), []).await;
    part.claim(part.ordered(3), []).await;
    part.done(&[hall]).await;
    let [hall] = part.claim(part.ordered(2), ["hall 2"]).await;
    part.done(&[lobby]).await;
    let [lobby] = part.claim(part.ordered(1), ["lobby 2"]).await;
    // A claim without an order takes any event, and its lease then blocks ordered claims.
    let [last] = part.claim(part.request(2), ["lobby 3"]).await;
    part.done(&[lobby, one, two, hall]).await;
    part.add_to(LOBBY, &["lobby 4"]).await;
    part.claim(part.ordered(1), []).await;
    part.done(&[last]).await;
    part.done(&part.claim(part.ordered(1), ["lobby 4"]).await).await;

    part.add_to(LOBBY, &["lobby 5", "lobby 6"]).await;
    part.done(&part.claim(part.request(1), ["lobby 5", "lobby 6"]).await).await;
}

pub(super) async fn a_retry_holds_its_room_back<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add_to(LOBBY, &["lobby 1", "lobby 2"]).await;
    part.add_to(HALL, &["hall 1", "hall 2"]).await;
    let [lobby, hall] = part.claim(part.ordered(1), ["lobby 1", "hall 1"]).await;
    assert!(part.finish(&lobby, again(A_MOMENT * 2)).await);
    assert!(part.finish(&hall, Ending::Released).await);
    let [hall] = part.claim(part.ordered(1), ["hall 1"]).await;
    part.done(&[hall]).await;
    part.done(&part.claim(part.ordered(1), ["hall 2"]).await).await;
    part.claim(part.ordered(1), []).await;
    part.pass(A_MOMENT * 3).await;
    let [lobby] = part.claim(part.ordered(2), ["lobby 1"]).await;
    assert_eq!(lobby.failures, 1);
    part.done(&[lobby]).await;
    part.done(&part.claim(part.ordered(1), ["lobby 2"]).await).await;
}

pub(super) async fn a_dead_event_frees_its_room<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add_to(LOBBY, &["1", "2", "3", "4"]).await;
    let [first] = part.claim(part.ordered(1), ["1"]).await;
    assert!(part.finish(&first, dead()).await);
    let [second] = part.claim(part.ordered(1), ["2"]).await;
    part.done(&[second]).await;

    // A retried dead event runs late: after the finished events, not together with a leased one,
    // and before the remaining ones.
    let [third] = part.claim(part.ordered(1), ["3"]).await;
    assert!(part.retry(first.attempt.sequence).await);
    part.claim(part.ordered(1), []).await;
    part.claim(part.ordered(2), []).await;
    part.done(&[third]).await;
    let [first] = part.claim(part.ordered(2), ["1"]).await;
    part.claim(part.ordered(1), []).await;
    part.done(&[first]).await;
    part.done(&part.claim(part.ordered(1), ["4"]).await).await;
}

pub(super) async fn only_claimable_events_have_an_order<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    let room = || Some(LOBBY.to_owned());
    let other_kind = format!("{}_other", part.kind);
    let newer = NewEvent { format_version: 2, room: room(), ..part.event("newer") };
    let other = NewEvent { kind: other_kind.clone(), room: room(), ..part.event("other") };
    for event in [&newer, &other] {
        assert_eq!(part.put(event).await, PutOutcome::New);
    }
    part.add_to(LOBBY, &["plain 1", "plain 2"]).await;
    let kinds: Arc<[String]> = [part.kind.into(), other_kind].into();
    let all = |worker| ClaimRequest {
        kinds: Some(kinds.clone()),
        format_version: 2,
        ..part.ordered(worker)
    };
    let [plain] = part.claim(part.ordered(1), ["plain 1"]).await;
    // For a worker that can take all kinds, the events form one order.
    part.claim(all(2), []).await;
    part.done(&[plain]).await;
    let [newer] = part.claim(all(2), ["newer"]).await;
    let [plain] = part.claim(part.ordered(1), ["plain 2"]).await;
    part.done(&[newer]).await;
    part.claim(all(2), []).await;
    part.done(&[plain]).await;
    part.done(&part.claim(all(2), ["other"]).await).await;
}

pub(super) async fn a_suspect_keeps_the_order<S: InboxStore, W: AsyncFn(Duration)>(
    part: &Part<'_, S, W>,
) {
    part.add_to(LOBBY, &["lobby 1", "lobby 2"]).await;
    let [first] = part.claim(part.ordered(1), ["lobby 1"]).await;
    part.pass(LEASE + A_MOMENT).await;
    part.add(&["alone"]).await;
    let busy = |worker| ClaimRequest { is_idle: false, ..part.ordered(worker) };
    let claims = part.ask(busy(2)).await;
    assert!(claims.events.is_empty() && claims.suspects_wait, "{claims:?}");
    let [suspect] = part.claim(part.ordered(2), ["lobby 1"]).await;
    let [alone] = part.claim(part.ordered(3), ["alone"]).await;
    assert!(!part.finish(&first, Ending::Done).await, "another worker has the lease");
    part.done(&[suspect, alone]).await;
    part.done(&part.claim(part.ordered(3), ["lobby 2"]).await).await;

    // A suspect that its room holds back waits for the room, not for an idle worker.
    part.add_to(HALL, &["hall 1", "hall 2"]).await;
    let [first, _] = part.claim(part.request(1), ["hall 1", "hall 2"]).await;
    assert!(part.finish(&first, again(LEASE * 2 + A_MOMENT)).await);
    part.pass(LEASE + A_MOMENT).await;
    part.add(&["alone"]).await;
    let claims = part.ask(busy(2)).await;
    assert!(!claims.suspects_wait && claims.events.len() == 1, "{claims:?}");
    part.done(&claims.events).await;
    part.claim(part.ordered(2), []).await;
    part.pass(LEASE + A_MOMENT).await;
    let [first] = part.claim(busy(2), ["hall 1"]).await;
    assert!(part.finish(&first, again(LONG)).await);
    part.claim(part.ordered(2), []).await;
    // Without an order, the event is due.
    let [second] = part.claim(part.request(2), ["hall 2"]).await;
    assert!(second.is_suspect);
    part.done(&[second]).await;
}
