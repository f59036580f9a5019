use std::{fmt, net::SocketAddr};

use crate::Refusal;

/// A callback as it arrived, neither decoded nor verified.
///
/// An adapter creates one from its framework's request and passes it to
/// [`Receiver::receive`](crate::Receiver::receive). `Debug` shows only sizes, because a callback's
/// query and body contain its signature.
///
/// ```
/// use room_hooks::Delivery;
///
/// let headers = vec![("X-Request-Id".to_owned(), "7f3a".to_owned())];
/// let delivery = Delivery::new(br#"{"CallbackCommand":"Room.CallbackAfterCreateRoom"}"#)
///     .with_query("SdkAppid=1400000000&contenttype=json")
///     .with_headers(&headers);
/// assert_eq!(delivery.header("x-request-id"), Some(&b"7f3a"[..]));
/// ```
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
    /// Creates a delivery from a request's body, byte for byte as it arrived. It has no query and
    /// no headers until you set them.
    #[must_use]
    pub fn new(body: &'a [u8]) -> Self {
        Self { query: "", headers: &(), path: "", peer: None, body, is_consumed: false }
    }

    /// Sets the URL's raw query, without the `?` and still percent-encoded. It contains Tencent's
    /// signature.
    #[must_use]
    pub fn with_query(self, query: &'a str) -> Self {
        Self { query, ..self }
    }

    /// Sets the request's headers. They contain TRTC's signature.
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

    /// Sets the body, byte for byte as it arrived, of a delivery that was created before its body
    /// was read.
    #[must_use]
    pub fn with_body(self, body: &'a [u8]) -> Self {
        Self { body, ..self }
    }

    /// The same delivery, after another part of this server consumed its body.
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

    /// The address that the request came from, if the framework knows it.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The value of a header. Names are case-insensitive.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers.get(name)
    }

    /// The body's text, without a byte order mark and surrounding white space.
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

/// The refusal of an empty body, for providers that never send one. Over HTTP/2, or after an
/// extractor that left no trace, an empty body cannot be told from a consumed one.
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

/// A request's headers, in any framework's representation.
///
/// With the feature `http`, the trait is implemented for `HeaderMap` of the `http` crate, version
/// 1, which axum, warp and hyper use.
///
/// ```
/// use room_hooks::{Delivery, adapter::Headers};
///
/// /// Headers as a framework might hold them.
/// struct FrameworkHeaders(Vec<(&'static str, &'static [u8])>);
///
/// impl Headers for FrameworkHeaders {
///     fn get(&self, name: &str) -> Option<&[u8]> {
///         let (_, value) = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
///         Some(value)
///     }
/// }
///
/// let headers = FrameworkHeaders(vec![("Sign", b"c2lnbmF0dXJl")]);
/// let delivery = Delivery::new(b"{}").with_headers(&headers);
/// assert_eq!(delivery.header("sign"), Some(&b"c2lnbmF0dXJl"[..]));
/// ```
pub trait Headers: Sync {
    /// The value of the first header called `name`, compared case-insensitively.
    fn get(&self, name: &str) -> Option<&[u8]>;
}

/// No headers, for providers that use none.
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
