//! Settings of the server, the database or the role that an administrator may have changed.

use std::time::Duration;

use libtest_mimic::Trial;
use room_hooks::{
    SignatureKey,
    inbox::{Ending, InboxStore, PutOutcome, WorkerId},
};
use room_hooks_postgres::{Database, PostgresInbox};
use tokio::task::JoinSet;

use crate::{claim, event, id, in_room, request, with_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres("default_isolation_serializable", || default_isolation("serializable")),
        with_postgres("default_isolation_repeatable_read", || default_isolation("repeatable read")),
        with_postgres("a_schema_named_after_a_keyword_is_quoted", a_schema_named_after_a_keyword),
    ]
}

/// Under a stricter isolation, concurrent statements would fail with serialization errors instead
/// of waiting for each other.
async fn default_isolation(isolation: &str) {
    let url = test_postgres::database().await;
    let client = test_postgres::client(&url).await;
    let set = format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = %L',
            current_database(), '{isolation}'); END $$"
    );
    client.batch_execute(&set).await.unwrap();
    let inboxes =
        [PostgresInbox::connect(&url).await.unwrap(), PostgresInbox::connect(&url).await.unwrap()];
    for number in 0..50 {
        let mut puts = JoinSet::new();
        for part in 0..8 {
            let inbox = inboxes[part % 2].clone();
            let mut event = in_room(number, "a");
            event.signature = Some(SignatureKey::from_bytes([number as u8; 16]));
            puts.spawn(async move { inbox.put(event).await.unwrap() });
        }
        let outcomes = puts.join_all().await;
        let stored = outcomes.iter().filter(|outcome| **outcome == PutOutcome::New).count();
        assert_eq!(stored, 1, "{outcomes:?}");
    }
    let mut workers = JoinSet::new();
    for worker in 0..6 {
        let inbox = inboxes[worker % 2].clone();
        workers.spawn(async move {
            let mut done = 0;
            for _ in 0..40 {
                for claimed in claim(&inbox, &request(worker as i64, 2)).await {
                    inbox.renew(WorkerId(worker as i64), Duration::from_secs(9)).await.unwrap();
                    assert!(inbox.finish(claimed.attempt, Ending::Done).await.unwrap());
                    done += 1;
                }
            }
            done
        });
    }
    assert_eq!(workers.join_all().await.into_iter().sum::<usize>(), 50);
    let bound = inboxes[0].bind(SignatureKey::from_bytes([99; 16]), id(1), Duration::from_secs(9));
    assert!(bound.await.unwrap());
}

async fn a_schema_named_after_a_keyword() {
    let url = test_postgres::database().await;
    for schema in ["user", "order"] {
        let database = Database::new(&url).unwrap().with_schema(schema);
        let inbox = PostgresInbox::connect_with(&database).await.unwrap();
        assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::New);
        assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::Duplicate);
        assert_eq!(claim(&inbox, &request(1, 1)).await.len(), 1);
    }
}
