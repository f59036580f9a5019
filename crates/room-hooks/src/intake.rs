use std::fmt;

use crate::{Provider, Receiver, Refusal, Unhandled};

/// A request's body while it is read, held to the receiver's limit.
///
/// The adapter reads chunks and keeps the deadline; what is too much, and what is answered when the
/// reading ends badly, is decided here.
pub struct Intake<'r, P> {
    receiver: &'r Receiver<P>,
    body: Vec<u8>,
}

impl<'r, P: Provider> Intake<'r, P> {
    pub(crate) fn begin(
        receiver: &'r Receiver<P>,
        method: &str,
        declared_length: u64,
    ) -> Result<Self, Unhandled> {
        if method != "POST" {
            return Err(receiver.refuse(Refusal::MethodNotAllowed));
        }
        match usize::try_from(declared_length) {
            // A declared length is only believed once it has arrived: no memory is reserved for it.
            Ok(length) if length <= receiver.body_limit() => Ok(Self {
                receiver,
                body: Vec::new(),
            }),
            _ => Err(receiver.refuse(Refusal::BodyTooLarge)),
        }
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
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The end of an intake whose connection ended before the body did.
    #[must_use]
    pub fn broke_off(&self) -> Unhandled {
        self.receiver.refuse(Refusal::BodyBrokeOff)
    }

    /// The end of an intake that a limit of the framework's cut off.
    #[must_use]
    pub fn too_large(&self) -> Unhandled {
        self.receiver.refuse(Refusal::BodyTooLarge)
    }

    /// The end of an intake at its deadline.
    #[must_use]
    pub fn too_slow(&self) -> Unhandled {
        let deadline = self.receiver.body_deadline();
        self.receiver.refuse(Refusal::BodyTooSlow { deadline })
    }
}

/// Shows the size only: a body may hold a signature.
impl<P> fmt::Debug for Intake<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake")
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::zego::Zego;

    use super::*;

    fn receiver() -> Receiver<Zego> {
        Receiver::new(Zego::new(1, "secret").unwrap()).with_body_limit(4)
    }

    #[test]
    fn a_body_is_cut_off_by_the_chunk_that_crosses_the_limit() {
        let receiver = receiver();
        let mut intake = receiver.intake("POST", 0).unwrap();
        assert_eq!(
            (intake.push(b"ab"), intake.push(b""), intake.push(b"cd")),
            (Ok(()), Ok(()), Ok(()))
        );
        assert_eq!(
            intake.push(b"e").unwrap_err().refusal,
            Some(Refusal::BodyTooLarge)
        );
        assert_eq!(intake.into_body(), b"abcd");
    }

    #[test]
    fn a_declared_length_over_the_limit_is_refused_at_once() {
        assert!(receiver().intake("POST", 4).is_ok());
        for length in [5, u64::MAX] {
            let refused = receiver()
                .intake("POST", length)
                .map(Intake::into_body)
                .unwrap_err();
            assert_eq!(refused.answer.status, 413);
        }
    }

    #[test]
    fn nothing_but_post_is_taken() {
        for method in ["GET", "HEAD", "PUT", "OPTIONS", "post", ""] {
            let refused = receiver()
                .intake(method, 0)
                .map(Intake::into_body)
                .unwrap_err();
            assert_eq!(refused.refusal, Some(Refusal::MethodNotAllowed), "{method}");
            assert!(
                refused
                    .answer
                    .headers()
                    .any(|header| header == ("allow", "POST"))
            );
        }
    }
}
