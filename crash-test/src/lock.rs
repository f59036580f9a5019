use std::{
    collections::HashMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::{sync::watch, task::JoinSet, time::sleep};

use super::{
    Error,
    kills::drain,
    ledger::{Act, Ledger},
    open,
    process::Process,
    sender,
};

/// Holds the write lock of an inbox for a time, in a process of its own.
pub(super) fn hold(inbox: &str, seconds: &str) -> Result<(), Error> {
    let connection = Connection::open(inbox)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    println!("held");
    std::thread::sleep(Duration::from_secs(seconds.parse()?));
    Ok(connection.execute_batch("COMMIT")?)
}

/// Sends events while another process holds the write lock, for many leases, and checks that web process and worker
/// continue by themselves: nothing is lost, and nothing is handled twice, since the worker lives.
pub(super) async fn examine(folder: &Path, seconds: u64) -> Result<(), Error> {
    const EVENTS: u64 = 200;
    fs::create_dir_all(folder)?;
    let (inbox, path) = (folder.join("inbox"), folder.join("ledger"));
    let mut web = Process::start("web", &inbox, &path, "never")?;
    let (_current, address) = watch::channel(Some(web.address().await?));
    let _worker = Process::start("worker", &inbox, &path, "never")?;
    let ledger = Ledger::open(&path)?;
    let mut senders = JoinSet::new();
    let mut lock = None;
    for event in 1..=EVENTS {
        senders.spawn(sender::send(event, address.clone(), ledger.clone()));
        if event == EVENTS / 2 {
            let mut process = Process::start("hold", &inbox, Path::new(&seconds.to_string()), "")?;
            process.line().await?;
            lock = Some((process, Instant::now()));
        }
        sleep(Duration::from_millis(5)).await;
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    drop(lock);
    drain(&*open(inbox.to_str().unwrap())?).await?;
    let mut handled = HashMap::new();
    for entry in Ledger::read(&path).iter().filter(|entry| entry.act == Act::Handled) {
        *handled.entry(entry.event).or_insert(0) += 1;
    }
    let once = (1..=EVENTS).filter(|event| handled.get(event) == Some(&1)).count() as u64;
    if once != EVENTS {
        return Err(format!("{once} of {EVENTS} events were handled once: {handled:?}").into());
    }
    println!("{EVENTS} events were handled once each, with the inbox locked for {seconds} s");
    Ok(())
}
