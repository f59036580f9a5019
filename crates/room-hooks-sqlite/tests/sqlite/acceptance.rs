//! What every store must do.

use room_hooks::testing::acceptance;
use room_hooks_sqlite::SqliteStore;

use crate::file::File;

#[tokio::test]
async fn the_delivery_store_does_what_a_store_must() {
    let file = File::new();
    let store = SqliteStore::open(file.path()).unwrap();
    store.stop_clock();
    acceptance(&store, async |span| store.advance_clock(span)).await;
    file.check();
}

/// A retry under a new signature, and a claim that ran out, must count each delivery and signature once.
#[tokio::test]
async fn an_inbox_and_a_delivery_store_share_a_file() {
    let file = File::new();
    let inbox = file.inbox();
    let store = SqliteStore::open(file.path()).unwrap();
    acceptance(&store, tokio::time::sleep).await;
    for number in 0..10 {
        room_hooks::inbox::InboxStore::put(&inbox, crate::event(number)).await.unwrap();
    }
    file.check();
}
