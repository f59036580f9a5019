use crate::adapter::Headers;
#[cfg(doc)]
use crate::trtc::Trtc;

use super::query::Query;

/// The protocol of a Tencent callback: that of [`Tencent`](super::Tencent) or that of [`Trtc`].
///
/// Both may use the same URL. The adapters have a route for that: `tencent_handler` (axum),
/// `tencent_resource` (actix-web), `tencent_filter` (warp) and `tencent_service` (tower).
///
/// ```
/// use room_hooks::tencent::Protocol;
///
/// let headers: Vec<(String, String)> = vec![("Sign".to_owned(), "c2lnbmF0dXJl".to_owned())];
/// assert_eq!(Protocol::of("", &headers), Protocol::Header);
/// assert_eq!(Protocol::of("SdkAppid=1&Sign=abc", &Vec::new()), Protocol::Query);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "each protocol has its own hooks")]
pub enum Protocol {
    /// The signature is in the query: [`Tencent`](super::Tencent).
    Query,
    /// The signature is in a header: [`Trtc`].
    Header,
}

impl Protocol {
    /// The protocol of a request. The place of the signature decides or, without a signature, the
    /// place of the app id.
    ///
    /// The body never decides: events of one protocol can contain the fields of the other.
    #[must_use]
    pub fn of(query: &str, headers: &dyn Headers) -> Self {
        let has_header = |name| headers.get(name).is_some_and(|value| !value.is_empty());
        let query = Query::parse(query).unwrap_or_default();
        match has_header("Sign") || (query.is_empty() && has_header("SdkAppId")) {
            true => Self::Header,
            false => Self::Query,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_the_signature_decides_the_protocol() {
        let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let (signed, named) = (header("sign", "s"), header("SdkAppId", "1"));
        for (query, headers, protocol) in [
            ("", &signed, Protocol::Header),
            ("", &named, Protocol::Header),
            ("SdkAppid=1&Sign=s", &Vec::new(), Protocol::Query),
            ("SdkAppid=1", &named, Protocol::Query),
            ("SdkAppid=1&Sign=s", &signed, Protocol::Header),
            ("a=b", &named, Protocol::Header),
            ("", &header("Sign", ""), Protocol::Query),
            ("", &Vec::new(), Protocol::Query),
        ] {
            assert_eq!(Protocol::of(query, headers), protocol, "{query} {headers:?}");
        }
    }
}
