//! Writes: puts are durable, an idle worker writes nothing, and notifications are coalesced.

use std::{
    future::poll_fn,
    pin::pin,
    time::{Duration, Instant},
};

use libtest_mimic::Trial;
use room_hooks::inbox::{Ending, InboxStore, PutOutcome};
use room_hooks_postgres::PostgresInbox;
use test_postgres::Server;
use tokio::time::{sleep, timeout};
use tokio_postgres::{AsyncMessage, Client, NoTls};

use crate::{claim, event, in_room, request, with_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres(
            "a_put_survives_a_crash_whatever_the_default_of_synchronous_commit",
            a_put_survives_a_crash_whatever_the_default_of_synchronous_commit,
        ),
        with_postgres("a_poll_that_finds_nothing_writes_nothing", a_poll_writes_nothing),
        with_postgres("a_put_notifies_other_processes", a_put_notifies_other_processes),
        with_postgres("notifications_are_coalesced", notifications_are_coalesced),
        with_postgres("payloads_are_returned_unchanged", payloads_are_returned_unchanged),
        with_postgres("an_event_that_cannot_be_stored_fails_alone", a_bad_event_fails_alone),
    ]
}

/// A crash loses unflushed commits, and this server flushes only every ten seconds by itself.
async fn a_put_survives_a_crash_whatever_the_default_of_synchronous_commit() {
    let mut server = Server::start_with(&["synchronous_commit=off", "wal_writer_delay=10000"]);
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    for number in 0..20 {
        inbox.put(event(number)).await.unwrap();
    }
    let claimed = claim(&inbox, &request(1, 1)).await;
    assert!(inbox.finish(claimed[0].attempt, Ending::Done).await.unwrap());
    server.kill();
    server.start_again();
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    for number in 0..20 {
        assert_eq!(inbox.put(event(number)).await.unwrap(), PutOutcome::Duplicate);
    }
    let stats = inbox.stats().await.unwrap();
    assert_eq!((stats.ready, stats.done), (19, 1));
}

/// The id that the next writing transaction will get.
async fn next_transaction(client: &Client) -> String {
    let next = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text";
    client.query_one(next, &[]).await.unwrap().get(0)
}

async fn a_poll_writes_nothing() {
    let server = Server::start_with(&["autovacuum=off"]);
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    let client = server.client().await;
    // One event waits for a retry and holds back another in its room. One is leased, and one has
    // another kind.
    for number in 0..2 {
        inbox.put(in_room(number, "a")).await.unwrap();
    }
    let claimed = claim(&inbox, &request(1, 1)).await;
    let later = Ending::Retry { after: Duration::from_secs(1000), error: "later".into() };
    inbox.finish(claimed[0].attempt, later).await.unwrap();
    inbox.put(event(2)).await.unwrap();
    let mut other = event(3);
    other.kind = "zego/other".into();
    inbox.put(other).await.unwrap();
    let mut ordered = request(2, 10);
    ordered.is_ordered = true;
    ordered.kinds = Some(["zego/room_create".to_owned()].into());
    assert_eq!(claim(&inbox, &ordered).await.len(), 1);
    let mut none = request(2, 10);
    none.kinds = Some(["zego/none".to_owned()].into());
    // At first, notifications and sweeps of the puts may still write.
    for _ in 0..10 {
        sleep(Duration::from_millis(300)).await;
        let before = next_transaction(&client).await;
        for _ in 0..20 {
            assert!(claim(&inbox, &ordered).await.is_empty());
            assert!(claim(&inbox, &none).await.is_empty());
            inbox.stats().await.unwrap();
        }
        if next_transaction(&client).await == before {
            return;
        }
    }
    panic!("polls write");
}

async fn a_put_notifies_other_processes() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    let other = PostgresInbox::connect(&url).await.unwrap();
    let client = test_postgres::client(&url).await;
    for number in 0..2 {
        // Starting to listen also wakes workers.
        while timeout(Duration::from_millis(500), other.notified()).await.is_ok() {}
        let mut notified = pin!(other.notified());
        assert!(timeout(Duration::from_millis(50), &mut notified).await.is_err());
        inbox.put(event(number)).await.unwrap();
        timeout(Duration::from_secs(10), notified).await.expect("the other inbox is notified");

        // The inbox listens again by itself.
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        client.query(end, &[]).await.unwrap();
        let begun = Instant::now();
        while timeout(Duration::from_millis(100), other.notified()).await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "the inbox does not listen again");
        }
    }
}

async fn notifications_are_coalesced() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    let config: tokio_postgres::Config = url.parse().unwrap();
    let (client, mut connection) = config.connect(NoTls).await.unwrap();
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(notification) = message {
                sender.send(notification).unwrap();
            }
        }
    });
    client.batch_execute("LISTEN room_hooks").await.unwrap();
    let begun = Instant::now();
    for number in 0..300 {
        inbox.put(event(number)).await.unwrap();
    }
    let most = begun.elapsed().as_millis() / 50 + 2;
    sleep(Duration::from_millis(200)).await;
    let mut count = 0;
    while heard.try_recv().is_ok() {
        count += 1;
    }
    assert!((1..=most).contains(&count), "{count} in {:?}", begun.elapsed());
}

async fn payloads_are_returned_unchanged() {
    let inbox = PostgresInbox::connect(&test_postgres::database().await).await.unwrap();
    let mut events = Vec::new();
    for payload in [
        br#"{"name":"\u0000"}"#.to_vec(),
        b"{\"name\":\"\0\"}".to_vec(),
        b"\xed\xa0\x80 and \xff\xfe".to_vec(),
        vec![],
        vec![0; 1 << 20],
        (0..1 << 20).map(|byte| byte as u8).collect(),
    ] {
        let mut event = event(events.len() as u64);
        event.payload = payload;
        event.room = Some(r#"zego/1/"lo\u0000bby 😀""#.into());
        event.retention = Duration::from_millis(90_001);
        event.format_version = u32::MAX;
        inbox.put(event.clone()).await.unwrap();
        events.push(event);
    }
    let claimed = claim(&inbox, &request(1, 10)).await;
    let claimed: Vec<_> = claimed.into_iter().map(|claimed| claimed.event).collect();
    assert!(claimed == events, "{claimed:?}");
}

/// Text in PostgreSQL cannot contain U+0000. Rooms never do, but such an event must not affect the
/// others.
async fn a_bad_event_fails_alone() {
    let inbox = PostgresInbox::connect(&test_postgres::database().await).await.unwrap();
    let put = async |number| {
        let room = if number % 2 == 0 { "lobby" } else { "lob\0by" };
        inbox.put(in_room(number, room)).await
    };
    let (a, b, c, d) = tokio::join!(put(0), put(1), put(2), put(3));
    assert_eq!((a.unwrap(), c.unwrap()), (PutOutcome::New, PutOutcome::New));
    assert!(crate::unavailable(b).contains("0x00"));
    assert!(d.is_err());
    assert_eq!(inbox.stats().await.unwrap().ready, 2);
}
