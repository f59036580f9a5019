//! Forwards verified deliveries to an app, and returns its responses.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode, Uri,
        header::{
            CONNECTION, CONTENT_LENGTH, EXPECT, HOST, LOCATION, PROXY_AUTHENTICATE,
            PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
        },
    },
    response::Response,
};
use clap::Args;
use room_hooks::{Disposition, testing::SignedDelivery};
use room_hooks_axum::adapter::response;
use tokio::{task::spawn_blocking, time::timeout_at};

use crate::{
    Error,
    credentials::Credentials,
    http::{self, Target},
    provider::{Provider, ProviderName, provider_named},
    recording::Record,
    resign,
};

/// The options for forwarding verified deliveries.
#[derive(Debug, Args)]
pub(super) struct Forwarding {
    /// Forwards each verified delivery to an app, and the app's response back to the provider. A
    /// URL without a path keeps the path of the delivery
    #[arg(long, value_name = "URL", conflicts_with_all = ["fail_first", "deny", "delay"])]
    forward_to: Option<Uri>,
    /// Allows forwarding to another machine
    #[arg(long, requires = "forward_to")]
    allow_remote_target: bool,
    /// Re-signs a provider's forwarded deliveries with the secret in a file, for an app that has a
    /// different secret; may be repeated
    #[arg(
        long,
        value_name = "PROVIDER=FILE",
        requires = "forward_to",
        value_parser = provider_and_file
    )]
    resign: Vec<(ProviderName, PathBuf)>,
}

fn provider_and_file(text: &str) -> Result<(ProviderName, PathBuf), String> {
    let (provider, file) =
        text.split_once('=').ok_or("missing `=`, as in zego=local-secret.txt")?;
    Ok((provider_named(provider)?, file.into()))
}

/// The outcome of forwarding a delivery.
pub(super) enum Forwarded {
    Answered,
    /// The app did not respond, for this reason.
    Unanswered(String),
}

/// Whether a URL points to the address that this program listens on.
fn leads_to(to: &Uri, listening_on: SocketAddr) -> bool {
    let default_port = if to.scheme_str() == Some("https") { 443 } else { 80 };
    let host = to.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = match host.parse::<IpAddr>() {
        // The unspecified address stands for all addresses of this machine.
        Ok(ip) => {
            let (ip, here) = (ip.to_canonical(), listening_on.ip().to_canonical());
            let is_of_this_machine = ip.is_loopback() || ip.is_unspecified();
            ip == here || (is_of_this_machine && (here.is_unspecified() || ip.is_unspecified()))
        }
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    };
    is_here && to.port_u16().unwrap_or(default_port) == listening_on.port()
}

/// The time reserved for the response to reach the provider.
pub(super) const MARGIN: Duration = Duration::from_millis(300);

/// Forwards deliveries to an app.
pub(super) struct Forwarder {
    target: Target,
    /// The providers for which the app has another secret, with that secret.
    local: HashMap<ProviderName, Provider>,
}

impl Forwarding {
    pub(super) fn to(&self) -> Option<&Uri> {
        self.forward_to.as_ref()
    }

    /// Whether forwarded deliveries may leave this machine.
    pub(super) fn may_leave_this_machine(&self) -> bool {
        self.allow_remote_target
    }

    pub(super) fn forwarder(&self, listening_on: SocketAddr) -> Result<Option<Forwarder>, Error> {
        let Some(to) = self.forward_to.clone() else { return Ok(None) };
        if leads_to(&to, listening_on) {
            return Err(format!("--forward-to {to} points to `listen` itself").into());
        }
        let target = Target::new(to, self.allow_remote_target, "--allow-remote-target");
        // Reports an invalid target now instead of with each delivery.
        target.client("/").map_err(|error| format!("--forward-to: {error}"))?;
        let mut local = HashMap::new();
        for (name, file) in &self.resign {
            local.insert(*name, Credentials::of_file(file).provider(*name)?);
        }
        Ok(Some(Forwarder { target, local }))
    }
}

impl Forwarder {
    /// Forwards a verified delivery and returns the app's response. If the app does not respond in
    /// time, an event gets 503, so that the provider retries it, and a question gets `undecided`,
    /// the response of the failure policy.
    pub(super) async fn pass(
        &self,
        provider: &Provider,
        record: &Record,
        headers: &HeaderMap,
        asks: bool,
        deadline: Instant,
        undecided: Response,
    ) -> (Response, Option<Forwarded>) {
        match self.forward(record, headers, deadline).await {
            Ok(answer) => (answer, Some(Forwarded::Answered)),
            Err(error) => {
                let response = match asks {
                    true => undecided,
                    false => response(provider.response(&Disposition::StoreUnavailable)),
                };
                (response, Some(Forwarded::Unanswered(error.to_string())))
            }
        }
    }

    async fn forward(
        &self,
        record: &Record,
        headers: &HeaderMap,
        deadline: Instant,
    ) -> Result<Response, Error> {
        let SignedDelivery { query, headers: signing, body, .. } = self.delivery(record)?;
        let mut headers = end_to_end(headers, &[HOST, CONTENT_LENGTH, EXPECT]);
        for (name, value) in signing {
            headers.insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
        let client = self.target.client(&record.path)?;
        let answer = spawn_blocking(move || {
            // The thread may begin late.
            let timeout = deadline.saturating_duration_since(Instant::now());
            match timeout.is_zero() {
                true => Err("the provider's timeout passed before it could be forwarded".into()),
                false => client.forward(&query, headers, &body, timeout),
            }
        });
        // The client may take a little longer than its timeout.
        let http::Response { status, headers, bytes, .. } = timeout_at(deadline.into(), answer)
            .await
            .map_err(|_| "no response before the provider's timeout")???;
        let status = StatusCode::from_u16(status)?;
        if status.is_informational() {
            return Err(format!("{status} is not a response to a callback").into());
        }
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = status;
        *response.headers_mut() = end_to_end(&headers, &[CONTENT_LENGTH, LOCATION]);
        Ok(response)
    }

    /// The delivery as the app expects it. Its headers replace those of the request; it has none
    /// unless it was re-signed.
    fn delivery(&self, record: &Record) -> Result<SignedDelivery, Error> {
        let (Some(local), Ok(verified)) = (self.local.get(&record.provider), record.verified())
        else {
            let SignedDelivery { query, body, .. } = record.as_recorded()?;
            return Ok(SignedDelivery::new(query, Vec::new(), body));
        };
        resign::in_place(verified, local)?.ok_or_else(|| {
            "the delivery cannot be re-signed: the app has a different app id".into()
        })
    }
}

/// The headers to forward: all but the hop-by-hop headers and `others`.
fn end_to_end(headers: &HeaderMap, others: &[HeaderName]) -> HeaderMap {
    const HOP_BY_HOP: [HeaderName; 9] = [
        CONNECTION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ];
    let mut kept = headers.clone();
    for value in headers.get_all(CONNECTION) {
        for name in value.as_bytes().split(|byte| *byte == b',') {
            if let Ok(name) = HeaderName::from_bytes(name.trim_ascii()) {
                kept.remove(name);
            }
        }
    }
    for name in HOP_BY_HOP.iter().chain(others) {
        kept.remove(name);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_is_the_listener_itself_is_recognized() {
        for (to, listening_on, is_itself) in [
            ("http://127.0.0.1:3000/x", "127.0.0.1:3000", true),
            ("http://localhost:3000", "127.0.0.1:3000", true),
            ("http://127.0.0.1", "127.0.0.1:80", true),
            ("https://localhost", "127.0.0.1:443", true),
            ("http://[::1]:3000", "[::1]:3000", true),
            ("http://[::ffff:127.0.0.1]:3000", "127.0.0.1:3000", true),
            ("http://127.0.0.1:3000", "0.0.0.0:3000", true),
            ("http://[::ffff:127.0.0.1]:3000", "0.0.0.0:3000", true),
            ("http://0.0.0.0:3000", "127.0.0.1:3000", true),
            ("http://[::]:3000", "[::]:3000", true),
            ("http://127.0.0.1:3000", "127.0.0.2:3000", false),
            ("http://127.0.0.1:3001", "127.0.0.1:3000", false),
            ("http://127.0.0.1", "127.0.0.1:443", false),
            ("http://example.com:3000", "127.0.0.1:3000", false),
        ] {
            let (to, listening_on) = (to.parse().unwrap(), listening_on.parse().unwrap());
            assert_eq!(leads_to(&to, listening_on), is_itself, "{to} {listening_on}");
        }
    }

    #[test]
    fn headers_of_one_connection_are_not_forwarded() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Hop"),
            ("connection", "x-other"),
            ("x-hop", "a"),
            ("x-other", "a"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "a"),
            ("host", "localhost"),
            ("expect", "100-continue"),
            ("x-kept", "a"),
            ("x-kept", "b"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers.append(CONNECTION, HeaderValue::from_bytes(b"x-third, \xff").unwrap());
        headers.append("x-third", HeaderValue::from_static("a"));
        let kept = end_to_end(&headers, &[HOST, EXPECT]);
        assert_eq!(kept.iter().count(), 2);
        assert_eq!(kept.get_all("x-kept").iter().collect::<Vec<_>>(), ["a", "b"]);
    }
}
