use std::{fmt, net::SocketAddr};

use crate::Refusal;

/// A callback as it arrived: neither decoded nor verified.
///
/// An adapter fills one in from its framework's request and passes it to
/// [`Receiver::receive`](crate::Receiver::receive). Its `Debug` output shows only sizes: the query
/// and the body of a callback hold its signature.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    query: &'a str,
    headers: &'a dyn Headers,
    path: &'a str,
    peer: Option<SocketAddr>,
    body: &'a [u8],
    is_consumed: bool,
}

impl<'a> Delivery<'a> {
    /// Creates a delivery from a request's body, byte for byte as it arrived. The request has neither a
    /// query nor headers unless they are set.
    #[must_use]
    pub fn new(body: &'a [u8]) -> Self {
        Self { query: "", headers: &(), path: "", peer: None, body, is_consumed: false }
    }

    /// Sets the URL's raw query, without the `?` and still percent-encoded. Tencent signs there.
    #[must_use]
    pub fn with_query(self, query: &'a str) -> Self {
        Self { query, ..self }
    }

    /// Sets the request's headers. TRTC signs there.
    #[must_use]
    pub fn with_headers(self, headers: &'a dyn Headers) -> Self {
        Self { headers, ..self }
    }

    /// Sets the URL's path, still percent-encoded. No provider signs it.
    #[must_use]
    pub fn with_path(self, path: &'a str) -> Self {
        Self { path, ..self }
    }

    /// Sets the address that the request came from.
    #[must_use]
    pub fn with_peer(self, peer: Option<SocketAddr>) -> Self {
        Self { peer, ..self }
    }

    /// Sets the body, byte for byte as it arrived, of a delivery that was begun without it.
    #[must_use]
    pub fn with_body(self, body: &'a [u8]) -> Self {
        Self { body, ..self }
    }

    /// The same delivery after something in this server consumed its body.
    pub(crate) fn consumed(self) -> Self {
        Self { body: b"", is_consumed: true, ..self }
    }

    pub(crate) fn is_consumed(&self) -> bool {
        self.is_consumed
    }

    /// The raw query, without the `?`.
    #[must_use]
    pub fn query(&self) -> &'a str {
        self.query
    }

    /// The path, still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// The address that the request came from, where the framework knows it.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The value of a header; names are compared without regard to case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.get(name)
    }

    /// The body's text, without a byte order mark and the white space around it.
    pub(crate) fn text(&self) -> Result<&'a str, Refusal> {
        let text = str::from_utf8(self.body)
            .map_err(|_| Refusal::Malformed { what: "the body is not UTF-8" })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_ascii();
        if text.starts_with('\u{feff}') {
            return Err(Refusal::Malformed { what: "the body begins with two byte order marks" });
        }
        Ok(text)
    }

    /// The body, byte for byte.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }
}

/// The refusal of an empty body, where no sender sends one. Over HTTP/2, or after an extractor that left
/// nothing behind, it cannot be told from one that was consumed.
pub(crate) const EMPTY: Refusal = Refusal::Malformed {
    what: "the body is empty, or a middleware or extractor consumed it before it could be verified",
};

impl fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("query_bytes", &self.query.len())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The headers of a request, whichever framework holds them.
///
/// With the feature `http`, a `HeaderMap` of version 1 of the `http` crate is one, as axum, warp and hyper have it.
pub trait Headers: Sync {
    /// The value of the header `name`, compared without regard to case; the first if it is repeated.
    fn get(&self, name: &str) -> Option<&[u8]>;
}

/// No headers at all, for providers that use none.
impl Headers for () {
    fn get(&self, _name: &str) -> Option<&[u8]> {
        None
    }
}

#[cfg(feature = "http")]
impl Headers for http::HeaderMap {
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.get(name).map(http::HeaderValue::as_bytes)
    }
}

impl Headers for Vec<(String, String)> {
    fn get(&self, name: &str) -> Option<&[u8]> {
        let (_, value) = self.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        Some(value.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_neither_query_nor_body() {
        let delivery = Delivery::new(b"{\"signature\":\"5ec2e7\"}").with_query("Sign=5ec2e7");
        let shown = format!("{delivery:?}");
        assert!(shown.contains("body_bytes: 22") && !shown.contains("5ec2e7"), "{shown}");
    }
}
