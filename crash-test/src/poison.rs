use tokio::sync::watch;

use super::{Error, ledger::Act, scene::Scene, sender};

const EVENTS: u64 = 16;
const POISON: u64 = 8;

/// One of 16 events kills its worker whenever it is handled. Checks that it becomes a dead letter
/// after three crashes while it runs alone, and that all other events are handled.
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
        return Err(format!("not only the poison is dead: {stats:?}").into());
    }
    let entries = scene.entries();
    for event in (1..=EVENTS).filter(|event| *event != POISON) {
        let of_event = |act| entries.iter().filter(|it| it.event == event && it.act == act).count();
        // Once together with the poison, once alone, and once more if it fails.
        if of_event(Act::Handled) == 0 || of_event(Act::Started) > 3 {
            return Err(format!("the poison affected event {event}").into());
        }
    }
    Ok(format!(
        "an event that killed its worker {crashes} times is dead; the {} others were handled",
        EVENTS - 1
    ))
}
