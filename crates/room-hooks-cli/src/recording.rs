//! Recordings: each line is a delivery as JSON, with its body byte for byte.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;
use room_hooks::{Delivery, testing::SignedDelivery};
use serde::{Deserialize, Serialize};

use crate::{Error, http, provider::ProviderName, terminal};

/// A delivery as it arrived, and how it was verified. It contains a signature, but never a secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The time of arrival, in Unix milliseconds.
    pub(crate) at: u64,
    pub(crate) provider: ProviderName,
    /// Absent from recordings of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified: Option<Verification>,
    /// The path of the URL. Absent from recordings of older versions, and from callbacks that were
    /// signed but not sent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) query: String,
    /// The headers that authenticate the delivery, and those that say how to read the body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) headers: Vec<(String, String)>,
    #[serde(flatten)]
    body: Body,
}

/// How a delivery was verified when it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verification {
    /// By its signature. The handler may still have failed.
    Signature,
    /// By its app id alone: it comes from a Tencent app without a token.
    Unsigned,
    /// Not at all: the receiver refused it.
    Refused,
}

/// A record that a signature verified. Only such a record may be re-signed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VerifiedRecord<'a>(&'a Record);

impl<'a> VerifiedRecord<'a> {
    pub(crate) fn record(self) -> &'a Record {
        self.0
    }
}

/// A body as text or, if it is not UTF-8, in base64.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    Body(String),
    BodyBase64(String),
}

impl Record {
    /// The record of a delivery that has not been verified.
    pub(crate) fn new(provider: ProviderName, at: SystemTime, delivery: SignedDelivery) -> Self {
        let SignedDelivery { query, headers, body, .. } = delivery;
        let since_epoch = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        let at = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        let body = match String::from_utf8(body) {
            Ok(text) => Body::Body(text),
            Err(error) => Body::BodyBase64(BASE64.encode(error.as_bytes())),
        };
        Self { at, provider, verified: None, path: String::new(), query, headers, body }
    }

    pub(crate) fn with_path(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    pub(crate) fn with_verification(self, verified: Verification) -> Self {
        Self { verified: Some(verified), ..self }
    }

    /// The records of a recording, each with its line number.
    pub(crate) fn read_all(lines: &[u8]) -> Result<Vec<(usize, Self)>, Error> {
        let lines = str::from_utf8(lines).map_err(|_| "the recording is not UTF-8")?;
        // Some editors begin a file with a byte order mark.
        let lines = lines.trim_start_matches('\u{feff}');
        let mut records = Vec::new();
        for (number, line) in (1..).zip(lines.split_inclusive('\n')) {
            // Trimmed, so that an incomplete line is an unexpected end of input wherever it was cut
            // off.
            match serde_json::from_str(line.trim_end()) {
                Ok(record) => records.push((number, record)),
                Err(_) if line.trim().is_empty() => {}
                // The program was stopped while it wrote this line.
                Err(error) if error.is_eof() && number > 1 => {
                    terminal::note(&format!("line {number} is cut off and was skipped"));
                }
                Err(_) => {
                    let what = "is not a recorded delivery; `verify` reads other captures";
                    return Err(format!("line {number} {what}").into());
                }
            }
        }
        if records.is_empty() {
            return Err("the recording is empty".into());
        }
        Ok(records)
    }

    /// Returns the record if it may be re-signed, or the reason why it may not.
    pub(crate) fn verified(&self) -> Result<VerifiedRecord<'_>, &'static str> {
        match self.verified {
            Some(Verification::Signature) => Ok(VerifiedRecord(self)),
            Some(Verification::Unsigned) => Err("is from an app that does not sign"),
            Some(Verification::Refused) => Err("was refused when it arrived"),
            None => Err("has no verification status (an older version recorded it)"),
        }
    }

    /// Whether the receiver refused the delivery.
    pub(crate) fn was_refused(&self) -> bool {
        self.verified == Some(Verification::Refused)
    }

    /// The delivery, byte for byte as it arrived.
    pub(crate) fn as_recorded(&self) -> Result<SignedDelivery, Error> {
        Ok(SignedDelivery::new(self.query.clone(), self.headers.clone(), self.body()?))
    }

    pub(crate) fn at(&self) -> SystemTime {
        UNIX_EPOCH.checked_add(Duration::from_millis(self.at)).unwrap_or(UNIX_EPOCH)
    }

    pub(crate) fn body(&self) -> Result<Vec<u8>, Error> {
        match &self.body {
            Body::Body(text) => Ok(text.clone().into_bytes()),
            Body::BodyBase64(text) => {
                BASE64.decode(text.as_bytes()).map_err(|_| "its body is not base64".into())
            }
        }
    }

    /// The approximate size in memory, in bytes.
    pub(crate) fn size(&self) -> usize {
        let (Body::Body(body) | Body::BodyBase64(body)) = &self.body;
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        body.len() + self.query.len() + self.path.len() + headers
    }

    pub(crate) fn as_delivery<'a>(&'a self, body: &'a [u8]) -> Delivery<'a> {
        Delivery::new(body).with_query(&self.query).with_headers(&self.headers)
    }

    /// The path at which the delivery arrived or, if none was recorded, the path that the examples
    /// use.
    pub(crate) fn path(&self) -> String {
        match self.path.as_str() {
            "" => self.provider.default_path(),
            path => path.to_owned(),
        }
    }

    /// The path and the query.
    pub(crate) fn target(&self) -> String {
        let question = if self.query.is_empty() { "" } else { "?" };
        format!("{}{question}{}", self.path(), self.query)
    }

    /// The HTTP request, as far as it was recorded.
    pub(crate) fn to_http(&self) -> Vec<u8> {
        let body = self.body().unwrap_or_default();
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: localhost\r\n{}Content-Length: {}\r\n\r\n",
            self.target(),
            http::header_lines(&self.headers),
            body.len()
        );
        [head.as_bytes(), &body].concat()
    }
}
