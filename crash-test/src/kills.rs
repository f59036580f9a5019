use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use room_hooks_axum::inbox::InboxStore;
use rustix::process::Signal;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    Error, failpoint,
    ledger::{Act, Entry, Ledger},
    open,
    process::Process,
    sender,
};

/// Sends events while web process and worker are killed again and again, and checks the ledger.
pub(super) async fn examine(folder: &Path, events: u32, kills: u32) -> Result<(), Error> {
    fs::create_dir_all(folder)?;
    let scene = Scene { inbox: folder.join("inbox"), ledger: folder.join("ledger"), kills };
    let begun = Instant::now();
    let (current, address) = watch::channel(None);
    let web = tokio::spawn(scene.clone().kill_webs(current));
    let worker = tokio::spawn(scene.clone().kill_workers());
    // Slowly enough that each process is killed in the middle.
    let ledger = Ledger::open(&scene.ledger)?;
    let mut senders = JoinSet::new();
    for event in 1..=u64::from(events) {
        senders.spawn(sender::send(event, address.clone(), ledger.clone()));
        sleep(Duration::from_millis(u64::from(kills) * 2_500 / u64::from(events) + 5)).await;
    }
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    let mut killed = HashSet::new();
    let (_web, ids) = web.await??;
    killed.extend(ids);
    let (_worker, ids) = worker.await??;
    killed.extend(ids);
    drain(&*open(scene.inbox.to_str().unwrap())?).await?;
    check(&Ledger::read(&scene.ledger), &killed, events)?;
    println!("{events} events, {kills} kills of each process, {:?}", begun.elapsed());
    Ok(())
}

#[derive(Debug, Clone)]
struct Scene {
    inbox: PathBuf,
    ledger: PathBuf,
    kills: u32,
}

impl Scene {
    fn start(&self, role: &str, point: &str) -> Result<Process, Error> {
        Process::start(role, &self.inbox, &self.ledger, point)
    }

    /// Starts web processes until so many were killed, and returns the one that is left, and the ids of the others.
    async fn kill_webs(
        self,
        address: watch::Sender<Option<std::net::SocketAddr>>,
    ) -> Result<(Process, Vec<u32>), Error> {
        let mut killed = Vec::new();
        for kill in 0..self.kills {
            let mut web = self.start("web", &point_of(kill, &failpoint::WEB))?;
            let id = web.id();
            address.send_replace(Some(web.address().await?));
            die(&mut web, kill, failpoint::WEB.len()).await?;
            killed.push(id);
        }
        let mut web = self.start("web", "never")?;
        address.send_replace(Some(web.address().await?));
        Ok((web, killed))
    }

    /// The same for workers.
    async fn kill_workers(self) -> Result<(Process, Vec<u32>), Error> {
        let mut killed = Vec::new();
        for kill in 0..self.kills {
            let mut worker = self.start("worker", &point_of(kill, &failpoint::WORKER))?;
            let id = worker.id();
            die(&mut worker, kill, failpoint::WORKER.len()).await?;
            killed.push(id);
        }
        Ok((self.start("worker", "never")?, killed))
    }
}

/// Each point in turn, and once in each round none: then the process is killed from outside.
fn point_of(kill: u32, points: &[&str]) -> String {
    match points.get(kill as usize % (points.len() + 1)) {
        Some(point) => format!("{point}:{}", 1 + kill * 7 % 13),
        None => "never".to_owned(),
    }
}

/// Waits for a process to kill itself, or kills it if it has no failpoint.
async fn die(process: &mut Process, kill: u32, points: usize) -> Result<(), Error> {
    if kill as usize % (points + 1) == points {
        sleep(Duration::from_millis(300 + u64::from(kill) * 37 % 400)).await;
        process.send(Signal::KILL)?;
    }
    let killed = timeout(Duration::from_secs(60), process.killed()).await;
    killed.map_err(|_| "a failpoint was not reached")?
}

/// Waits until nothing is left to be handled.
pub(super) async fn drain(inbox: &dyn InboxStore) -> Result<(), Error> {
    let begun = Instant::now();
    loop {
        let stats = inbox.stats().await?;
        if stats.ready + stats.leased == 0 {
            return match stats.dead {
                0 => Ok(()),
                dead => Err(format!("{dead} events are dead").into()),
            };
        }
        if begun.elapsed() > Duration::from_secs(60) {
            return Err(format!("events are left over: {stats:?}").into());
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Whether every event that was answered was handled, and was handled twice only where a process was killed after the
/// end of its handler and before the inbox had noted that.
fn check(ledger: &[Entry], killed: &HashSet<u32>, events: u32) -> Result<(), Error> {
    let mut handled: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    let (mut answered, mut finished) = (BTreeSet::new(), HashSet::new());
    for Entry { process, act, event } in ledger.iter().copied() {
        match act {
            Act::Answered => drop(answered.insert(event)),
            Act::Handled => handled.entry(event).or_default().push(process),
            Act::Finished => drop(finished.insert((process, event))),
            Act::Started => {}
            Act::Lost => return Err(format!("the end of {event} was refused").into()),
        }
    }
    if answered.len() != events as usize {
        return Err(format!("{} of {events} events were answered", answered.len()).into());
    }
    let lost: Vec<_> = answered.iter().filter(|event| !handled.contains_key(event)).collect();
    if !lost.is_empty() {
        return Err(format!("answered and never handled: {lost:?}").into());
    }
    let mut repeated = 0;
    for (event, processes) in &handled {
        let (_, earlier) = processes.split_last().unwrap();
        for process in earlier {
            repeated += 1;
            if !killed.contains(process) || finished.contains(&(*process, *event)) {
                return Err(format!("{event} was handled twice without need: {processes:?}").into());
            }
        }
    }
    println!("nothing was lost; {repeated} events were handled again after a kill");
    Ok(())
}
