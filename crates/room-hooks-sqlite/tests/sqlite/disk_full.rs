//! A full disk.

use room_hooks::inbox::{Ending, InboxStore, PutOutcome};

use crate::{child::Child, claim, event, file::File, request, unavailable};

#[tokio::test]
async fn a_full_disk_refuses_puts_loses_nothing_and_recovers() {
    let file = File::new();
    let inbox = file.inbox();
    inbox.put(event(0)).await.unwrap();
    let pages: u32 = inbox.pragma("page_count").await.unwrap().parse().unwrap();
    inbox.pragma(&format!("max_page_count = {}", pages + 8)).await.unwrap();
    let mut stored = 1;
    let error = loop {
        let mut event = event(stored);
        event.payload = vec![b'x'; 1000];
        match inbox.put(event).await {
            Ok(outcome) => assert_eq!(outcome, PutOutcome::New),
            failed => break unavailable(failed),
        }
        stored += 1;
    };
    assert!(error.contains("full"), "{error}");
    assert_eq!(inbox.stats().await.unwrap().ready, stored);
    // Operations that need no new page still work.
    let claimed = claim(&inbox, &request(1, 2)).await;
    assert!(inbox.finish(claimed[0].attempt, Ending::Done).await.unwrap());
    assert_eq!(inbox.put(event(0)).await.unwrap(), PutOutcome::Duplicate);

    inbox.pragma("max_page_count = 100000").await.unwrap();
    assert_eq!(inbox.put(event(stored)).await.unwrap(), PutOutcome::New);
    file.check();
}

/// A write fails in the middle of a commit, like one to a full disk.
#[tokio::test]
async fn a_write_that_fails_during_a_commit_loses_nothing_acknowledged() {
    let file = File::new();
    drop(file.inbox());
    let mut lines = Child::start_with_file_limit(512, "put", &file).finish();
    let failed = lines.pop().unwrap();
    assert!(failed.starts_with("failed: the inbox is unavailable: "), "{failed}");
    assert!(lines.len() > 20, "{failed}");
    let inbox = file.inbox();
    for number in &lines {
        let put = inbox.put(event(number.parse().unwrap())).await.unwrap();
        assert_eq!(put, PutOutcome::Duplicate, "{number}");
    }
    assert_eq!(inbox.put(event(1_000_000)).await.unwrap(), PutOutcome::New);
    file.check();
}
