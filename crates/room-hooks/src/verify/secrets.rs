use std::{fmt, iter};

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::ConfigError;

/// The secrets that may sign an app's callbacks: the current one and, during a rotation, previous
/// ones.
///
/// They are never empty, never printed, and wiped from memory on drop. A single secret converts
/// from a string, as in `Zego::new(1234567890, "secret")`. During a rotation, pass both:
///
/// ```
/// # fn main() -> Result<(), room_hooks::ConfigError> {
/// use room_hooks::{Secrets, zego::Zego};
///
/// let secrets = Secrets::new("this year's")?.with_previous("last year's")?;
/// let zego = Zego::new(1234567890, secrets)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Secrets {
    /// The current secret first.
    secrets: Vec<Zeroizing<Box<str>>>,
}

impl Secrets {
    /// Creates the secrets of an app from its current secret.
    ///
    /// # Errors
    ///
    /// The secret is empty, blank, or has white space around it.
    pub fn new(current: &str) -> Result<Self, ConfigError> {
        Self { secrets: Vec::new() }.with_previous(current)
    }

    /// Adds a secret that is being phased out. The log calls the first such secret `previous-1`,
    /// the next `previous-2`, and so on.
    ///
    /// # Errors
    ///
    /// The secret is empty, blank, or has white space around it.
    pub fn with_previous(mut self, secret: &str) -> Result<Self, ConfigError> {
        match secret.trim() {
            _ if secret.is_empty() => return Err(ConfigError::SecretEmpty),
            "" => return Err(ConfigError::SecretBlank),
            trimmed if trimmed.len() < secret.len() => return Err(ConfigError::SecretPadded),
            _ => self.secrets.push(Zeroizing::new(secret.into())),
        }
        Ok(self)
    }

    /// The secret that produced a digest. All are tried, each in constant time.
    pub(super) fn signer<const N: usize>(
        &self,
        presented: &[u8; N],
        digest: impl Fn(&[u8]) -> [u8; N],
    ) -> Option<SecretName> {
        self.named().fold(None, |signer, (name, secret)| {
            let matches = digest(secret).ct_eq(presented);
            signer.or(bool::from(matches).then_some(name))
        })
    }

    /// All secrets with their names.
    pub(crate) fn named(&self) -> impl Iterator<Item = (SecretName, &[u8])> {
        let names = iter::once(SecretName::Current).chain((1..).map(SecretName::Previous));
        names.zip(self.secrets.iter().map(|secret| secret.as_bytes()))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("count", &self.secrets.len()).finish_non_exhaustive()
    }
}

/// An app's secret, or its [`Secrets`] during a rotation. See [`Secrets`] for an example.
pub trait IntoSecrets {
    /// Checks the secret.
    ///
    /// # Errors
    ///
    /// The secret is empty, blank, or has white space around it.
    fn into_secrets(self) -> Result<Secrets, ConfigError>;
}

impl IntoSecrets for Secrets {
    fn into_secrets(self) -> Result<Secrets, ConfigError> {
        Ok(self)
    }
}

impl IntoSecrets for &str {
    fn into_secrets(self) -> Result<Secrets, ConfigError> {
        Secrets::new(self)
    }
}

impl IntoSecrets for &String {
    fn into_secrets(self) -> Result<Secrets, ConfigError> {
        Secrets::new(self)
    }
}

impl IntoSecrets for String {
    /// Wipes the string, even if the secret is refused.
    fn into_secrets(self) -> Result<Secrets, ConfigError> {
        Secrets::new(&Zeroizing::new(self))
    }
}

/// The secret that signed a callback.
///
/// ```
/// use room_hooks::{SecretName, Verified, zego};
///
/// fn watch_rotation(created: &Verified<zego::RoomCreated>) {
///     if let Some(SecretName::Previous(_)) = created.secret {
///         println!("app {} still signs with a previous secret", created.app_id);
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretName {
    /// The current secret.
    Current,
    /// The nth previous secret, counted from 1 in the order in which they were added.
    Previous(usize),
}

impl SecretName {
    /// Parses the output of `Display`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("previous-") {
            Some(nth) => nth.parse().ok().map(Self::Previous),
            None => (text == "current").then_some(Self::Current),
        }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("current"),
            Self::Previous(nth) => write!(f, "previous-{nth}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reversed(secret: &[u8]) -> [u8; 3] {
        [secret[2], secret[1], secret[0]]
    }

    #[test]
    fn every_secret_verifies_and_is_named() {
        let secrets = Secrets::new("abc").unwrap().with_previous("def").unwrap();
        let secrets = secrets.with_previous("ghi").unwrap();
        for (presented, name) in [
            (b"cba", Some("current")),
            (b"fed", Some("previous-1")),
            (b"ihg", Some("previous-2")),
            (b"abc", None),
        ] {
            let signer = secrets.signer(presented, reversed).map(|name| name.to_string());
            assert_eq!(signer.as_deref(), name);
        }
    }

    #[test]
    fn empty_blank_and_padded_secrets_are_refused() {
        use ConfigError::{SecretBlank, SecretEmpty, SecretPadded};
        for (secrets, error) in [
            (&[""][..], SecretEmpty),
            (&[" ", "\t\n"], SecretBlank),
            (&[" secret", "secret\n", "secret\u{a0}"], SecretPadded),
        ] {
            for secret in secrets {
                let rotated = Secrets::new("fine").unwrap().with_previous(secret);
                assert_eq!(rotated.err().as_ref(), Some(&error), "{secret:?}");
                assert_eq!(Secrets::new(secret).err().as_ref(), Some(&error), "{secret:?}");
            }
        }
        assert!(Secrets::new("white space within").is_ok());
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let secrets = Secrets::new("now-5ec2e7").unwrap().with_previous("old-5ec2e7").unwrap();
        let shown = format!("{secrets:?}");
        assert!(shown.contains("count: 2") && !shown.contains("5ec2e7"), "{shown}");
    }
}
