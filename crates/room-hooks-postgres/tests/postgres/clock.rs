//! Clock jumps.

use std::time::{Duration, SystemTime};

use libtest_mimic::Trial;
use room_hooks::inbox::{Ending, InboxStore, Retention, WorkerId};
use room_hooks_postgres::PostgresInbox;

use crate::{claim, event, request, sequences, with_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres(
            "a_clock_that_is_set_back_does_not_delay_ready_events",
            a_clock_that_is_set_back_does_not_delay_ready_events,
        ),
        with_postgres(
            "an_event_that_a_poll_has_found_due_stays_due_when_the_clock_is_set_back",
            an_event_that_a_poll_has_found_due_stays_due_when_the_clock_is_set_back,
        ),
        with_postgres(
            "a_busy_worker_is_not_told_that_its_own_expired_lease_waits",
            a_busy_worker_is_not_told_that_its_own_expired_lease_waits,
        ),
        with_postgres(
            "extreme_times_and_spans_do_not_overflow",
            extreme_times_and_spans_do_not_overflow,
        ),
    ]
}

const HOUR: Duration = Duration::from_secs(3600);

async fn inbox() -> PostgresInbox {
    PostgresInbox::connect(&test_postgres::database().await).await.unwrap()
}

async fn a_clock_that_is_set_back_does_not_delay_ready_events() {
    let inbox = inbox().await;
    for is_ordered in [false, true] {
        let mut request = request(1, 1);
        request.is_ordered = is_ordered;
        inbox.put(event(is_ordered.into())).await.unwrap();
        inbox.set_clock_back(HOUR);
        let claimed = claim(&inbox, &request).await;
        assert!(inbox.finish(claimed[0].attempt, Ending::Released).await.unwrap());
        inbox.set_clock_back(HOUR);
        let claimed = claim(&inbox, &request).await;
        let retry = Ending::Retry { after: Duration::ZERO, error: "later".into() };
        assert!(inbox.finish(claimed[0].attempt, retry).await.unwrap());
        inbox.set_clock_back(HOUR);
        assert_eq!(inbox.stats().await.unwrap().oldest_ready, Some(Duration::ZERO));
        let claimed = claim(&inbox, &request).await;
        assert!(inbox.finish(claimed[0].attempt, Ending::Done).await.unwrap());
    }
}

async fn an_event_that_a_poll_has_found_due_stays_due_when_the_clock_is_set_back() {
    let inbox = inbox().await;
    inbox.put(event(1)).await.unwrap();
    let claimed = claim(&inbox, &request(1, 1)).await;
    let retry = Ending::Retry { after: HOUR, error: "later".into() };
    assert!(inbox.finish(claimed[0].attempt, retry).await.unwrap());
    assert!(claim(&inbox, &request(1, 1)).await.is_empty());
    inbox.advance_clock(HOUR);
    let mut other = request(1, 1);
    other.kinds = Some(["zego/other".to_owned()].into());
    assert!(claim(&inbox, &other).await.is_empty());
    inbox.set_clock_back(HOUR / 2);
    assert_eq!(sequences(&claim(&inbox, &request(1, 1)).await), [1]);
}

/// Otherwise, the event would wait for its worker to become idle, but that worker holds the lease.
async fn a_busy_worker_is_not_told_that_its_own_expired_lease_waits() {
    for is_ordered in [false, true] {
        let inbox = inbox().await;
        inbox.put(event(1)).await.unwrap();
        let mut request = request(1, 1);
        request.is_ordered = is_ordered;
        assert_eq!(claim(&inbox, &request).await.len(), 1);
        inbox.put(event(2)).await.unwrap();
        inbox.advance_clock(HOUR);
        request.is_idle = false;
        let claims = inbox.claim(request.clone()).await.unwrap();
        assert!(!claims.suspects_wait);
        assert_eq!(sequences(&claims.events), [2]);
        request.worker = WorkerId(2);
        let claims = inbox.claim(request).await.unwrap();
        assert!(claims.suspects_wait && claims.events.is_empty());
    }
}

async fn extreme_times_and_spans_do_not_overflow() {
    let inbox = inbox().await;
    let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let mut event = event(1);
    event.received_at = before_1970;
    event.retention = Duration::MAX;
    inbox.put(event).await.unwrap();
    let mut request = request(1, usize::MAX);
    request.lease = Duration::MAX;
    for is_ordered in [true, false] {
        request.is_ordered = is_ordered;
        let claimed = claim(&inbox, &request).await;
        assert_eq!(claimed[0].event.received_at, before_1970);
        assert_eq!(claimed[0].event.retention.as_secs() / HOUR.as_secs() / 24 / 365, 1000);
        inbox.renew(request.worker, Duration::MAX).await.unwrap();
        assert!(inbox.finish(claimed[0].attempt, Ending::Released).await.unwrap());
    }
    let claimed = claim(&inbox, &request).await;
    let never = Ending::Retry { after: Duration::MAX, error: "never".into() };
    assert!(inbox.finish(claimed[0].attempt, never).await.unwrap());
    let retention = Retention::new(Duration::MAX, Duration::MAX);
    assert_eq!(inbox.prune(retention, usize::MAX).await.unwrap(), 0);
    assert_eq!(inbox.stats().await.unwrap().ready, 1);
}
