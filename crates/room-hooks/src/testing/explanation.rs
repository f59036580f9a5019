use std::fmt;

use serde_json::Value;

use crate::{Document, SecretName, verify::apps::Apps};

/// The values that a provider reads from a delivery and computes from it, to show why it is
/// refused.
///
/// **The event in it is not verified.** It contains signatures, so show it in a terminal and do not
/// log it. It never contains a secret.
///
/// ```
/// use room_hooks::{Delivery, zego::Zego};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let zego = Zego::new(1234567890, "callback secret")?;
/// let body = br#"{"event":"room_create","timestamp":1,"nonce":"350176","signature":"ab"}"#;
/// let explanation = zego.explain(Delivery::new(body));
/// assert_eq!(explanation.presented.as_deref(), Some("ab"));
/// for expected in &explanation.expected {
///     println!("app {} would send {}", expected.app_id, expected.signature);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// The values that were read, with their names on the wire.
    pub read: Vec<(&'static str, String)>,
    /// The signature in the delivery.
    pub presented: Option<String>,
    /// The signature that each secret produces, in the encoding that the provider uses.
    pub expected: Vec<Expected>,
    /// The event, as far as it could be read: a JSON object.
    pub event: Option<Value>,
}

/// The signature that one secret produces. [`Explanation`] has an example.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expected {
    /// The app that the secret belongs to.
    pub app_id: u64,
    /// The secret's name.
    pub secret: SecretName,
    /// The signed parts, in order. A name in angle brackets replaces the secret.
    pub signed: Vec<String>,
    /// The signature.
    pub signature: String,
}

impl Explanation {
    /// Creates an explanation from a document and the fields or parameters that sign it.
    pub(crate) fn new(document: &Document, read: &[(&'static str, Option<&str>)]) -> Self {
        let read = read.iter().filter_map(|&(name, text)| Some((name, text?.to_owned())));
        let (read, event) = (read.collect(), document.decode().ok());
        Self { read, presented: None, expected: Vec::new(), event }
    }

    /// Adds the signature in the delivery and those that the secrets produce. `sign` returns the
    /// signed parts and the signature.
    pub(crate) fn signed(
        mut self,
        presented: Option<&str>,
        apps: &Apps,
        app_id: Option<&str>,
        sign: impl Fn(&[u8]) -> Option<(Vec<String>, String)>,
    ) -> Self {
        self.presented = presented.map(str::to_owned);
        let expected = apps.secrets(app_id).filter_map(|(app_id, secret, bytes)| {
            let (signed, signature) = sign(bytes)?;
            Some(Expected { app_id, secret, signed, signature })
        });
        self.expected = expected.collect();
        self
    }
}

impl fmt::Debug for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explanation").field("read", &self.read.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expected")
            .field("app_id", &self.app_id)
            .field("secret", &self.secret)
            .finish_non_exhaustive()
    }
}
