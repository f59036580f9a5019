//! Several processes that share a store.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use tokio::time::sleep;

use crate::{LEASE, body, room, server::Server, with_redis, worker::Worker};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_redis(
            "two_processes_handle_each_delivery_once",
            two_processes_handle_each_delivery_once,
        ),
        with_redis("a_killed_process_frees_its_claim", a_killed_process_frees_its_claim),
    ]
}

async fn calls(server: &Server, room: &str) -> Option<u32> {
    server.command(&format!("GET {room}")).await
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
    assert!(busy > 0, "some tries came while another was handled");
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
    assert_eq!(other.deliver(&body(&room)).await, 503, "it lives, and renews its claim");

    stuck.kill().await;
    let killed = Instant::now();
    assert_eq!(other.deliver(&body(&room)).await, 503);
    while other.deliver(&body(&room)).await != 200 {
        assert!(killed.elapsed() < LEASE * 2, "the lease runs out");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(other.deliver(&body(&room)).await, 200);
    assert_eq!(calls(&server, &room).await, Some(2), "by each process once");
}
