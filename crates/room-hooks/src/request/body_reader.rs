use std::{
    fmt,
    time::{Duration, SystemTime},
};

use crate::{Delivery, Headers, Provider, Receiver, Refusal, Unhandled};

/// A request's body while it is read, held to the receiver's limit.
///
/// The adapter reads chunks and keeps the timeout; what is too much, and what is answered when the
/// reading ends badly, is decided here.
pub struct BodyReader<'r, P> {
    receiver: &'r Receiver<P>,
    declared_length: usize,
    body: Vec<u8>,
}

impl<'r, P: Provider> BodyReader<'r, P> {
    pub(crate) fn begin(
        receiver: &'r Receiver<P>,
        method: &str,
        headers: &dyn Headers,
    ) -> Result<Self, Unhandled> {
        if method != "POST" {
            return Err(Unhandled::refused::<P>(Refusal::MethodNotAllowed));
        }
        if let Some(encoding) = compression(headers) {
            return Err(Unhandled::refused::<P>(Refusal::BodyCompressed { encoding }));
        }
        let declared_length = headers
            .get("content-length")
            .and_then(|digits| str::from_utf8(digits).ok()?.parse().ok())
            .unwrap_or_default();
        // No memory is reserved for a length that is only declared.
        let reader = Self { receiver, declared_length, body: Vec::new() };
        if declared_length > receiver.body_limit() { Err(reader.too_large()) } else { Ok(reader) }
    }

    /// The time in which the body must have arrived; the adapter keeps it.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.receiver.body_timeout()
    }

    /// Takes the next chunk in.
    ///
    /// # Errors
    ///
    /// The body is over the limit; the rest of it need not be read.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), Unhandled> {
        if chunk.len() > self.receiver.body_limit() - self.body.len() {
            return Err(self.too_large());
        }
        self.body.extend_from_slice(chunk);
        Ok(())
    }

    /// The body, complete.
    ///
    /// # Errors
    ///
    /// It is shorter than the length that was declared for it, so something has consumed it: see
    /// [`already_consumed`](Self::already_consumed).
    pub fn finish(self, query: &str, now: SystemTime) -> Result<Vec<u8>, Unhandled> {
        if self.body.len() < self.declared_length {
            return Err(self.already_consumed(query, now));
        }
        Ok(self.body)
    }

    /// The end of an intake whose connection ended before the body did.
    #[must_use]
    pub fn incomplete(&self) -> Unhandled {
        Unhandled::refused::<P>(Refusal::BodyIncomplete)
    }

    /// The end of an intake that a limit of the framework's cut off.
    #[must_use]
    pub fn too_large(&self) -> Unhandled {
        Unhandled::refused::<P>(Refusal::BodyTooLarge)
    }

    /// The end of an intake whose body another extractor or a middleware has consumed. It is this server's
    /// fault, unless the query is that of a question, which must not be denied for that.
    #[must_use]
    pub fn already_consumed(&self, query: &str, now: SystemTime) -> Unhandled {
        match self.receiver.provider().open(Delivery::consumed(query), &|_| now) {
            Ok(None) => Unhandled::no_handler::<P>(),
            _ => Unhandled::refused::<P>(Refusal::BodyAlreadyConsumed),
        }
    }

    /// The end of an intake at its timeout.
    #[must_use]
    pub fn timed_out(&self) -> Unhandled {
        Unhandled::refused::<P>(Refusal::BodyTimeout { timeout: self.timeout() })
    }
}

/// The content encoding that a request names, unless it is one that changes nothing.
///
/// A log gets its name from here and not from the request, which is not authentic.
pub(crate) fn compression(headers: &dyn Headers) -> Option<&'static str> {
    const KNOWN: [&str; 6] = ["br", "compress", "deflate", "gzip", "x-gzip", "zstd"];
    let mut encodings = headers.get("content-encoding")?.split(|&byte| byte == b',');
    let encoding = encodings.find_map(|encoding| {
        let encoding = encoding.trim_ascii().to_ascii_lowercase();
        (!encoding.is_empty() && encoding != b"identity").then_some(encoding)
    })?;
    Some(KNOWN.into_iter().find(|known| known.as_bytes() == encoding).unwrap_or("unknown"))
}

/// Shows the size only: a body may hold a signature.
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

    fn length(length: &str) -> Vec<(String, String)> {
        vec![("Content-Length".into(), length.into())]
    }

    #[test]
    fn a_body_is_cut_off_by_the_chunk_that_crosses_the_limit() {
        let receiver = receiver();
        let mut reader = receiver.body_reader("POST", &()).unwrap();
        for chunk in [&b"ab"[..], b"", b"cd"] {
            assert_eq!(reader.push(chunk), Ok(()));
        }
        assert_eq!(reader.push(b"e").unwrap_err().refusal, Some(Refusal::BodyTooLarge));
        assert_eq!(reader.finish("", EPOCH).unwrap(), b"abcd");
    }

    #[test]
    fn a_declared_length_over_the_limit_is_refused_at_once() {
        assert!(receiver().body_reader("POST", &length("4")).is_ok());
        for declared in ["5", "18446744073709551615"] {
            let refused = receiver().body_reader("POST", &length(declared)).unwrap_err();
            assert_eq!(refused.response.status, 413);
        }
    }

    #[test]
    fn a_body_that_is_gone_is_not_an_empty_one() {
        let receiver = receiver();
        assert_eq!(
            receiver.body_reader("POST", &length("0")).unwrap().finish("", EPOCH),
            Ok(Vec::new())
        );
        let refused =
            receiver.body_reader("POST", &length("3")).unwrap().finish("", EPOCH).unwrap_err();
        assert_eq!(
            (refused.response.status, refused.refusal),
            (500, Some(Refusal::BodyAlreadyConsumed))
        );
    }

    #[test]
    fn nothing_but_post_is_taken() {
        for method in ["GET", "HEAD", "PUT", "OPTIONS", "post", ""] {
            let refused = receiver().body_reader(method, &()).unwrap_err();
            assert_eq!(refused.refusal, Some(Refusal::MethodNotAllowed), "{method}");
            assert!(refused.response.headers().any(|header| header == ("allow", "POST")));
        }
    }
}
