use std::{
    error::Error,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::response::Response;

const CONNECTIONS: usize = 32;

/// The requests to send. Each is sent once.
pub struct Queue {
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
}

impl Queue {
    pub fn new(requests: Vec<Vec<u8>>) -> Arc<Self> {
        Arc::new(Self { requests, next: AtomicUsize::new(0) })
    }

    /// The number of requests that have been taken.
    pub fn taken(&self) -> usize {
        self.next.load(Ordering::Relaxed).min(self.requests.len())
    }

    fn take(&self) -> Option<&[u8]> {
        self.requests.get(self.next.fetch_add(1, Ordering::Relaxed)).map(Vec::as_slice)
    }
}

/// The performance of a server, as seen by its clients.
pub struct Load {
    pub took: Duration,
    /// The latency of each request in nanoseconds.
    pub latencies: Vec<f64>,
}

/// Keep-alive connections. Each sends one request at a time.
pub struct Clients(Vec<Connection>);

impl Clients {
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            connections.push(Connection { stream, latencies: Vec::new() });
        }
        Ok(Self(connections))
    }

    /// Sends queued requests for about `moment`, or until the queue is empty.
    pub async fn send(
        &mut self,
        queue: &Arc<Queue>,
        moment: Duration,
    ) -> Result<Load, Box<dyn Error>> {
        let begun = Instant::now();
        let mut sending = JoinSet::new();
        for connection in self.0.drain(..) {
            sending.spawn(connection.send(Arc::clone(queue), begun + moment));
        }
        let mut latencies = Vec::new();
        while let Some(ended) = sending.join_next().await {
            let mut connection = ended??;
            latencies.append(&mut connection.latencies);
            self.0.push(connection);
        }
        Ok(Load { took: begun.elapsed(), latencies })
    }
}

struct Connection {
    stream: TcpStream,
    latencies: Vec<f64>,
}

impl Connection {
    async fn send(mut self, queue: Arc<Queue>, until: Instant) -> Result<Self, String> {
        let mut begun = Instant::now();
        while begun < until
            && let Some(request) = queue.take()
        {
            let status = self.exchange(request).await.map_err(|error| error.to_string())?;
            if status != 200 {
                return Err(format!("unexpected status {status}"));
            }
            let ended = Instant::now();
            self.latencies.push((ended - begun).as_nanos() as f64);
            begun = ended;
        }
        Ok(self)
    }

    /// Sends a request, and reads until its response is complete.
    async fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        let (mut buffer, mut filled) = ([0; 1024], 0);
        loop {
            match self.stream.read(&mut buffer[filled..]).await? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
            match Response::parse(&buffer[..filled]).map_err(io::Error::other)? {
                Some(response) if response.length == filled => return Ok(response.status),
                Some(response) if response.length < filled => {
                    return Err(io::Error::other("more than one response"));
                }
                _ => {}
            }
        }
    }
}
