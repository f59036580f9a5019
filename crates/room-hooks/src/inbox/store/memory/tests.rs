use tokio::time::advance;

use crate::testing::inbox_acceptance;

use super::*;

#[tokio::test(start_paused = true)]
async fn it_does_what_an_inbox_must() {
    inbox_acceptance(&MemoryInbox::new(), advance).await;
}
