use std::{fs, path::Path, time::Duration};

use tokio::{sync::watch, time::timeout};

use super::{
    Error,
    ledger::{Act, Ledger},
    open,
    process::Process,
    sender,
};

const EVENTS: u64 = 16;
const POISON: u64 = 8;

/// Has one event of 16 kill its worker whenever it is handled, and checks that it becomes a dead letter after three crashes
/// of its own, and takes no other event with it.
pub(super) async fn examine(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder)?;
    let (inbox, ledger) = (folder.join("inbox"), folder.join("ledger"));
    let mut web = Process::start("web", &inbox, &ledger, "never")?;
    let (_current, address) = watch::channel(Some(web.address().await?));
    for event in 1..=EVENTS {
        sender::send(event, address.clone(), Ledger::open(&ledger)?).await?;
    }

    let store = open(inbox.to_str().unwrap())?;
    let mut crashes = 0;
    loop {
        let mut worker = Process::start("worker", &inbox, &ledger, &format!("poison:{POISON}"))?;
        let crash = timeout(Duration::from_secs(5), worker.killed()).await;
        let Ok(crash) = crash else { break };
        crash?;
        crashes += 1;
    }
    let stats = store.stats().await?;
    if (stats.ready, stats.leased, stats.done, stats.dead) != (0, 0, EVENTS - 1, 1) {
        return Err(format!("only the poison should be dead: {stats:?}").into());
    }
    let entries = Ledger::read(&ledger);
    for event in (1..=EVENTS).filter(|event| *event != POISON) {
        let of_event = |act| entries.iter().filter(|it| it.event == event && it.act == act).count();
        if of_event(Act::Handled) != 1 || of_event(Act::Started) > 3 {
            return Err(format!("{event} suffered from the poison").into());
        }
    }
    println!(
        "an event that killed its worker {crashes} times is dead; the {} beside it were handled",
        EVENTS - 1
    );
    Ok(())
}
