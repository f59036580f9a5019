use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    net::SocketAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    Error, failpoint,
    ledger::{Act, Entry},
    process::Process,
    scene::Scene,
    sender::{self, ROOMS},
};

/// The pause between two events: long enough that each process is killed before the end.
const PACE: Duration = Duration::from_millis(25);

/// Sends events while a web process and two workers are killed again and again, and checks the
/// ledger.
pub(super) async fn examine(scene: &Scene, kills: u32, is_ordered: bool) -> Result<String, Error> {
    let role = if is_ordered { "ordered-worker" } else { "worker" };
    let begun = Instant::now();
    let (current, address) = watch::channel(None);
    let is_over = AtomicBool::new(false);
    let killing = async {
        let killed = tokio::try_join!(
            kill_webs(scene, kills, current),
            kill_workers(scene, role, kills, 0),
            kill_workers(scene, role, kills, 1),
        );
        is_over.store(true, Ordering::Relaxed);
        killed
    };
    let ((web, first, second), events) =
        tokio::try_join!(killing, send_until(&is_over, scene, address))?;
    scene.drain(0).await?;
    let killed = [web, first, second].into_iter().flat_map(|line| line.killed).collect();
    let entries = scene.entries();
    let repeated = check(&entries, &killed, events)?;
    let mut summary = format!(
        "none of {events} events was lost, {repeated} were handled again; {kills} kills of each \
         process in {:.1?}",
        begun.elapsed()
    );
    if is_ordered {
        let moves = check_order(&entries)?;
        summary += &format!("; rooms kept their order and changed workers {moves} times");
    }
    Ok(summary)
}

/// Successive processes. Each was started after the previous one was killed.
struct Line {
    killed: Vec<u32>,
    _last: Process,
}

async fn kill_webs(
    scene: &Scene,
    kills: u32,
    address: watch::Sender<Option<SocketAddr>>,
) -> Result<Line, Error> {
    let mut killed = Vec::new();
    for kill in 0..kills {
        let mut web = scene.start("web", &point_of(kill, &failpoint::WEB))?;
        killed.push(web.id());
        address.send_replace(Some(web.address().await?));
        die(&mut web, kill, failpoint::WEB.len()).await?;
    }
    let mut web = scene.start("web", "never")?;
    address.send_replace(Some(web.address().await?));
    Ok(Line { killed, _last: web })
}

async fn kill_workers(scene: &Scene, role: &str, kills: u32, line: u32) -> Result<Line, Error> {
    let mut killed = Vec::new();
    // An offset, so that the two lines do not reach the same points at the same time.
    for kill in (0..kills).map(|kill| kill + 3 * line) {
        let mut worker = scene.start(role, &point_of(kill, &failpoint::WORKER))?;
        killed.push(worker.id());
        die(&mut worker, kill, failpoint::WORKER.len()).await?;
    }
    Ok(Line { killed, _last: scene.start(role, "never")? })
}

/// Selects each point in turn, and once per round none: then the process is killed from outside.
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

/// Sends events until `is_over`, one at a time per room. Returns their number.
async fn send_until(
    is_over: &AtomicBool,
    scene: &Scene,
    address: watch::Receiver<Option<SocketAddr>>,
) -> Result<u64, Error> {
    let (mut rooms, mut senders) = (Vec::new(), JoinSet::new());
    for _ in 0..ROOMS {
        let (room, mut events) = mpsc::unbounded_channel();
        rooms.push(room);
        let (address, ledger) = (address.clone(), scene.ledger()?);
        senders.spawn(async move {
            while let Some(event) = events.recv().await {
                sender::send(event, address.clone(), ledger.clone()).await?;
            }
            Ok::<_, Error>(())
        });
    }
    let mut events = 0;
    while !is_over.load(Ordering::Relaxed) {
        events += 1;
        if rooms[(events % ROOMS) as usize].send(events).is_err() {
            // The sender has failed. Its error is returned below.
            break;
        }
        sleep(PACE).await;
    }
    drop(rooms);
    while let Some(sent) = senders.join_next().await {
        sent??;
    }
    Ok(events)
}

/// Checks that every answered event was handled, and was handled twice only if a process was killed
/// between the end of its handler and the settlement in the inbox. Returns the number of
/// repetitions.
fn check(ledger: &[Entry], killed: &HashSet<u32>, events: u64) -> Result<usize, Error> {
    let mut handled: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    let (mut answered, mut finished) = (BTreeSet::new(), HashSet::new());
    for Entry { process, act, event } in ledger.iter().copied() {
        match act {
            Act::Answered => drop(answered.insert(event)),
            Act::Handled => handled.entry(event).or_default().push(process),
            Act::Finished => drop(finished.insert((process, event))),
            Act::Started => {}
            Act::Lost => return Err(format!("the settlement of event {event} was refused").into()),
        }
    }
    if answered.len() as u64 != events {
        return Err(format!("only {} of {events} events were answered", answered.len()).into());
    }
    let lost: Vec<_> = answered.iter().filter(|event| !handled.contains_key(event)).collect();
    if !lost.is_empty() {
        return Err(format!("answered but never handled: {lost:?}").into());
    }
    let mut repeated = 0;
    for (event, processes) in &handled {
        let (_, earlier) = processes.split_last().unwrap();
        for process in earlier {
            repeated += 1;
            if !killed.contains(process) || finished.contains(&(*process, *event)) {
                return Err(format!(
                    "event {event} was handled twice for no reason: {processes:?}"
                )
                .into());
            }
        }
    }
    Ok(repeated)
}

/// Checks that each event was started only after the previous event in its room had been handled,
/// and not again after the next one. Returns how often a room moved to the other worker. Fails if
/// none did.
fn check_order(ledger: &[Entry]) -> Result<usize, Error> {
    let mut rooms: HashMap<u64, (u64, u32)> = HashMap::new();
    let mut moves = 0;
    for Entry { process, act, event } in ledger.iter().copied() {
        let last = rooms.get(&(event % ROOMS)).copied();
        let next = last.map_or_else(|| first_of(event), |(last, _)| last + ROOMS);
        let is_again = last.is_some_and(|(last, _)| last == event);
        match act {
            Act::Started if event != next && !is_again => {
                return Err(format!(
                    "event {event} was started when {next} was the next one in its room"
                )
                .into());
            }
            Act::Handled => {
                moves += usize::from(last.is_some_and(|(_, before)| before != process));
                rooms.insert(event % ROOMS, (event, process));
            }
            _ => {}
        }
    }
    if moves == 0 {
        return Err("no room moved from one worker to the other".into());
    }
    Ok(moves)
}

/// The first event in the room of an event. Events are numbered from 1.
fn first_of(event: u64) -> u64 {
    (event - 1) % ROOMS + 1
}
