//! Several processes that share a file.

use std::{collections::BTreeSet, time::Duration};

use room_hooks::inbox::{Ending, InboxStore};
use room_hooks_sqlite::SqliteInbox;

use crate::{child::Child, claim, event, file::File, request};

#[tokio::test]
async fn processes_that_put_and_claim_at_once_lease_no_event_twice() {
    let file = File::new();
    drop(file.inbox());
    let putting = [1, 2, 3].map(|number| Child::start("put 200", &file, number));
    let claiming = [1, 2, 3].map(|number| Child::start("claim", &file, number));
    let mut put = BTreeSet::new();
    for line in putting.into_iter().flat_map(Child::finish) {
        assert!(put.insert(line.clone()), "{line} was new twice");
    }
    assert_eq!(put.len(), 200);
    let mut claimed = BTreeSet::new();
    for line in claiming.into_iter().flat_map(Child::finish) {
        assert!(line.ends_with(" 1"), "{line}");
        assert!(claimed.insert(line.clone()), "{line} was leased twice");
    }
    assert_eq!(claimed.len(), 200 * 4);
    file.check();
}

#[tokio::test]
async fn the_event_of_a_killed_worker_runs_again_alone_and_the_old_attempt_cannot_finish_it() {
    let file = File::new();
    let inbox = SqliteInbox::open(file.path()).unwrap();
    inbox.put(event(1)).await.unwrap();
    inbox.put(event(2)).await.unwrap();
    let mut worker = Child::start("lease", &file, 1);
    assert_eq!(worker.lines(1), ["1"]);
    worker.kill();
    tokio::time::sleep(Duration::from_millis(300)).await;

    let mut busy = request(2, 10);
    busy.is_idle = false;
    let claims = inbox.claim(busy).await.unwrap();
    assert!(claims.events.is_empty() && claims.suspects_wait);
    let again = claim(&inbox, &request(2, 10)).await;
    assert_eq!(again.len(), 1, "alone");
    assert_eq!((again[0].attempt.sequence, again[0].attempt.number), (1, 2));
    let mut frozen = again[0].attempt;
    frozen.number = 1;
    assert!(!inbox.finish(frozen, Ending::Done).await.unwrap());
    assert!(inbox.finish(again[0].attempt, Ending::Done).await.unwrap());
}
