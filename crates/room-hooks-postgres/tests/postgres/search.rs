//! The search by room, in queues with more events than a claim reads.

use std::time::Duration;

use libtest_mimic::Trial;
use room_hooks::inbox::{Ending, InboxStore};
use room_hooks_postgres::PostgresInbox;

use crate::{claim, in_room, request, with_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    vec![with_postgres(
        "a_search_that_reaches_the_last_room_continues_with_the_first",
        continues_with_the_first,
    )]
}

/// One room fills the head of the queue and waits. A claim that finds nothing would let the worker
/// sleep until its next poll.
async fn continues_with_the_first() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    inbox.put(in_room(0, "hot")).await.unwrap();
    let fill = "INSERT INTO room_hooks.events
            (retention, keep_until, kind, format, room, received_at, size, state, next_at, payload)
        SELECT 0, 0, kind, 1, 'hot', 0, 0, 'ready', next_at - 1000, payload
        FROM room_hooks.events, generate_series(1, 1500) AS number
        UNION ALL
        SELECT 0, 0, kind, 1, 'room ' || number % 1100, 0, 0, 'ready', next_at + number, payload
        FROM room_hooks.events, generate_series(1, 2500) AS number";
    test_postgres::client(&url).await.batch_execute(fill).await.unwrap();
    let mut ordered = request(1, 1);
    ordered.is_ordered = true;
    let first = claim(&inbox, &ordered).await;
    assert_eq!(first[0].event.room.as_deref(), Some("hot"));
    let later = Ending::Retry { after: Duration::from_secs(3600), error: "later".into() };
    inbox.finish(first[0].attempt, later).await.unwrap();
    ordered.limit = 100;
    let mut done = 0;
    while done < 2500 {
        let claimed = claim(&inbox, &ordered).await;
        assert!(!claimed.is_empty(), "{done} are done");
        done += claimed.len();
        for event in claimed {
            inbox.finish(event.attempt, Ending::Done).await.unwrap();
        }
    }
}
