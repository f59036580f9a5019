use proptest::prelude::*;
use tokio::time::advance;

use crate::testing::{inbox_acceptance, inbox_history};

use super::*;

#[tokio::test(start_paused = true)]
async fn it_does_what_an_inbox_must() {
    inbox_acceptance(&MemoryInbox::new(), advance).await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_interleaving_handles_twice_or_loses(acts in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(inbox_history(&MemoryInbox::new(), &acts, advance));
    }
}
