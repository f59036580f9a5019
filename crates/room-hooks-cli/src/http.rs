use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    thread,
    time::{Duration, Instant},
};

use clap::Args;
use room_hooks::testing::SignedDelivery;
use ureq::{
    Agent,
    http::{Uri, uri::PathAndQuery},
};

use crate::{Failure, player::ProviderName};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where callbacks are sent.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// The receiver. A URL without a path gets /hooks/zego, /hooks/tencent or /hooks/trtc
    #[arg(
        long,
        value_name = "URL",
        env = "ROOM_HOOKS_URL",
        hide_env_values = true,
        default_value = "http://127.0.0.1:3000"
    )]
    to: Uri,
    /// Lets callbacks leave this machine
    #[arg(long)]
    allow_remote: bool,
}

/// A client and the URL that it sends to.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    agent: Agent,
    url: String,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) took: Duration,
}

impl Answer {
    /// What every provider takes for success.
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Target {
    pub(crate) fn line(&self, provider: ProviderName) -> Result<Line, Failure> {
        self.check_machine()?;
        let path = match self.to.path_and_query().map(PathAndQuery::as_str) {
            None | Some("" | "/") => format!("/hooks/{provider}"),
            Some(path) => path.to_owned(),
        };
        let scheme = self.to.scheme_str().unwrap_or("http");
        let authority = self.to.authority().ok_or("the URL names no host")?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("room-hooks/", env!("CARGO_PKG_VERSION")));
        Ok(Line { agent: config.build().into(), url: format!("{scheme}://{authority}{path}") })
    }

    /// A callback with a real signature, sent elsewhere by mistake, could be put to use there.
    fn check_machine(&self) -> Result<(), Failure> {
        let host = self.to.host().ok_or("the URL names no host, as http://127.0.0.1:3000 does")?;
        if self.allow_remote {
            return Ok(());
        }
        let bare = host.trim_matches(['[', ']']);
        let mut addresses = (bare, 80)
            .to_socket_addrs()
            .map_err(|error| format!("{host} is not to be found: {error}"))?;
        if !addresses.all(|address| address.ip().is_loopback()) {
            let why = "is not this machine; --allow-remote sends it there all the same";
            return Err(format!("{host} {why}").into());
        }
        Ok(())
    }
}

impl Line {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn post(&self, delivery: &SignedDelivery) -> Result<Answer, Failure> {
        let mut request = self.agent.post(self.url_of(delivery));
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        let begun = Instant::now();
        let mut response =
            request.send(&delivery.body).map_err(|error| format!("{}: {error}", self.url))?;
        let took = begun.elapsed();
        let body = response.body_mut().read_to_string().unwrap_or_default();
        Ok(Answer { status: response.status().as_u16(), body, took })
    }

    /// Sends a byte now and then until it is answered, which a client that waits its turn would not see.
    pub(crate) fn post_slowly(&self, delivery: &SignedDelivery) -> Result<Answer, Failure> {
        let url: Uri = self.url_of(delivery).parse()?;
        let (Some("http"), Some(authority)) = (url.scheme_str(), url.authority()) else {
            return Err("only what is not encrypted can be sent slowly: give an http:// URL".into());
        };
        let address =
            (authority.host().trim_matches(['[', ']']), authority.port_u16().unwrap_or(80));
        let mut stream = TcpStream::connect(address).map_err(|error| format!("{url}: {error}"))?;
        let headers: String =
            delivery.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {authority}\r\n{headers}Connection: close\r\n\
             Content-Length: {}\r\n\r\n",
            url.path_and_query().map_or("/", PathAndQuery::as_str),
            delivery.body.len()
        );
        let begun = Instant::now();
        stream.write_all(head.as_bytes())?;
        stream.set_nonblocking(true)?;
        let mut bytes = delivery.body.iter();
        while stream.peek(&mut [0]).is_err() && begun.elapsed() < PATIENCE {
            if let Some(byte) = bytes.next() {
                stream.write_all(&[*byte])?;
            }
            thread::sleep(Duration::from_millis(250));
        }
        let took = begun.elapsed();
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        let mut answer = String::new();
        let read = stream.read_to_string(&mut answer);
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| match read {
            Err(error) => format!("{url}: {error}"),
            Ok(_) => format!("{url}: closed without an answer"),
        })?;
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
        Ok(Answer { status, body, took })
    }

    fn url_of(&self, delivery: &SignedDelivery) -> String {
        match delivery.query.as_str() {
            "" => self.url.clone(),
            query if self.url.contains('?') => format!("{}&{query}", self.url),
            query => format!("{}?{query}", self.url),
        }
    }
}
