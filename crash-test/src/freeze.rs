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

/// Has one of two workers freeze in the middle of its handlers for more than two leases, while the other takes its events
/// over, and checks that it settles none of those.
pub(super) async fn examine(scene: &Scene) -> Result<String, Error> {
    put_all(scene).await?;
    // Before the first of its handlers has ended: in the middle of a commit, it would keep a file locked.
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
        return Err("the frozen worker had no event that the other took over".into());
    }
    let by_other = |entry: &&Entry| entry.process == other.id() && entry.act == Act::Finished;
    let taken = entries.iter().filter(by_other).count();
    for event in 1..=EVENTS {
        let of_event = |entry: &&Entry| entry.event == event && entry.act == Act::Finished;
        let finished = entries.iter().filter(of_event).count();
        if finished != 1 {
            return Err(format!("{event} was settled {finished} times").into());
        }
    }
    Ok(format!(
        "a frozen worker settled none of the {lost} events that another had taken over, which settled {taken} of {EVENTS}"
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
