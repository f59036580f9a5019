use std::{borrow::Cow, fmt, net::SocketAddr};

use serde::{Deserialize, Serialize};

use crate::Delivery;

use super::form::{self, decoded, percent_decoded};

/// The maximum number of entries.
const MAX_ENTRIES: usize = 16;

/// The maximum length of a value, in bytes.
const MAX_BYTES: usize = 1024;

/// Headers that contain a credential or a signature.
const SECRET_HEADERS: [&str; 5] =
    ["authorization", "cookie", "proxy-authorization", "sign", "x-api-key"];

/// Data of the request that carried a callback, as selected by
/// [`Receiver::with_request_data`](crate::Receiver::with_request_data).
///
/// **No provider signs it.** Anyone who can send requests to the URL controls it, unless a
/// component in front of your server sets it, such as a proxy that overwrites `X-Forwarded-For`.
/// `Debug` shows only the names.
///
/// ```
/// use room_hooks::{Hooks, Receiver, Verified, zego::{self, Zego}};
///
/// fn hooks(zego: Zego) -> Hooks<Zego> {
///     // The path is /hooks/TENANT/zego.
///     let receiver = Receiver::new(zego)
///         .with_request_data(|head, data| data.insert("tenant", head.segment(1)));
///     Hooks::new(receiver).on(async |created: Verified<zego::RoomCreated>| {
///         println!("{:?}", created.request.get("tenant"));
///     })
/// }
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestData(Vec<(Box<str>, Box<str>)>);

impl RequestData {
    /// The value with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| **known == *name)?;
        Some(value)
    }

    /// The names and values, in the order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Inserts a value, if there is one. If the name already has a value, the first value is kept.
    ///
    /// A value longer than 1 KiB is left out, because a part of it could be mistaken for another
    /// value. A 17th entry is left out, too.
    pub fn insert(&mut self, name: &str, value: Option<impl ToString>) {
        let Some(value) = value.map(|value| value.to_string()) else { return };
        if value.len() <= MAX_BYTES && self.0.len() < MAX_ENTRIES && self.get(name).is_none() {
            self.0.push((name.into(), value.into()));
        }
    }
}

impl fmt::Debug for RequestData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// The head of a request, from which a receiver selects [`RequestData`].
///
/// It hides signatures, and headers that identify a client, such as `Authorization` and `Cookie`.
/// See [`RequestData`] for an example.
#[derive(Clone, Copy)]
pub struct RequestHead<'a>(Delivery<'a>);

impl<'a> RequestHead<'a> {
    pub(crate) fn new(delivery: Delivery<'a>) -> Self {
        Self(delivery)
    }

    /// The path, still percent-encoded, as the framework passes it on. A nested router may have
    /// removed its prefix.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.0.path()
    }

    /// The nth segment of the path, counted from 0 and decoded: in `/hooks/acme/zego`, segment 1 is
    /// `acme`. `None` if the segment is missing, empty or not UTF-8.
    #[must_use]
    pub fn segment(&self, nth: usize) -> Option<Cow<'a, str>> {
        let path = self.path();
        let segment = path.strip_prefix('/').unwrap_or(path).split('/').nth(nth)?;
        percent_decoded(segment).ok().filter(|segment| !segment.is_empty())
    }

    /// A header, if it is UTF-8; the first if it is repeated. `None` for a signature or a
    /// credential.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        if SECRET_HEADERS.iter().any(|secret| secret.eq_ignore_ascii_case(name)) {
            return None;
        }
        str::from_utf8(self.0.header(name)?).ok()
    }

    /// A query parameter, decoded; the first if it is repeated. `None` for a signature.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<Cow<'a, str>> {
        if name.eq_ignore_ascii_case("sign") {
            return None;
        }
        let is_it = |known: &str| decoded(known).is_ok_and(|known| known == name);
        let (_, value) = form::pairs(self.0.query()).find(|(known, _)| is_it(known))?;
        decoded(value).ok()
    }

    /// The address that the request came from. Behind a proxy, this is the proxy's.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.0.peer()
    }
}

impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead").field("peer", &self.peer()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_shows_what_is_neither_a_signature_nor_a_credential() {
        let headers = vec![
            ("X-Forwarded-For".to_owned(), "192.0.2.7".to_owned()),
            ("Authorization".to_owned(), "Bearer 5ec2e7".to_owned()),
            ("Cookie".to_owned(), "5ec2e7".to_owned()),
            ("Sign".to_owned(), "5ec2e7".to_owned()),
        ];
        let delivery = Delivery::new(b"")
            .with_path("/hooks/a%20b//zego")
            .with_query("Sign=5ec2e7&tenant=a+b&tenant=c&t%65xt=%FF&x%79=1")
            .with_headers(&headers)
            .with_peer(Some(([127, 0, 0, 1], 7).into()));
        let head = RequestHead::new(delivery);
        assert_eq!(head.path(), "/hooks/a%20b//zego");
        let segments = [0, 1, 2, 3, 4].map(|nth| head.segment(nth));
        let expected = [Some("hooks"), Some("a b"), None, Some("zego"), None];
        assert_eq!(segments.each_ref().map(Option::as_deref), expected);
        assert_eq!(head.header("x-forwarded-for"), Some("192.0.2.7"));
        assert_eq!(head.parameter("tenant").as_deref(), Some("a b"));
        assert_eq!(head.parameter("xy").as_deref(), Some("1"));
        assert_eq!(head.parameter("text"), None, "it is not UTF-8");
        assert_eq!(head.peer().map(|peer| peer.port()), Some(7));
        for name in ["authorization", "AUTHORIZATION", "cookie", "sign", "Sign"] {
            assert_eq!(head.header(name), None, "{name}");
        }
        for name in ["Sign", "sign", "SIGN"] {
            assert_eq!(head.parameter(name), None, "{name}");
        }
        assert!(!format!("{head:?}").contains("5ec2e7"));
    }

    #[test]
    fn request_data_is_bounded() {
        let mut data = RequestData::default();
        data.insert("long", Some("x".repeat(1025)));
        data.insert("fits", Some("x".repeat(1024)));
        data.insert("fits", Some("another"));
        data.insert("none", None::<&str>);
        for n in 0..20 {
            data.insert(&n.to_string(), Some(n));
        }
        assert_eq!(data.iter().count(), 16);
        assert_eq!(data.get("fits").map(str::len), Some(1024));
        assert_eq!((data.get("long"), data.get("14"), data.get("15")), (None, Some("14"), None));
        assert!(!format!("{data:?}").contains("xx"));
    }
}
