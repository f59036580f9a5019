//! Ids and signatures in the table of old keys, as in a large file.

use std::time::Duration;

use room_hooks::{
    SignatureKey,
    inbox::{Ending, InboxStore, NewEvent, PutOutcome, Retention},
};

use crate::{RETENTION, claim, event, file::File, id, request};

fn signed(number: u64, signature: u64) -> NewEvent {
    let mut event = event(number);
    event.signature = Some(SignatureKey::from_bytes(*id(signature).as_bytes()));
    event
}

#[tokio::test]
async fn old_ids_and_signatures_are_remembered_as_new_ones_are() {
    let file = File::new();
    let inbox = file.inbox();
    for number in 0..300 {
        inbox.put(signed(number, number)).await.unwrap();
    }
    let add_recent = |rows: i64| {
        let sql = "UPDATE room_hooks_totals SET recent = recent + ?1";
        file.connection().execute(sql, [rows]).unwrap();
    };
    let count = |table: &str| -> i64 {
        let sql =
            format!("SELECT count(*) FROM {table} WHERE key < x'0000000000000000000000000000012c'");
        file.connection().query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    // Makes a sweep move the keys, as if there were many more.
    add_recent(1_000_000);
    for number in 1000..1300 {
        inbox.put(event(number)).await.unwrap();
    }
    add_recent(-1_000_000);
    assert_eq!((count("room_hooks_keys"), count("room_hooks_old_keys")), (0, 600));
    file.check();

    for number in 0..300 {
        assert_eq!(inbox.put(signed(number, number)).await.unwrap(), PutOutcome::Duplicate);
        let forged = inbox.put(signed(number + 5000, number)).await.unwrap();
        assert_eq!(forged, PutOutcome::SignatureReused);
    }
    for claimed in claim(&inbox, &request(1, 600)).await {
        assert!(inbox.finish(claimed.attempt, Ending::Done).await.unwrap());
    }
    let at_once = Retention::new(Duration::ZERO, Duration::ZERO);
    assert_eq!(inbox.prune(at_once, 1000).await.unwrap(), 600);
    assert_eq!(inbox.put(event(7)).await.unwrap(), PutOutcome::Duplicate);
    file.check();
    inbox.advance_clock(RETENTION);
    assert_eq!(inbox.put(signed(7, 8)).await.unwrap(), PutOutcome::New);
    for number in 6000..6500 {
        inbox.put(event(number)).await.unwrap();
    }
    assert_eq!(count("room_hooks_old_keys"), 1, "the signature of the latest event");
    file.check();
}
