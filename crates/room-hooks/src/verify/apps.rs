use std::{collections::BTreeMap, hint::black_box};

use subtle::ConstantTimeEq;

use crate::{ConfigError, Refusal, SecretName, Secrets, verify::freshness::canonical};

/// The apps that share a receiver, each with its own secrets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Apps(BTreeMap<u64, Secrets>);

/// Who signed a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) app_id: u64,
    pub(crate) secret: SecretName,
}

impl Apps {
    pub(crate) fn insert<S>(&mut self, app_id: u64, secrets: S) -> Result<(), ConfigError>
    where
        S: TryInto<Secrets, Error: Into<ConfigError>>,
    {
        let secrets = secrets.try_into().map_err(Into::into)?;
        match self.0.insert(app_id, secrets) {
            None => Ok(()),
            Some(_) => Err(ConfigError::AppRepeated { app_id }),
        }
    }

    pub(crate) fn contains(&self, app_id: u64) -> bool {
        self.0.contains_key(&app_id)
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
        match self.app(named) {
            Ok((app_id, secrets)) => secrets
                .signer(claimed, digest)
                .map(|secret| Signer { app_id, secret })
                .ok_or(Refusal::WrongSignature),
            Err(refusal) => {
                black_box(digest(b"an app that is not configured").ct_eq(claimed));
                Err(refusal)
            }
        }
    }

    /// Finds out who signed a delivery that names no app, by the secret that fits; of two apps that share
    /// it, the one with the lower id.
    pub(crate) fn any_signer<const N: usize>(
        &self,
        claimed: &[u8; N],
        digest: impl Fn(&[u8]) -> [u8; N],
    ) -> Result<Signer, Refusal> {
        let signer = self.0.iter().find_map(|(&app_id, secrets)| {
            secrets.signer(claimed, &digest).map(|secret| Signer { app_id, secret })
        });
        signer.ok_or(Refusal::WrongSignature)
    }

    /// The app that a delivery names. An id that is not a number cannot be configured.
    fn app(&self, named: Option<&str>) -> Result<(u64, &Secrets), Refusal> {
        let app = match named {
            Some(app_id) => canonical(app_id).and_then(|app_id| self.0.get_key_value(&app_id)),
            None if self.0.len() > 1 => return Err(Refusal::AppNotNamed),
            None => self.0.first_key_value(),
        };
        app.map(|(&app_id, secrets)| (app_id, secrets)).ok_or(Refusal::UnknownApp)
    }

    /// The secrets of the named app; of all, if none is named, or one that cannot be.
    #[cfg(feature = "testing")]
    pub(crate) fn secrets(
        &self,
        named: Option<&str>,
    ) -> impl Iterator<Item = (u64, SecretName, &[u8])> {
        let named = named.and_then(canonical);
        let apps = self.0.iter().filter(move |(id, _)| named.is_none_or(|named| named == **id));
        apps.flat_map(|(id, secrets)| secrets.named().map(|(name, secret)| (*id, name, secret)))
    }

    /// An app to sign as: the one with the lowest id.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn first(&self) -> Option<(u64, &Secrets)> {
        self.0.iter().next().map(|(&app_id, secrets)| (app_id, secrets))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn length(secret: &[u8]) -> [u8; 1] {
        [secret.len() as u8]
    }

    fn apps() -> Apps {
        let mut apps = Apps::default();
        apps.insert(1, "a").unwrap();
        apps.insert(2, Secrets::new("ab").unwrap().with_previous("abcd").unwrap()).unwrap();
        apps
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
        let mut lone = Apps::default();
        lone.insert(7, "a").unwrap();
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
        assert_eq!(apps().insert(1, "b"), Err(ConfigError::AppRepeated { app_id: 1 }));
    }
}
