//! An inbox whose clones are used on several tokio runtimes, some of which end.

use std::{pin::pin, thread, time::Duration};

use libtest_mimic::Trial;
use room_hooks::inbox::InboxStore;
use room_hooks_postgres::PostgresInbox;
use tokio::time::timeout;

use crate::{event, with_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    vec![with_postgres("notifications_survive_the_runtime_of_a_put", notifications)]
}

/// A put notifies other processes from a task, up to 50 ms later. Its runtime may end before that.
async fn notifications() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    let other = PostgresInbox::connect(&url).await.unwrap();
    let clone = inbox.clone();
    let put = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            clone.put(event(1)).await.unwrap();
            // Lets the first notification be sent, so that the second one must wait.
            tokio::time::sleep(Duration::from_millis(10)).await;
            clone.put(event(2)).await.unwrap();
        });
    };
    thread::scope(|scope| scope.spawn(put).join().unwrap());
    // Starting to listen wakes workers, too.
    while timeout(Duration::from_millis(500), other.notified()).await.is_ok() {}
    let notified = pin!(other.notified());
    inbox.put(event(3)).await.unwrap();
    timeout(Duration::from_secs(10), notified).await.expect("the other inbox is notified");
}
