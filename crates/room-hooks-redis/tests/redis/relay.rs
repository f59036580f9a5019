//! A TCP relay to Redis that can delay replies.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use crate::server::Server;

pub(crate) struct Relay {
    port: u16,
    /// The delay of a reply in milliseconds.
    late: Arc<AtomicU64>,
}

impl Relay {
    pub(crate) fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let late = Arc::new(AtomicU64::new(0));
        let (redis, lateness) = (server.port(), Arc::clone(&late));
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let Ok(redis) = TcpStream::connect(("127.0.0.1", redis)) else { continue };
                let (to_redis, to_client) =
                    (redis.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(|| copy(client, to_redis, Arc::default()));
                let lateness = Arc::clone(&lateness);
                thread::spawn(|| copy(redis, to_client, lateness));
            }
        });
        Self { port, late }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Sets the delay of all replies from now on.
    pub(crate) fn delay(&self, late: Duration) {
        self.late.store(late.as_millis() as u64, Ordering::SeqCst);
    }
}

/// Copies data, and delays each part by `late` regardless of the parts before it.
fn copy(mut from: TcpStream, mut to: TcpStream, late: Arc<AtomicU64>) {
    let (sender, parts) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        for (due, part) in parts {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&part).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 65536];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let due = Instant::now() + Duration::from_millis(late.load(Ordering::SeqCst));
        if sender.send((due, buffer[..length].to_vec())).is_err() {
            break;
        }
    }
}
