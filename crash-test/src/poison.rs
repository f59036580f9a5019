use tokio::sync::watch;

use super::{Error, ledger::Act, scene::Scene, sender};

const EVENTS: u64 = 16;
const POISON: u64 = 8;

/// Has one event of 16 kill its worker whenever it is handled, and checks that it becomes a dead letter after three crashes
/// of its own, and takes no other event with it.
pub(super) async fn examine(scene: &Scene) -> Result<String, Error> {
    let mut web = scene.start("web", "never")?;
    let (_current, address) = watch::channel(Some(web.address().await?));
    for event in 1..=EVENTS {
        sender::send(event, address.clone(), scene.ledger()?).await?;
    }

    let mut crashes = 0;
    loop {
        let mut worker = scene.start("worker", &format!("poison:{POISON}"))?;
        tokio::select! {
            crash = worker.killed() => crash?,
            drained = scene.drain(1) => break drained?,
        }
        crashes += 1;
    }
    let stats = scene.open().await?.stats().await?;
    if stats.done != EVENTS - 1 {
        return Err(format!("only the poison should be dead: {stats:?}").into());
    }
    let entries = scene.entries();
    for event in (1..=EVENTS).filter(|event| *event != POISON) {
        let of_event = |act| entries.iter().filter(|it| it.event == event && it.act == act).count();
        // Once beside the poison, once alone and once more if it fails.
        if of_event(Act::Handled) == 0 || of_event(Act::Started) > 3 {
            return Err(format!("{event} suffered from the poison").into());
        }
    }
    Ok(format!(
        "an event that killed its worker {crashes} times is dead; the {} beside it were handled",
        EVENTS - 1
    ))
}
