use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::delivery::Request;

/// The timeout for a response, longer than any platform waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// A keep-alive connection. Reopened when the server has closed it.
pub(super) struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
}

impl Connection {
    pub(super) fn to(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Sends a request in one piece. Returns the status of the response.
    pub(super) async fn send(&mut self, request: &Request) -> io::Result<u16> {
        self.in_parts(&[&request.whole()], Duration::ZERO).await
    }

    /// Sends the parts of a request with a pause between them.
    pub(super) async fn in_parts(&mut self, parts: &[&[u8]], pause: Duration) -> io::Result<u16> {
        let pauses = pause * u32::try_from(parts.len()).unwrap();
        let answered = timeout(PATIENCE + pauses, self.exchange(parts, pause)).await;
        let answered = answered.unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()));
        if answered.is_err() {
            self.stream = None;
            // Avoids a busy loop while the server is unreachable.
            sleep(Duration::from_millis(100)).await;
        }
        answered
    }

    /// Sends a part of a request, and closes the connection.
    pub(super) async fn break_off_after(&mut self, part: &[u8]) -> io::Result<()> {
        let sent = self.open().await?.write_all(part).await;
        self.stream = None;
        sent
    }

    async fn exchange(&mut self, parts: &[&[u8]], pause: Duration) -> io::Result<u16> {
        let stream = self.open().await?;
        let begun = Instant::now();
        for (number, part) in (0..).zip(parts) {
            if number > 0 {
                sleep_until(begun + pause * number).await;
            }
            stream.write_all(part).await?;
        }
        let answer = Answer::read(stream).await?;
        if answer.closes {
            self.stream = None;
        }
        Ok(answer.status)
    }

    async fn open(&mut self) -> io::Result<&mut TcpStream> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        Ok(self.stream.insert(stream))
    }
}

/// The relevant parts of a response.
struct Answer {
    status: u16,
    /// The length of head and body in bytes.
    length: usize,
    closes: bool,
}

impl Answer {
    async fn read(stream: &mut TcpStream) -> io::Result<Self> {
        let (mut buffer, mut filled) = ([0; 2048], 0);
        loop {
            match stream.read(&mut buffer[filled..]).await? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
            match Self::parse(&buffer[..filled]) {
                Some(answer) if answer.length == filled => return Ok(answer),
                Some(answer) if answer.length < filled => {
                    return Err(io::Error::other("more than one response"));
                }
                _ => {}
            }
        }
    }

    /// Parses a response. `None` while its head is incomplete.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = str::from_utf8(&bytes[..end]).ok()?.to_ascii_lowercase();
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let length: usize = header("content-length: ")?.parse().ok()?;
        Some(Self {
            status: status(bytes)?,
            length: end + 4 + length,
            closes: header("connection: ") == Some("close"),
        })
    }
}

/// The status of a response that begins with these bytes.
pub(super) fn status(bytes: &[u8]) -> Option<u16> {
    str::from_utf8(bytes.strip_prefix(b"HTTP/1.1 ")?.get(..3)?).ok()?.parse().ok()
}
