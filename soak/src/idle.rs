use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{Error, connection};

/// Connections that occupy a server and deliver nothing. If the server closes one, it is reopened.
pub(super) struct Idle {
    _holding: JoinSet<()>,
    figures: Arc<Figures>,
}

/// Statistics of the idle connections.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) wanted: usize,
    open: AtomicUsize,
    opened: AtomicUsize,
    answers: Mutex<BTreeMap<u16, u64>>,
    /// The longest time that the server kept a connection open after a response.
    lingered: Mutex<Duration>,
}

/// How a connection keeps a server waiting.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// It sends nothing.
    Silent,
    /// It sends half a head.
    HalfHead,
    /// It sends a body with a declared length at one byte per second, even after a response.
    Dribbling,
    /// The same with a chunked body.
    DribblingChunks,
    /// The same with a body that is refused at once for its declared length.
    TooLarge,
}

impl Idle {
    pub(super) async fn open(address: SocketAddr, wanted: usize) -> Result<Self, Error> {
        let figures = Arc::new(Figures { wanted, ..Figures::default() });
        let mut holding = JoinSet::new();
        for number in 0..wanted {
            holding.spawn(keep_up(address, number, Arc::clone(&figures)));
        }
        let idle = Self { _holding: holding, figures };
        let begun = Instant::now();
        while idle.figures.opened() < wanted {
            if begun.elapsed() > Duration::from_secs(10) {
                let opened = idle.figures.opened();
                return Err(format!("only {opened} idle connections could be opened").into());
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok(idle)
    }

    pub(super) fn are_open(&self) -> usize {
        self.figures.open.load(Ordering::Relaxed)
    }

    pub(super) fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.figures)
    }
}

impl Figures {
    /// The number of opened connections, including reopened ones.
    fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// The number of responses by status.
    pub(super) fn answers(&self) -> BTreeMap<u16, u64> {
        self.answers.lock().unwrap().clone()
    }

    pub(super) fn lingered(&self) -> Duration {
        *self.lingered.lock().unwrap()
    }
}

impl Way {
    /// Of 100 connections, 40 are silent, 20 send half a head, 36 dribble and 4 are too large.
    fn of(number: usize) -> Self {
        match number % 25 {
            0..10 => Self::Silent,
            10..15 => Self::HalfHead,
            15..20 => Self::Dribbling,
            20..24 => Self::DribblingChunks,
            _ => Self::TooLarge,
        }
    }

    fn begins_with(self) -> &'static str {
        match self {
            Self::Silent => "",
            Self::HalfHead => "POST /hooks/zego HTTP/1.1\r\nHost: local",
            Self::Dribbling => {
                "POST /hooks/zego HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300\r\n\r\n"
            }
            Self::DribblingChunks => {
                "POST /hooks/trtc HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            }
            Self::TooLarge => {
                "POST /hooks/tencent HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n"
            }
        }
    }

    fn goes_on_with(self) -> Option<&'static str> {
        match self {
            Self::Silent | Self::HalfHead => None,
            Self::Dribbling | Self::TooLarge => Some(" "),
            Self::DribblingChunks => Some("1\r\n \r\n"),
        }
    }
}

async fn keep_up(address: SocketAddr, number: usize, figures: Arc<Figures>) {
    // Staggers the connections, both now and when a timeout closes them.
    sleep(Duration::from_millis(2 * number as u64)).await;
    loop {
        // The server may close the connection in any way.
        let _ = hold(address, Way::of(number), &figures).await;
        sleep(Duration::from_millis(200)).await;
    }
}

/// Holds a connection until the server closes it.
async fn hold(address: SocketAddr, way: Way, figures: &Figures) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let mut held = Held { figures, answered: None };
    figures.open.fetch_add(1, Ordering::Relaxed);
    figures.opened.fetch_add(1, Ordering::Relaxed);
    stream.set_nodelay(true)?;
    stream.write_all(way.begins_with().as_bytes()).await?;
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut buffer = [0; 2048];
    loop {
        tokio::select! {
            read = stream.read(&mut buffer) => match read? {
                0 => return Ok(()),
                length => held.answered(connection::status(&buffer[..length])),
            },
            _ = seconds.tick() => if let Some(bytes) = way.goes_on_with() {
                stream.write_all(bytes.as_bytes()).await?;
            },
        }
    }
}

/// An open connection.
struct Held<'a> {
    figures: &'a Figures,
    answered: Option<Instant>,
}

impl Held<'_> {
    fn answered(&mut self, status: Option<u16>) {
        *self.figures.answers.lock().unwrap().entry(status.unwrap_or_default()).or_default() += 1;
        self.answered.get_or_insert_with(Instant::now);
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.figures.open.fetch_sub(1, Ordering::Relaxed);
        if let Some(answered) = self.answered {
            let mut lingered = self.figures.lingered.lock().unwrap();
            *lingered = answered.elapsed().max(*lingered);
        }
    }
}
