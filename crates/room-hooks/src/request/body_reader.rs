use std::{
    fmt,
    time::{Duration, SystemTime},
};

use crate::{Delivery, NotDelivered, Provider, Receiver, Refusal, verify::provider::Opened};

/// Reads a request's body for a [`Receiver`] and enforces the receiver's limit.
///
/// An adapter pushes each chunk as it arrives, within [`timeout`](Self::timeout). If reading fails,
/// the reader creates the refusal, whatever the reason.
///
/// ```
/// use std::time::SystemTime;
///
/// use room_hooks::{Delivery, NotDelivered, Receiver, zego::Zego};
///
/// fn read(receiver: &Receiver<Zego>, chunks: &[&[u8]]) -> Result<Vec<u8>, NotDelivered> {
///     let mut reader = receiver.body_reader("POST", Delivery::new(b""))?;
///     for chunk in chunks {
///         reader.push(chunk)?;
///     }
///     reader.finish(SystemTime::now())
/// }
/// ```
///
/// [`adapter`](crate::adapter) shows the steps before and after.
pub struct BodyReader<'r, P> {
    receiver: &'r Receiver<P>,
    /// The request without its body.
    head: Delivery<'r>,
    declared_length: usize,
    body: Vec<u8>,
}

impl<'r, P: Provider> BodyReader<'r, P> {
    pub(crate) fn new(
        receiver: &'r Receiver<P>,
        method: &str,
        head: Delivery<'r>,
    ) -> Result<Self, NotDelivered> {
        if method != "POST" {
            return Err(NotDelivered::refused::<P>(Refusal::MethodNotAllowed));
        }
        check_encoding::<P>(head)?;
        let declared_length = head
            .header("content-length")
            .and_then(|digits| str::from_utf8(digits).ok()?.parse().ok())
            .unwrap_or_default();
        // A declared length is not yet trusted, so it reserves no memory.
        let reader = Self { receiver, head, declared_length, body: Vec::new() };
        if declared_length > receiver.body_limit() { Err(reader.too_large()) } else { Ok(reader) }
    }

    /// The time limit for the whole body. The adapter must enforce it.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.receiver.body_timeout()
    }

    /// Adds a chunk of the body.
    ///
    /// # Errors
    ///
    /// The body exceeds the limit. The rest of it need not be read.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), NotDelivered> {
        if chunk.len() > self.receiver.body_limit() - self.body.len() {
            return Err(self.too_large());
        }
        self.body.extend_from_slice(chunk);
        Ok(())
    }

    /// Returns the complete body. `now` is the current time.
    ///
    /// # Errors
    ///
    /// The body is shorter than its declared length: see
    /// [`already_consumed`](Self::already_consumed).
    pub fn finish(self, now: SystemTime) -> Result<Vec<u8>, NotDelivered> {
        if self.body.len() < self.declared_length {
            return Err(self.already_consumed(now));
        }
        Ok(self.body)
    }

    /// Refuses a body whose connection ended before the body was complete.
    #[must_use]
    pub fn incomplete(&self) -> NotDelivered {
        NotDelivered::refused::<P>(Refusal::BodyIncomplete)
    }

    /// Refuses a body that exceeds the limit of the receiver or of the framework.
    #[must_use]
    pub fn too_large(&self) -> NotDelivered {
        NotDelivered::refused::<P>(Refusal::BodyTooLarge)
    }

    /// Refuses a request whose body another extractor or a middleware has consumed.
    ///
    /// This server is at fault, so a question with a verified query is not denied: hooks apply its
    /// failure policy, and extractors allow it.
    #[must_use]
    pub fn already_consumed(&self, now: SystemTime) -> NotDelivered {
        match self.receiver.open(self.head.consumed(), &|_| now) {
            Ok(Opened::UnreadableQuestion { name, reason }) => {
                NotDelivered::unreadable_question::<P>(name, reason)
            }
            _ => NotDelivered::refused::<P>(Refusal::BodyAlreadyConsumed),
        }
    }

    /// Refuses a body that did not arrive within the [`timeout`](Self::timeout).
    #[must_use]
    pub fn timed_out(&self) -> NotDelivered {
        NotDelivered::refused::<P>(Refusal::BodyTimeout { timeout: self.timeout() })
    }
}

/// Refuses a compressed body.
///
/// The logged name comes from this list and never from the request, which is not authenticated.
pub(crate) fn check_encoding<P: Provider>(request: Delivery<'_>) -> Result<(), NotDelivered> {
    const KNOWN: [&str; 6] = ["br", "compress", "deflate", "gzip", "x-gzip", "zstd"];
    let encodings = request.header("content-encoding").unwrap_or_default();
    for encoding in encodings.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
        if !encoding.is_empty() && !encoding.eq_ignore_ascii_case(b"identity") {
            let known =
                KNOWN.into_iter().find(|known| encoding.eq_ignore_ascii_case(known.as_bytes()));
            let encoding = known.unwrap_or("unknown");
            return Err(NotDelivered::refused::<P>(Refusal::BodyCompressed { encoding }));
        }
    }
    Ok(())
}

/// Shows only the size: a body may contain a signature.
impl<P> fmt::Debug for BodyReader<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyReader").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use crate::zego::Zego;

    use super::*;

    fn receiver() -> &'static Receiver<Zego> {
        static RECEIVER: LazyLock<Receiver<Zego>> =
            LazyLock::new(|| Receiver::new(Zego::new(1, "secret").unwrap()).with_body_limit(4));
        &RECEIVER
    }

    const EPOCH: SystemTime = SystemTime::UNIX_EPOCH;

    fn read_with_length(length: &str) -> Result<Vec<u8>, NotDelivered> {
        let headers = vec![("Content-Length".to_owned(), length.to_owned())];
        receiver().body_reader("POST", Delivery::new(b"").with_headers(&headers))?.finish(EPOCH)
    }

    #[test]
    fn a_body_is_cut_off_by_the_chunk_that_crosses_the_limit() {
        let receiver = receiver();
        let mut reader = receiver.body_reader("POST", Delivery::new(b"")).unwrap();
        for chunk in [&b"ab"[..], b"", b"cd"] {
            assert_eq!(reader.push(chunk), Ok(()));
        }
        let refused = reader.push(b"e").unwrap_err();
        assert_eq!(refused, NotDelivered::Refused(Refusal::BodyTooLarge));
        assert_eq!(reader.finish(EPOCH).unwrap(), b"abcd");
    }

    #[test]
    fn a_declared_length_over_the_limit_is_refused_at_once() {
        for declared in ["5", "18446744073709551615"] {
            assert_eq!(read_with_length(declared).unwrap_err().status(), 413);
        }
    }

    #[test]
    fn a_body_that_is_gone_is_not_an_empty_one() {
        assert_eq!(read_with_length("0"), Ok(Vec::new()));
        for declared in ["3", "4"] {
            let refused = NotDelivered::Refused(Refusal::BodyAlreadyConsumed);
            assert_eq!(read_with_length(declared), Err(refused));
        }
    }

    #[test]
    fn nothing_but_post_is_taken() {
        for method in ["GET", "HEAD", "PUT", "OPTIONS", "post", ""] {
            let refused = receiver().body_reader(method, Delivery::new(b"")).unwrap_err();
            assert_eq!(refused, NotDelivered::Refused(Refusal::MethodNotAllowed), "{method}");
            let response = refused.response::<Zego>();
            assert!(response.headers().any(|header| header == ("allow", "POST")));
        }
    }
}
