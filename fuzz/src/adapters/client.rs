use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

pub(super) struct Request<'a> {
    pub(super) headers: &'a [(String, String)],
    pub(super) body: &'a [u8],
    /// The lengths of the chunks, repeated. If all are zero, the body is sent as a whole.
    pub(super) lengths: &'a [u8],
}

impl Request<'_> {
    fn head(&self, framing: &str) -> String {
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("POST / HTTP/1.1\r\nHost: localhost\r\n{headers}{framing}\r\n\r\n")
    }

    fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.body;
        let lengths = self.lengths.iter().filter(|length| **length > 0).cycle();
        lengths.map_while(move |length| {
            let chunk;
            (chunk, rest) = rest.split_at(rest.len().min((*length).into()));
            (!chunk.is_empty()).then_some(chunk)
        })
    }
}

/// A connection that is reused for several requests until the server closes it.
pub(super) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and reads the response's status.
    pub(super) fn send(&mut self, request: &Request<'_>) -> io::Result<u16> {
        // The server may have responded and closed the connection before the whole body was sent.
        let _ = self.write(request);
        let mut status = None;
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(status_line) = line.strip_prefix("http/1.1 ") {
                status = status_line.get(..3).and_then(|status| status.parse().ok());
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().map_err(io::Error::other)?;
            }
        }
        io::copy(&mut self.0.by_ref().take(length), &mut io::sink())?;
        status.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn write(&mut self, request: &Request<'_>) -> io::Result<()> {
        let stream = self.0.get_mut();
        if request.lengths.iter().all(|length| *length == 0) {
            let head = request.head(&format!("Content-Length: {}", request.body.len()));
            return stream.write_all(&[head.as_bytes(), request.body].concat());
        }
        stream.write_all(request.head("Transfer-Encoding: chunked").as_bytes())?;
        for chunk in request.chunks() {
            let length = format!("{:x}\r\n", chunk.len());
            stream.write_all(&[length.as_bytes(), chunk, b"\r\n"].concat())?;
        }
        stream.write_all(b"0\r\n\r\n")
    }
}
