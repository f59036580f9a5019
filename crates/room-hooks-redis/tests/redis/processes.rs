//! Several processes that share a store.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use libtest_mimic::Trial;
use room_hooks::{Delivery, Hooks, RoomCreated, Verified};
use room_hooks_redis::RedisStore;
use tokio::{
    runtime::Builder,
    time::{sleep, timeout},
};

use crate::{
    LEASE, body, room, server::Server, store::connected, with_redis, worker::Worker, zego,
};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_redis(
            "two_processes_handle_each_delivery_once",
            two_processes_handle_each_delivery_once,
        ),
        with_redis("a_killed_process_frees_its_claim", a_killed_process_frees_its_claim),
        with_redis(
            "deliveries_in_progress_in_a_killed_process_are_handled_by_another",
            deliveries_in_progress_in_a_killed_process_are_handled_by_another,
        ),
        with_redis(
            "a_handler_that_blocks_its_thread_for_three_leases_runs_once_at_a_time",
            a_handler_that_blocks_its_thread_for_three_leases_runs_once_at_a_time,
        ),
        with_redis(
            "a_frozen_process_settles_nothing_twice",
            a_frozen_process_settles_nothing_twice,
        ),
        with_redis(
            "a_lease_is_reclaimed_after_a_longer_outage",
            a_lease_is_reclaimed_after_a_longer_outage,
        ),
    ]
}

/// The handler also blocks its runtime, which has no other thread. A separate thread renews the
/// lease on another connection.
async fn a_handler_that_blocks_its_thread_for_three_leases_runs_once_at_a_time() {
    let server = Server::start();
    let (url, body) = (server.url(), body(&room()));
    let calls = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&calls);
    let hooks = move |store| {
        let blocking = async |calls: Arc<AtomicU32>, _: Verified<RoomCreated>| {
            calls.fetch_add(1, Ordering::SeqCst);
            thread::sleep(LEASE * 3);
        };
        Hooks::new(zego())
            .on_with(Arc::clone(&counter), blocking)
            .with_store(store)
            .with_lease(LEASE)
            .with_handler_timeout(LEASE * 10)
    };
    // Hooks that are created on a single-threaded runtime run their handlers on another one.
    let (first, first_url, sent) = (hooks.clone(), url.clone(), body.clone());
    let first = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let hooks = first(RedisStore::connect_lazily(&first_url).unwrap());
            hooks.deliver(Delivery::new(&sent), SystemTime::now()).await.status
        })
    });
    let second = hooks(connected(&url).await);
    while calls.load(Ordering::SeqCst) == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    for _ in 0..5 {
        sleep(LEASE / 2).await;
        let answer = second.deliver(Delivery::new(&body), SystemTime::now()).await;
        assert_eq!(answer.status, 503, "the first process holds the claim");
    }
    assert_eq!(first.join().unwrap(), 200);
    let answer = second.deliver(Delivery::new(&body), SystemTime::now()).await;
    assert_eq!((answer.status, calls.load(Ordering::SeqCst)), (200, 1));
}

/// A process is frozen for two leases, like a virtual machine. Another one takes over, and the
/// settlements of the frozen process change nothing when it wakes.
async fn a_frozen_process_settles_nothing_twice() {
    let server = Server::start();
    let mut frozen = Worker::start(&server.url(), Duration::from_millis(200));
    let mut other = Worker::start(&server.url(), Duration::ZERO);
    let rooms: Vec<_> = (0..5).map(|_| room()).collect();
    for room in &rooms {
        frozen.send(&body(room)).await;
    }
    while calls(&server, &rooms[4]).await.is_none() {
        sleep(Duration::from_millis(5)).await;
    }
    frozen.signal("-STOP");
    sleep(LEASE * 2).await;
    for room in &rooms {
        assert_eq!(other.deliver(&body(room)).await, 200, "the lease has ended");
    }
    frozen.signal("-CONT");
    for _ in &rooms {
        assert_eq!(frozen.status().await, 200);
    }
    for room in &rooms {
        assert_eq!(calls(&server, room).await, Some(2), "each process has called it once");
    }
    // The deliveries stay settled for both processes.
    sleep(LEASE).await;
    for room in &rooms {
        for worker in [&mut frozen, &mut other] {
            assert_eq!(worker.deliver(&body(room)).await, 200);
        }
        assert_eq!((calls(&server, room).await, done(&server, room).await), (Some(2), 2));
    }
}

/// Redis hangs for two leases while a long handler runs. Afterwards, no other process gets the
/// claim.
async fn a_lease_is_reclaimed_after_a_longer_outage() {
    let server = Server::start();
    let mut busy = Worker::start(&server.url(), LEASE * 8);
    let mut other = Worker::start(&server.url(), Duration::ZERO);
    let room = room();
    busy.send(&body(&room)).await;
    while calls(&server, &room).await.is_none() {
        sleep(Duration::from_millis(5)).await;
    }
    server.hang();
    sleep(LEASE * 2).await;
    server.go_on();
    // A renewal is due a third of a lease after the one that failed.
    sleep(LEASE).await;
    assert_eq!(other.deliver(&body(&room)).await, 503, "the claim was taken back");
    assert_eq!(busy.status().await, 200);
    assert_eq!(other.deliver(&body(&room)).await, 200);
    assert_eq!(calls(&server, &room).await, Some(1));
}

async fn calls(server: &Server, room: &str) -> Option<u32> {
    server.command(&format!("GET {room}")).await
}

/// The number of calls that have completed.
async fn done(server: &Server, room: &str) -> u32 {
    calls(server, &format!("{room}:done")).await.unwrap_or(0)
}

async fn two_processes_handle_each_delivery_once() {
    let server = Server::start();
    let takes = Duration::from_millis(50);
    let mut workers = [(); 2].map(|()| Worker::start(&server.url(), takes));
    let rooms: Vec<_> = (0..20).map(|_| room()).collect();
    let mut busy = 0;
    loop {
        for room in &rooms {
            let (first, second) = (body(room), body(room));
            for worker in &mut workers {
                worker.send(&first).await;
                worker.send(&second).await;
            }
        }
        let mut round = Vec::new();
        for worker in &mut workers {
            for _ in 0..rooms.len() * 2 {
                round.push(worker.status().await);
            }
        }
        assert!(round.iter().all(|status| [200, 503].contains(status)), "{round:?}");
        let refused = round.iter().filter(|status| **status == 503).count();
        if refused == 0 {
            break;
        }
        busy += refused;
    }
    assert!(busy > 0, "some attempts arrived while another was being handled");
    for room in &rooms {
        assert_eq!(calls(&server, room).await, Some(1), "{room}");
    }
}

async fn a_killed_process_frees_its_claim() {
    let server = Server::start();
    let mut stuck = Worker::start(&server.url(), Duration::from_secs(60));
    let mut other = Worker::start(&server.url(), Duration::ZERO);
    let room = room();
    stuck.send(&body(&room)).await;
    while calls(&server, &room).await.is_none() {
        sleep(Duration::from_millis(10)).await;
    }
    sleep(LEASE * 3 / 2).await;
    assert_eq!(other.deliver(&body(&room)).await, 503, "the process is alive and renews its claim");

    stuck.kill().await;
    let killed = Instant::now();
    assert_eq!(other.deliver(&body(&room)).await, 503);
    while other.deliver(&body(&room)).await != 200 {
        assert!(killed.elapsed() < LEASE * 2, "the lease runs out");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(other.deliver(&body(&room)).await, 200);
    assert_eq!(calls(&server, &room).await, Some(2), "each process has called it once");
}

async fn deliveries_in_progress_in_a_killed_process_are_handled_by_another() {
    let server = Server::start();
    let mut killed = Vec::new();
    for acknowledgments in [0, 1, 5, 20] {
        killed.push(killed_in_mid_traffic(&server, acknowledgments).await);
    }
    let acknowledged = || killed.iter().flat_map(|killed| &killed.acknowledged);
    assert!(acknowledged().count() >= 1 + 5 + 20);
    let mut cut_short = 0;
    for (room, _) in killed.iter().flat_map(|killed| &killed.sent) {
        let has_begun = calls(&server, room).await.is_some();
        cut_short += usize::from(has_begun && done(&server, room).await == 0);
    }
    assert!(cut_short > 0, "some handlers did not complete");

    // The sender retries all deliveries, including the acknowledged ones.
    let mut other = Worker::start(&server.url(), Duration::ZERO);
    let mut open: Vec<_> = killed.iter().flat_map(|killed| killed.sent.clone()).collect();
    let begun = Instant::now();
    while !open.is_empty() {
        assert!(begun.elapsed() < LEASE * 20, "the leases run out");
        for (_, body) in &open {
            other.send(body).await;
        }
        let mut handled = HashSet::new();
        for _ in 0..open.len() {
            let answer = other.answer().await;
            if answer.status == 200 {
                assert!(done(&server, &answer.room).await > 0, "{} is lost", answer.room);
                handled.insert(answer.room);
            }
        }
        open.retain(|(room, _)| !handled.contains(room));
        sleep(Duration::from_millis(20)).await;
    }
    for room in acknowledged() {
        assert_eq!(calls(&server, room).await, Some(1), "{room} is not handled again");
    }
    for (room, _) in killed.iter().flat_map(|killed| &killed.sent) {
        assert!(calls(&server, room).await <= Some(2), "{room}: at most one call per process");
    }
}

/// The deliveries of a killed process.
struct Killed {
    /// The rooms with their callbacks.
    sent: Vec<(String, Vec<u8>)>,
    acknowledged: HashSet<String>,
}

/// Kills a process after it has acknowledged this many deliveries. Others are then in all states.
async fn killed_in_mid_traffic(server: &Server, acknowledgments: usize) -> Killed {
    let mut worker = Worker::start(&server.url(), Duration::from_millis(100));
    assert_eq!(worker.deliver(&body(&room())).await, 200, "the worker has started");
    let (mut sent, mut acknowledged) = (Vec::new(), HashSet::new());
    loop {
        let room = room();
        let body = body(&room);
        worker.send(&body).await;
        sent.push((room, body));
        while let Ok(answer) = timeout(Duration::from_millis(10), worker.answer()).await {
            assert_eq!(answer.status, 200);
            acknowledged.insert(answer.room);
        }
        if acknowledged.len() >= acknowledgments {
            break;
        }
    }
    for answer in worker.kill().await {
        assert_eq!(answer.status, 200);
        acknowledged.insert(answer.room);
    }
    for room in &acknowledged {
        assert_eq!(done(server, room).await, 1, "{room} was acknowledged");
    }
    Killed { sent, acknowledged }
}
