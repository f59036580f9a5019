use crate::{Provider, Receiver, Refusal, Unhandled};

/// A request's body while it is read, held to the receiver's limit.
///
/// The adapter reads chunks and keeps the deadline; what is too much, and what is answered when the
/// reading ends badly, is decided here.
#[derive(Debug)]
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
