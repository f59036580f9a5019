//! The delivery store while other transactions change its rows.

use std::time::Duration;

use libtest_mimic::Trial;
use room_hooks::{FailurePolicy, Hooks, Verified, zego::RoomCreated};
use room_hooks_postgres::PostgresStore;
use tokio::time::sleep;

use crate::{
    traffic::{body, deliver_again, zego},
    with_postgres,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![with_postgres("a_delivery_that_another_worker_claims_is_not_settled", claimed_meanwhile)]
}

/// A claim waits for the transaction of another claim of the same delivery, whose last settlement
/// has expired. The delivery is then in progress. If the sender received 200 and the handler
/// failed, the delivery would be lost.
async fn claimed_meanwhile() {
    let url = test_postgres::database().await;
    let store = PostgresStore::connect(&url).await.unwrap();
    let hooks = Hooks::new(zego())
        .on(async |_: Verified<RoomCreated>| {})
        .with_store(store.clone())
        .with_store_failure_policy(FailurePolicy::Closed);
    let body = body("room", 1);
    assert_eq!(deliver_again(&hooks, &body).await, 200);
    let mut other = test_postgres::client(&url).await;
    let transaction = other.transaction().await.unwrap();
    let claim = "UPDATE room_hooks.deliveries SET token = 1, expires_at = 4000000000000";
    assert_eq!(transaction.execute(claim, &[]).await.unwrap(), 1);
    // Now the settlement expires. A sweep does not remove it, since the transaction locks the row.
    store.advance_clock(Duration::from_secs(365 * 24 * 60 * 60));
    let second = tokio::spawn(async move { deliver_again(&hooks, &body).await });
    sleep(Duration::from_millis(300)).await;
    assert!(!second.is_finished(), "the claim waits for the other one");
    transaction.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), 503, "another worker handles it");
}
