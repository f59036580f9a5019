//! Attempt numbers without an inbox: retries of a failed delivery are counted.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use room_hooks::{Verified, zego};
use tokio::time::sleep;

use here::hooks_here;
use zego_hooks::{created, deliver, now, signed_at, zego};

type Seen = Arc<Mutex<Vec<(u32, SystemTime)>>>;

#[tokio::test(start_paused = true)]
async fn retries_of_a_failed_delivery_are_numbered_and_keep_the_first_time_of_receipt() {
    let seen = Seen::default();
    let hooks = hooks_here(zego()).on_with(
        Arc::clone(&seen),
        async |seen: Seen, created: Verified<zego::RoomCreated>| {
            let mut seen = seen.lock().unwrap();
            seen.push((created.attempt(), created.first_received_at()));
            if created.attempt() <= 2 { Err("not yet") } else { Ok(()) }
        },
    );
    let (body, begun) = (signed_at(&created(), now()), now());
    for status in [500, 500, 200, 200] {
        assert_eq!(deliver(&hooks, &body).await.status, status);
        sleep(Duration::from_secs(2)).await;
    }
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(seen.iter().map(|(attempt, _)| *attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(seen.iter().all(|(_, at)| *at == seen[0].1), "{seen:?}");
    assert!(seen[0].1.duration_since(begun).unwrap_or_default() < Duration::from_secs(1));
}
