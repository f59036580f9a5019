use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::{sync::watch, task::JoinSet, time::sleep};

use super::{Error, is_postgres, ledger::Act, scene::Scene, sender};

/// Locks an inbox, the file or the tables, for a number of seconds. Runs in a separate process.
pub(super) async fn hold(inbox: &str, seconds: &str) -> Result<(), Error> {
    let seconds = Duration::from_secs(seconds.parse()?);
    if is_postgres(inbox) {
        let client = test_postgres::client(inbox).await;
        client.batch_execute("BEGIN; LOCK TABLE room_hooks.events, room_hooks.keys").await?;
        println!("held");
        sleep(seconds).await;
        return Ok(client.batch_execute("COMMIT").await?);
    }
    let connection = Connection::open(inbox)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    println!("held");
    sleep(seconds).await;
    Ok(connection.execute_batch("COMMIT")?)
}

/// Sends events while another process holds a lock for many leases. Checks that the web process and
/// the worker then continue by themselves: no event is lost, and none is handled twice, since the
/// worker stays alive.
pub(super) async fn examine(scene: &Scene, seconds: u64) -> Result<String, Error> {
    const EVENTS: u64 = 200;
    let mut web = scene.start("web", "never")?;
    let (_current, address) = watch::channel(Some(web.address().await?));
    let _worker = scene.start("worker", "never")?;
    let mut senders = JoinSet::new();
    let mut lock = None;
    for event in 1..=EVENTS {
        senders.spawn(sender::send(event, address.clone(), scene.ledger()?));
        if event == EVENTS / 2 {
            lock = Some((scene.lock(seconds).await?, Instant::now()));
        }
        sleep(Duration::from_millis(5)).await;
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    if lock.is_some_and(|(_, begun)| begun.elapsed() < Duration::from_secs(seconds)) {
        return Err("the lock did not keep events from being stored".into());
    }
    scene.drain(0).await?;
    let mut handled = HashMap::new();
    for entry in scene.entries().iter().filter(|entry| entry.act == Act::Handled) {
        *handled.entry(entry.event).or_insert(0) += 1;
    }
    let once = (1..=EVENTS).filter(|event| handled.get(event) == Some(&1)).count() as u64;
    if once != EVENTS {
        return Err(format!("only {once} of {EVENTS} events were handled once: {handled:?}").into());
    }
    Ok(format!(
        "{EVENTS} events were handled once each, although the inbox was locked for {seconds} s"
    ))
}
