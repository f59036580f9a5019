//! Heartbeats and notifications for workers.

use std::time::Duration;

use room_hooks::inbox::{Ending, InboxStore, WorkerId};
use tokio::time::timeout;

use crate::{LEASE, claim, event, file::File, request};

#[tokio::test]
async fn a_heartbeat_renews_leases_on_its_own_connection() {
    let file = File::new();
    let inbox = file.inbox();
    let heartbeat = inbox.for_heartbeat().unwrap().unwrap();
    inbox.put(event(1)).await.unwrap();
    let claimed = claim(&inbox, &request(1, 1)).await;
    for _ in 0..3 {
        inbox.advance_clock(LEASE / 2);
        heartbeat.renew(WorkerId(1), LEASE).await.unwrap();
        assert!(claim(&inbox, &request(2, 1)).await.is_empty());
    }
    assert!(inbox.finish(claimed[0].attempt, Ending::Done).await.unwrap());
    drop(inbox);
    heartbeat.renew(WorkerId(1), LEASE).await.unwrap();
    drop(heartbeat);
    file.wait_until_closed();
}

#[tokio::test]
async fn a_waiting_worker_is_notified_of_a_put_and_a_retry() {
    let file = File::new();
    let inbox = file.inbox();
    let clone = inbox.clone();
    const SOON: Duration = Duration::from_secs(10);

    // The future notices a put from the moment it was created, not only once it is awaited.
    let notified = clone.notified();
    inbox.put(event(1)).await.unwrap();
    timeout(SOON, notified).await.unwrap();

    let notified = clone.notified();
    inbox.put(event(1)).await.unwrap();
    let claimed = claim(&inbox, &request(1, 1)).await;
    inbox.finish(claimed[0].attempt, Ending::Dead { error: "never".into() }).await.unwrap();
    assert!(timeout(Duration::from_millis(20), notified).await.is_err(), "nothing was put");
    let notified = clone.notified();
    assert!(inbox.retry(claimed[0].attempt.sequence).await.unwrap());
    timeout(SOON, notified).await.unwrap();
}
