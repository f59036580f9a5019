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

/// Freezes one of two workers in the middle of its handlers for more than two leases, while the other takes its events
/// over, and checks that it settles none of those.
pub(super) async fn examine(scene: &Scene) -> Result<String, Error> {
    put_all(scene).await?;
    let frozen = scene.start("worker", "never")?;
    let other = scene.start("worker", "never")?;
    // Before it settles any: in the middle of a commit, it would keep a file locked.
    let in_the_middle = async {
        while started(scene, frozen.id()) < 10 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(10), in_the_middle).await?;
    frozen.send(Signal::STOP)?;
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

/// How many handlers a process has started.
fn started(scene: &Scene, process: u32) -> usize {
    let is_start = |entry: &&Entry| entry.process == process && entry.act == Act::Started;
    scene.entries().iter().filter(is_start).count()
}
