//! The acceptance suites for all stores.

use std::time::Duration;

use libtest_mimic::Trial;
use proptest::{
    collection::vec,
    prelude::any,
    test_runner::{Config, TestRunner},
};
use room_hooks::testing::{acceptance, inbox_acceptance, inbox_history};
use room_hooks_postgres::{PostgresInbox, PostgresStore};
use tokio::{runtime::Handle, task::block_in_place};

use crate::with_postgres;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres(
            "the_inbox_passes_the_acceptance_suite",
            the_inbox_passes_the_acceptance_suite,
        ),
        with_postgres("no_history_breaks_the_inbox", no_history_breaks_the_inbox),
        with_postgres(
            "the_delivery_store_passes_the_acceptance_suite",
            the_delivery_store_passes_the_acceptance_suite,
        ),
    ]
}

async fn the_inbox_passes_the_acceptance_suite() {
    let inbox = PostgresInbox::connect(&test_postgres::database().await).await.unwrap();
    inbox_acceptance(&inbox, async |span| inbox.advance_clock(span)).await;
}

async fn no_history_breaks_the_inbox() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    inbox.stop_clock();
    let client = test_postgres::client(&url).await;
    let histories: u32 = match std::env::var("ROOM_HOOKS_HISTORIES") {
        Ok(histories) => histories.parse().unwrap(),
        Err(_) => 40,
    };
    let config = Config {
        cases: histories,
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    };
    let run = async |acts: &[u8]| {
        let empty = "TRUNCATE room_hooks.events, room_hooks.keys";
        client.batch_execute(empty).await.unwrap();
        inbox_history(&inbox, acts, async |span| inbox.advance_clock(span)).await;
    };
    let play = |acts: Vec<u8>| {
        block_in_place(|| Handle::current().block_on(run(&acts)));
        Ok(())
    };
    TestRunner::new(config).run(&vec(any::<u8>(), 0..300), play).unwrap();
}

async fn the_delivery_store_passes_the_acceptance_suite() {
    let url = test_postgres::database().await;
    let store = PostgresStore::connect(&url).await.unwrap();
    store.stop_clock();
    acceptance(&store, async |span: Duration| store.advance_clock(span)).await;
    acceptance(&PostgresStore::connect(&url).await.unwrap(), tokio::time::sleep).await;
}
