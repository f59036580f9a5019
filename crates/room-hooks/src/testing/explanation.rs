use std::fmt;

use serde_json::Value;

use crate::{Document, SecretName, verify::apps::Apps};

/// What a provider reads of a delivery and computes from it, to show why one is refused.
///
/// It proves nothing: the event in it is **not verified**. It holds signatures, so it is for a terminal
/// and not for a log; it never holds a secret.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// What was read, by its name on the wire, as the text that arrived.
    pub read: Vec<(&'static str, String)>,
    /// The signature that came.
    pub presented: Option<String>,
    /// The signature that each secret gives for that, in the form in which signatures come.
    pub expected: Vec<Expected>,
    /// The event, as it could be read: a JSON object.
    pub event: Option<Value>,
}

/// The signature that a secret gives.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expected {
    /// The app whose secret it is.
    pub app_id: u64,
    /// Which of its secrets.
    pub secret: SecretName,
    /// What is signed, part by part in its order, the secret by a name in angle brackets.
    pub signed: Vec<String>,
    /// The signature.
    pub signature: String,
}

impl Explanation {
    /// Creates one from a document and the members or parameters that sign it.
    pub(crate) fn new(document: &Document, read: &[(&'static str, Option<&str>)]) -> Self {
        let read = read.iter().filter_map(|&(name, text)| Some((name, text?.to_owned())));
        let (read, event) = (read.collect(), document.decode().ok());
        Self { read, presented: None, expected: Vec::new(), event }
    }

    /// With the signature that came, and those that the secrets give: `sign` tells what is signed, and its
    /// signature.
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
