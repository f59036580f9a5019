//! The acceptance suites for all stores.

use room_hooks::{
    inbox::InboxStore,
    testing::{acceptance, inbox_acceptance, inbox_history},
};
use room_hooks_sqlite::SqliteStore;

use crate::{event, file::File};

#[tokio::test]
async fn the_delivery_store_passes_the_acceptance_suite() {
    let file = File::new();
    let store = SqliteStore::open(file.path()).unwrap();
    store.stop_clock();
    acceptance(&store, async |span| store.advance_clock(span)).await;
    file.check();
}

#[tokio::test]
async fn the_inbox_passes_the_acceptance_suite() {
    let file = File::new();
    let inbox = file.inbox();
    inbox_acceptance(&inbox, async |span| inbox.advance_clock(span)).await;
    file.check();
}

#[tokio::test]
async fn no_history_of_crashes_and_frozen_workers_breaks_the_inbox() {
    for seed in 0..40 {
        let file = File::new();
        let inbox = file.inbox();
        inbox_history(&inbox, &acts(seed), async |span| inbox.advance_clock(span)).await;
        file.check();
    }
}

#[tokio::test]
async fn an_inbox_and_a_delivery_store_share_a_file() {
    let file = File::new();
    let inbox = file.inbox();
    let store = SqliteStore::open(file.path()).unwrap();
    store.stop_clock();
    let wait = async |span| {
        inbox.advance_clock(span);
        store.advance_clock(span);
    };
    acceptance(&store, wait).await;
    for number in 0..10 {
        inbox.put(event(number)).await.unwrap();
    }
    file.check();
}

/// Pseudorandom bytes, the same for the same seed.
fn acts(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 40) as u8
    };
    std::iter::repeat_with(next).take(400).collect()
}
