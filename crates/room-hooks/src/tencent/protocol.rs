use crate::adapter::Headers;
#[cfg(doc)]
use crate::trtc::Trtc;

use super::query::Query;

/// The two protocols in which Tencent sends callbacks: those of [`Tencent`](super::Tencent) and of [`Trtc`].
///
/// An operator may give both the same URL. The adapters have a route for that: `tencent_handler` (axum),
/// `tencent_resource` (actix-web), `tencent_filter` (warp) and `tencent_service` (tower).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "each has hooks of its own")]
pub enum Protocol {
    /// Signed in the query: [`Tencent`](super::Tencent).
    Query,
    /// Signed in a header: [`Trtc`].
    Header,
}

impl Protocol {
    /// Tells the protocol of a request by where its signature is or, if it has none, by where it names its app.
    ///
    /// The body never decides: events of one protocol can have the members of the other.
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
    fn the_protocol_is_told_by_the_place_of_the_signature() {
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
