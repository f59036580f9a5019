use std::{
    io::{self, Read, Write},
    net::{IpAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use room_hooks::testing::SignedDelivery;
use ureq::{
    Agent, AsSendBody,
    http::{
        HeaderMap, Request, Uri,
        uri::{Authority, PathAndQuery},
    },
};

use crate::{Error, terminal};

/// The maximum time to wait for a response.
const PATIENCE: Duration = Duration::from_secs(30);

/// The maximum size of a response body. Providers expect a few bytes.
const MAX_ANSWER: u64 = 1024 * 1024;

/// The receiver of the callbacks.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The receiver's URL. Without a path, callbacks go to /hooks/zego, /hooks/tencent or
    /// /hooks/trtc
    #[arg(
        long,
        value_name = "URL",
        env = "ROOM_HOOKS_URL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:3000"
    )]
    to: Uri,
    /// Allows sending callbacks to another machine
    #[arg(long)]
    allow_remote: bool,
    /// The name of the option that sets `allow_remote`, for messages.
    #[arg(skip = "--allow-remote")]
    option: &'static str,
}

/// An HTTP client and the URL that it sends to.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    agent: Agent,
    url: String,
}

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body as it arrived.
    pub(crate) bytes: Vec<u8>,
    /// The beginning of the body, for display.
    pub(crate) body: String,
    pub(crate) took: Duration,
}

impl Response {
    fn new(status: u16, headers: HeaderMap, bytes: Vec<u8>, took: Duration) -> Self {
        let body: String = String::from_utf8_lossy(&bytes).chars().take(200).collect();
        Self { status, headers, bytes, body: terminal::plain(&body), took }
    }

    pub(crate) fn is_success(&self) -> bool {
        is_success(self.status)
    }
}

/// Whether every provider treats a status as success.
pub(crate) fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Formats headers as they appear in an HTTP/1.1 request.
pub(crate) fn header_lines(headers: &[(String, String)]) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

impl Target {
    /// Creates a target other than `--to`. `option` is the name of the option for `allow_remote`.
    pub(crate) fn new(to: Uri, allow_remote: bool, option: &'static str) -> Self {
        Self { to, allow_remote, option }
    }

    /// The path of the URL, if it has one.
    pub(crate) fn path(&self) -> Option<&str> {
        self.to.path_and_query().map(PathAndQuery::as_str).filter(|path| !matches!(*path, "" | "/"))
    }

    /// A client for the URL, with this path if the URL has none.
    pub(crate) fn client(&self, path: &str) -> Result<Client, Error> {
        let authority = self.authority()?;
        self.check_machine(authority.host())?;
        let scheme = self.to.scheme_str().unwrap_or("http");
        if !matches!(scheme, "http" | "https") {
            return Err(format!("{scheme} is neither http nor https").into());
        }
        let path = self.path().unwrap_or(path);
        // Without a leading slash, a path could change the host that it is appended to.
        if !path.starts_with('/') {
            return Err(format!("the path {path} does not begin with a slash").into());
        }
        Ok(Client::new(format!("{scheme}://{authority}{path}")))
    }

    fn authority(&self) -> Result<&Authority, Error> {
        let authority = self.to.authority().filter(|authority| !authority.host().is_empty());
        let authority =
            authority.ok_or("the URL has no host; write it like http://127.0.0.1:3000")?;
        if authority.as_str().contains('@') {
            return Err(
                "the URL must not contain a password: every process on the machine can read it"
                    .into(),
            );
        }
        // `port_u16` also returns `None` for a port that is too large.
        let behind_host = authority.as_str().rsplit(']').next().unwrap_or_default();
        if behind_host.contains(':') && authority.port_u16().is_none() {
            return Err(format!("the port of {authority} is invalid").into());
        }
        Ok(authority)
    }

    /// Refuses another machine unless that is allowed: a callback with a real signature that leaves
    /// this machine by mistake could be abused.
    fn check_machine(&self, host: &str) -> Result<(), Error> {
        if self.allow_remote {
            return Ok(());
        }
        // Any other name would need a lookup, and the DNS server would choose the machine.
        let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
        let here = match address {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        };
        if !here {
            let option = self.option;
            return Err(format!("{host} may be another machine; {option} allows it").into());
        }
        Ok(())
    }
}

impl Client {
    pub(crate) fn new(url: String) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("room-hooks/", env!("CARGO_PKG_VERSION")));
        Self { agent: config.build().into(), url }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn post(&self, delivery: &SignedDelivery) -> Result<Response, Error> {
        let mut request = Request::post(self.url_with(&delivery.query));
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        let request = request.body(&*delivery.body);
        self.send(request.map_err(|error| format!("{}: {error}", self.url))?)
    }

    pub(crate) fn get(&self) -> Result<Response, Error> {
        self.send(Request::get(&self.url).body(())?)
    }

    /// Forwards another program's request, with exactly these headers.
    pub(crate) fn forward(
        &self,
        query: &str,
        headers: HeaderMap,
        body: &[u8],
        timeout: Duration,
    ) -> Result<Response, Error> {
        let mut request = Request::post(self.url_with(query)).body(body)?;
        *request.headers_mut() = headers;
        let request = self.agent.configure_request(request).timeout_global(Some(timeout));
        self.send(request.user_agent("").accept("").build())
    }

    fn send(&self, request: Request<impl AsSendBody>) -> Result<Response, Error> {
        let begun = Instant::now();
        let response = self
            .agent
            .run(request)
            .map_err(|error| format!("{}: {}", self.url, in_words(&error)))?;
        let took = begun.elapsed();
        let (head, mut body) = response.into_parts();
        let body = body.with_config().limit(MAX_ANSWER).read_to_vec();
        let body =
            body.map_err(|error| format!("{}: the response is incomplete: {error}", self.url))?;
        Ok(Response::new(head.status.as_u16(), head.headers, body, took))
    }

    /// Sends a byte at a time until a response arrives. `ureq` would read the response only after
    /// sending the whole body.
    pub(crate) fn post_slowly(&self, delivery: &SignedDelivery) -> Result<Response, Error> {
        let url: Uri = self.url_with(&delivery.query).parse()?;
        let (Some("http"), Some(authority)) = (url.scheme_str(), url.authority()) else {
            return Err("a slow request cannot be encrypted: use an http:// URL".into());
        };
        let address =
            (authority.host().trim_matches(['[', ']']), authority.port_u16().unwrap_or(80));
        let mut stream = TcpStream::connect(address).map_err(|error| format!("{url}: {error}"))?;
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {authority}\r\n{}Connection: close\r\n\
             Content-Length: {}\r\n\r\n",
            url.path_and_query().map_or("/", PathAndQuery::as_str),
            header_lines(&delivery.headers),
            delivery.body.len()
        );
        let begun = Instant::now();
        let answer = dribble(&mut stream, head.as_bytes(), &delivery.body)
            .map_err(|error| format!("{url}: {error}"))?;
        let (head, body) = answer
            .windows(4)
            .position(|gap| gap == b"\r\n\r\n")
            .map_or((&answer[..], &b""[..]), |at| (&answer[..at], &answer[at + 4..]));
        let status = String::from_utf8_lossy(head).split(' ').nth(1).and_then(|s| s.parse().ok());
        let status = status.ok_or_else(|| {
            format!("{url}: no response in {:.0} s", begun.elapsed().as_secs_f32())
        })?;
        Ok(Response::new(status, HeaderMap::new(), body.to_vec(), begun.elapsed()))
    }

    fn url_with(&self, query: &str) -> String {
        match query {
            "" => self.url.clone(),
            query if self.url.contains('?') => format!("{}&{query}", self.url),
            query => format!("{}?{query}", self.url),
        }
    }
}

/// Describes why a request got no response.
fn in_words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "connection refused; is a receiver running there?".to_owned()
        }
        ureq::Error::Timeout(_) => "no response in time".to_owned(),
        error => error.to_string(),
    }
}

/// Sends a head, then a byte of the body at a time until a response arrives. Returns the response.
fn dribble(stream: &mut TcpStream, head: &[u8], body: &[u8]) -> io::Result<Vec<u8>> {
    let begun = Instant::now();
    stream.write_all(head)?;
    stream.set_nonblocking(true)?;
    let mut bytes = body.iter();
    let waits = |stream: &TcpStream| {
        stream.peek(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    };
    while waits(stream) && begun.elapsed() < PATIENCE {
        if let Some(byte) = bytes.next() {
            stream.write_all(&[*byte])?;
        }
        thread::sleep(Duration::from_millis(250));
    }
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut answer = Vec::new();
    // The bytes read so far are the response, however the connection ends.
    let _ = stream.read_to_end(&mut answer);
    Ok(answer)
}
