use std::{fs, path::Path, time::Duration};

use rustix::process::Signal;
use tokio::{sync::watch, time::sleep};

use super::{
    Error,
    kills::drain,
    ledger::{Act, Entry, Ledger},
    open,
    process::Process,
    sender,
    worker::LEASE,
};

const EVENTS: u64 = 60;

/// Freezes a worker in the middle of its handlers for more than two leases, while another one takes its events over,
/// and checks that it settles none of those.
pub(super) async fn examine(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder)?;
    let (inbox, ledger) = (folder.join("inbox"), folder.join("ledger"));
    let store = open(inbox.to_str().unwrap())?;
    put_all(&inbox, &ledger).await?;

    let frozen = Process::start("worker", &inbox, &ledger, "never")?;
    while count(&ledger, Act::Started) < 10 {
        sleep(Duration::from_millis(1)).await;
    }
    frozen.send(Signal::STOP)?;
    let other = Process::start("worker", &inbox, &ledger, "never")?;
    sleep(LEASE * 2).await;
    drain(&*store).await?;
    frozen.send(Signal::CONT)?;
    sleep(LEASE).await;

    let entries = Ledger::read(&ledger);
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
    println!(
        "a frozen worker settled none of the {lost} events that another had taken over ({taken} in all)"
    );
    Ok(())
}

async fn put_all(inbox: &Path, ledger: &Path) -> Result<(), Error> {
    let mut web = Process::start("web", inbox, ledger, "never")?;
    let (_current, address) = watch::channel(Some(web.address().await?));
    for event in 1..=EVENTS {
        sender::send(event, address.clone(), Ledger::open(ledger)?).await?;
    }
    Ok(())
}

fn count(ledger: &Path, act: Act) -> usize {
    Ledger::read(ledger).iter().filter(|entry| entry.act == act).count()
}
