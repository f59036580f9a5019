//! A raw HTTP client. Unlike a library, it can stall, drip, pipeline and hang up.

use std::{
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use crate::case::Transport;

/// A request to send.
pub(crate) struct Request<'a> {
    pub(crate) path: &'a str,
    pub(crate) method: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: &'a [u8],
}

/// A response as received.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    /// Reads one response by its length, because the connection may stay open after it.
    fn read(stream: &mut impl BufRead) -> io::Result<Self> {
        let mut head = stream
            .by_ref()
            .lines()
            .take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty()));
        let status_line = head.next().unwrap_or_else(|| Err(ErrorKind::UnexpectedEof.into()))?;
        let headers = head
            .map_while(Result::ok)
            .filter_map(|line| {
                let (name, value) = line.split_once(": ")?;
                Some((name.to_owned(), value.to_owned()))
            })
            .collect();
        let status = status_line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut response = Self { status, headers, body: String::new() };
        let length = response.header("content-length").expect("a response has a length");
        let length = length.parse().unwrap();
        stream.take(length).read_to_string(&mut response.body)?;
        Ok(response)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// Sends a request and returns the responses; none if the transport closes the connection early.
pub(crate) fn send(
    address: SocketAddr,
    request: &Request<'_>,
    transport: Transport,
) -> io::Result<Vec<Response>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    // Long enough even on a busy machine.
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let with_length = request.head(&format!("Content-Length: {}", request.body.len()), true);
    let chunked = request.head("Transfer-Encoding: chunked", true);
    let half = &request.body[..request.body.len() / 2];
    match transport {
        Transport::Whole => stream.write_all(&[with_length.as_bytes(), request.body].concat())?,
        Transport::Chunked => {
            let mut bytes = chunked.into_bytes();
            request.body.chunks(1000).for_each(|part| bytes.extend(chunk(part)));
            bytes.extend(chunk(b""));
            stream.write_all(&bytes)?;
        }
        Transport::Bytewise => {
            stream.write_all(chunked.as_bytes())?;
            for byte in request.body {
                stream.write_all(&chunk(&[*byte]))?;
            }
            stream.write_all(&chunk(b""))?;
        }
        Transport::Announced => stream.write_all(with_length.as_bytes())?,
        Transport::Stalled => stream.write_all(&[with_length.as_bytes(), half].concat())?,
        Transport::Dripping => {
            stream.write_all(chunked.as_bytes())?;
            drip(&mut stream)?;
        }
        Transport::BrokenOff => {
            stream.write_all(&[with_length.as_bytes(), half].concat())?;
            stream.shutdown(Shutdown::Both)?;
            return Ok(Vec::new());
        }
        Transport::HungUp => {
            stream.write_all(&[with_length.as_bytes(), request.body].concat())?;
            // Long enough for the request to arrive. The response is not awaited.
            thread::sleep(Duration::from_millis(100));
            return Ok(Vec::new());
        }
        Transport::Pipelined => {
            let length = format!("Content-Length: {}", request.body.len());
            let first = request.head(&length, false);
            let both = [first.as_bytes(), request.body, with_length.as_bytes(), request.body];
            stream.write_all(&both.concat())?;
        }
    }
    let mut answers = BufReader::new(stream);
    let expected = if transport == Transport::Pipelined { 2 } else { 1 };
    (0..expected).map(|_| Response::read(&mut answers)).collect()
}

impl Request<'_> {
    fn head(&self, framing: &str, last: bool) -> String {
        let Self { method, path, query, headers, .. } = self;
        let question = if query.is_empty() { "" } else { "?" };
        let headers: String =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let connection = if last { "Connection: close\r\n" } else { "" };
        format!(
            "{method} {path}{question}{query} HTTP/1.1\r\nHost: localhost\r\n\
             {headers}{connection}{framing}\r\n\r\n"
        )
    }
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// Sends a byte every 50 ms until the server responds or closes the connection, at most for 5 s.
fn drip(stream: &mut TcpStream) -> io::Result<()> {
    let begun = Instant::now();
    stream.set_nonblocking(true)?;
    while begun.elapsed() < Duration::from_secs(5) && stream.peek(&mut [0]).is_err() {
        stream.write_all(&chunk(b" "))?;
        thread::sleep(Duration::from_millis(50));
    }
    stream.set_nonblocking(false)
}
