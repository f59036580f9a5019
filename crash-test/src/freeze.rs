use std::time::Duration;

use rustix::process::Signal;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::{
    Error,
    ledger::{Act, Entry},
    scene::Scene,
    sender,
    worker::LEASE,
};

const EVENTS: u64 = 300;

/// Freezes one of two workers during its handlers for more than two leases, while the other takes
/// over its events. Checks that the frozen worker settles none of those.
pub(super) async fn examine(scene: &Scene) -> Result<String, Error> {
    put_all(scene).await?;
    // The worker freezes before its first handler ends. During a commit, it would keep the file
    // locked.
    let frozen = scene.start("worker", "freeze:3")?;
    let other = scene.start("worker", "never")?;
    let begins = async {
        while !scene.entries().iter().any(|entry| entry.process == frozen.id()) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(10), begins).await?;
    sleep(LEASE * 2).await;
    scene.drain(0).await?;
    frozen.send(Signal::CONT)?;
    sleep(LEASE).await;

    let entries = scene.entries();
    let lost = entries.iter().filter(|entry| entry.act == Act::Lost).count();
    if lost == 0 {
        return Err("the other worker took over no event of the frozen one".into());
    }
    let by_other = |entry: &&Entry| entry.process == other.id() && entry.act == Act::Finished;
    let taken = entries.iter().filter(by_other).count();
    for event in 1..=EVENTS {
        let of_event = |entry: &&Entry| entry.event == event && entry.act == Act::Finished;
        let finished = entries.iter().filter(of_event).count();
        if finished != 1 {
            return Err(format!("event {event} was settled {finished} times").into());
        }
    }
    Ok(format!(
        "the frozen worker settled none of the {lost} events that the other took over; the other \
         settled {taken} of {EVENTS}"
    ))
}

async fn put_all(scene: &Scene) -> Result<(), Error> {
    let mut web = scene.start("web", "never")?;
    let (_current, address) = watch::channel(Some(web.address().await?));
    for event in 1..=EVENTS {
        sender::send(event, address.clone(), scene.ledger()?).await?;
    }
    Ok(())
}
