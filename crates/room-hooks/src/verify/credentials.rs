use std::{collections::BTreeMap, fmt, hint::black_box, iter};

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{ConfigError, Refusal, verify::freshness::canonical};

/// The secrets that an app's callbacks may be signed with: the current one and, while a rotation
/// lasts, previous ones.
///
/// Never empty, never printed, and wiped from memory on drop. A lone secret converts from a string,
/// so `Zego::new(1234567890, "secret")` needs no more; a rotation is
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
    /// The current one first.
    secrets: Vec<Zeroizing<Box<str>>>,
}

impl Secrets {
    /// Creates the secrets of an app that is not in the middle of a rotation.
    ///
    /// # Errors
    ///
    /// The secret is empty, blank, or has white space around it.
    pub fn new(current: &str) -> Result<Self, ConfigError> {
        Self { secrets: Vec::new() }.with_previous(current)
    }

    /// Adds a secret that is on its way out. The log tells it from the current one as `previous-1`,
    /// the next that is added as `previous-2`, and so on.
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

    /// The secret that was used for a digest. All are tried, each in constant time.
    fn signer<const N: usize>(
        &self,
        claimed: &[u8; N],
        digest: impl Fn(&[u8]) -> [u8; N],
    ) -> Option<SecretName> {
        self.named().fold(None, |signer, (name, secret)| {
            let matches = digest(secret).ct_eq(claimed);
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

/// An app's secret, or its [`Secrets`] while a rotation lasts.
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
    /// Wipes the string, whether or not it is taken.
    fn into_secrets(self) -> Result<Secrets, ConfigError> {
        Secrets::new(&Zeroizing::new(self))
    }
}

/// Which of an app's secrets a callback was signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretName {
    /// The secret that callbacks are signed with now.
    Current,
    /// The nth of the previous secrets, counted from 1 in the order of their adding.
    Previous(usize),
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("current"),
            Self::Previous(nth) => write!(f, "previous-{nth}"),
        }
    }
}

/// The apps that share a receiver, each with its own secrets; one that does not sign has none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Apps(BTreeMap<u64, Option<Secrets>>);

/// Who sent a delivery, and which secret it was signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) app_id: u64,
    pub(crate) secret: SecretName,
}

impl Apps {
    pub(crate) fn of_unsigned(app_id: u64) -> Self {
        Self(BTreeMap::from([(app_id, None)]))
    }

    pub(crate) fn insert(
        mut self,
        app_id: u64,
        secrets: Option<Secrets>,
    ) -> Result<Self, ConfigError> {
        match self.0.insert(app_id, secrets) {
            None => Ok(self),
            Some(_) => Err(ConfigError::AppRepeated { app_id }),
        }
    }

    /// The app that a delivery names if it does not sign; of a delivery that need not name one, the first.
    pub(crate) fn unsigned(&self, named: Option<&str>, need_not_name: bool) -> Option<u64> {
        let mut unsigned = self.0.iter().filter(|(_, secrets)| secrets.is_none());
        let found = match named {
            Some(app_id) => unsigned.find(|(id, _)| canonical(app_id) == Some(**id)),
            None => unsigned.next().filter(|_| need_not_name),
        };
        found.map(|(app_id, _)| *app_id)
    }

    /// Finds out who signed: one of the secrets of the named app or, if no app is named, of the only one.
    ///
    /// Of several apps, one must be named: a delivery must not cost a digest for each app. Where no app can
    /// have signed, one digest is computed all the same, so that the time does not tell an unknown app from
    /// one with a single secret.
    pub(crate) fn signer<const N: usize>(
        &self,
        named: Option<&str>,
        claimed: &[u8; N],
        digest: impl Fn(&[u8]) -> [u8; N],
    ) -> Result<Signer, Refusal> {
        let app = match named {
            Some(app_id) => canonical(app_id).and_then(|app_id| self.0.get_key_value(&app_id)),
            None if self.0.len() > 1 => None,
            None => self.0.first_key_value(),
        };
        let Some((&app_id, Some(secrets))) = app else {
            black_box(digest(b"an app that is not configured").ct_eq(claimed));
            let is_named = named.is_some() || self.0.len() < 2;
            return Err(if is_named { Refusal::UnknownApp } else { Refusal::AppNotNamed });
        };
        let secret = secrets.signer(claimed, digest).ok_or(Refusal::WrongSignature)?;
        Ok(Signer { app_id, secret })
    }

    /// Finds out who signed a delivery that names no app, by the secret that fits; of two apps that share
    /// it, the one with the lower id.
    pub(crate) fn any_signer<const N: usize>(
        &self,
        claimed: &[u8; N],
        digest: impl Fn(&[u8]) -> [u8; N],
    ) -> Result<Signer, Refusal> {
        let signer = self.0.iter().find_map(|(&app_id, secrets)| {
            let secret = secrets.as_ref()?.signer(claimed, &digest)?;
            Some(Signer { app_id, secret })
        });
        signer.ok_or(Refusal::WrongSignature)
    }

    /// The secrets of the named app; of all, if none is named, or one that cannot be.
    #[cfg(feature = "testing")]
    pub(crate) fn secrets(
        &self,
        named: Option<&str>,
    ) -> impl Iterator<Item = (u64, SecretName, &[u8])> {
        let named = named.and_then(canonical);
        let apps = self.0.iter().filter(move |(id, _)| named.is_none_or(|named| named == **id));
        apps.flat_map(|(id, secrets)| {
            let secrets = secrets.iter().flat_map(Secrets::named);
            secrets.map(|(name, secret)| (*id, name, secret))
        })
    }

    /// The app to sign as, and its current secret: of those that sign, the one with the lowest id.
    #[cfg(feature = "testing")]
    pub(crate) fn first(&self) -> Option<(u64, Option<&[u8]>)> {
        let signing = self.secrets(None).next();
        let signing = signing.map(|(app_id, _, secret)| (app_id, Some(secret)));
        signing.or_else(|| self.0.keys().next().map(|app_id| (*app_id, None)))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn reversed(secret: &[u8]) -> [u8; 3] {
        [secret[2], secret[1], secret[0]]
    }

    #[test]
    fn every_secret_verifies_and_is_named() {
        let secrets = Secrets::new("abc").unwrap().with_previous("def").unwrap();
        let secrets = secrets.with_previous("ghi").unwrap();
        for (claimed, name) in [
            (b"cba", Some("current")),
            (b"fed", Some("previous-1")),
            (b"ihg", Some("previous-2")),
            (b"abc", None),
        ] {
            let signer = secrets.signer(claimed, reversed).map(|name| name.to_string());
            assert_eq!(signer.as_deref(), name);
        }
    }

    #[test]
    fn empty_blank_and_padded_secrets_are_refused() {
        for (secret, error) in [
            ("", ConfigError::SecretEmpty),
            (" ", ConfigError::SecretBlank),
            ("\t\n", ConfigError::SecretBlank),
            (" secret", ConfigError::SecretPadded),
            ("secret\n", ConfigError::SecretPadded),
            ("secret\u{a0}", ConfigError::SecretPadded),
        ] {
            let rotated = Secrets::new("fine").unwrap().with_previous(secret);
            assert_eq!(rotated.err().as_ref(), Some(&error), "{secret:?}");
            assert_eq!(Secrets::new(secret).err(), Some(error), "{secret:?}");
        }
        assert!(Secrets::new("white space within").is_ok());
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let secrets = Secrets::new("now-5ec2e7").unwrap().with_previous("old-5ec2e7").unwrap();
        let shown = format!("{secrets:?}");
        assert!(shown.contains("count: 2") && !shown.contains("5ec2e7"), "{shown}");
    }

    fn length(secret: &[u8]) -> [u8; 1] {
        [secret.len() as u8]
    }

    fn apps() -> Apps {
        let several = Secrets::new("ab").unwrap().with_previous("abcd").unwrap();
        let apps = Apps::default().insert(1, Secrets::new("a").ok()).unwrap();
        apps.insert(2, Some(several)).unwrap()
    }

    #[test]
    fn a_signature_counts_for_the_app_that_is_named() {
        let previous = Signer { app_id: 2, secret: SecretName::Previous(1) };
        assert_eq!(apps().signer(Some("2"), &[4], length), Ok(previous));
        assert_eq!(apps().signer(Some("1"), &[4], length), Err(Refusal::WrongSignature));
        for unknown in ["3", "", "one", "02", " 2", "18446744073709551616"] {
            let signer = apps().signer(Some(unknown), &[4], length);
            assert_eq!(signer, Err(Refusal::UnknownApp), "{unknown:?}");
        }
    }

    #[test]
    fn of_several_apps_one_must_be_named() {
        assert_eq!(apps().signer(None, &[1], length), Err(Refusal::AppNotNamed));
        let lone = Apps::default().insert(7, Secrets::new("a").ok()).unwrap();
        let signer = Signer { app_id: 7, secret: SecretName::Current };
        assert_eq!(lone.signer(None, &[1], length), Ok(signer));
        assert_eq!(lone.signer(None, &[2], length), Err(Refusal::WrongSignature));
    }

    #[test]
    fn any_app_can_be_the_signer_of_a_delivery_that_names_none() {
        let signer = apps().any_signer(&[1], length);
        assert_eq!(signer, Ok(Signer { app_id: 1, secret: SecretName::Current }));
        assert_eq!(apps().any_signer(&[3], length), Err(Refusal::WrongSignature));
    }

    /// An app with one secret cannot be told from an unknown one by the time that its refusal takes.
    #[test]
    fn an_unknown_app_costs_one_digest() {
        let digests = Cell::new(0);
        let counted = |secret: &[u8]| {
            digests.set(digests.get() + 1);
            length(secret)
        };
        for (named, count) in [(Some("1"), 1), (Some("3"), 1), (Some("x"), 1), (None, 1)] {
            digests.set(0);
            assert!(apps().signer(named, &[9], counted).is_err());
            assert_eq!(digests.get(), count, "{named:?}");
        }
    }

    #[test]
    fn an_app_is_configured_once() {
        for secrets in [None, Secrets::new("b").ok()] {
            let twice = apps().insert(1, secrets).map(|_| ());
            assert_eq!(twice, Err(ConfigError::AppRepeated { app_id: 1 }));
        }
    }

    #[test]
    fn an_unsigned_app_is_found_by_its_name_and_signs_nothing() {
        let apps = apps().insert(3, None).unwrap();
        for (named, need_not_name, found) in [
            (Some("3"), false, Some(3)),
            (Some("03"), true, None),
            (Some("1"), true, None),
            (None, true, Some(3)),
            (None, false, None),
        ] {
            assert_eq!(apps.unsigned(named, need_not_name), found, "{named:?}");
        }
        assert_eq!(apps.signer(Some("3"), &[1], length), Err(Refusal::UnknownApp));
        assert!(apps.any_signer(&[9], length).is_err());
    }
}
