use std::{collections::BTreeMap, hint::black_box};

use subtle::ConstantTimeEq;

use crate::{ConfigError, Refusal, SecretName, Secrets, verify::freshness::canonical};

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
            Some(_) => Err(ConfigError::DuplicateApp { app_id }),
        }
    }

    /// The app that a delivery names if it does not sign; of a delivery that need not name one, the first.
    pub(crate) fn unsigned(&self, named: Option<&str>, need_not_name: bool) -> Option<u64> {
        let app = match named {
            Some(app_id) => self.named(app_id).filter(|(_, secrets)| secrets.is_none()),
            None if need_not_name => self.0.iter().find(|(_, secrets)| secrets.is_none()),
            None => None,
        };
        app.map(|(app_id, _)| *app_id)
    }

    /// An id that is not a number cannot be configured.
    fn named(&self, app_id: &str) -> Option<(&u64, &Option<Secrets>)> {
        self.0.get_key_value(&canonical(app_id)?)
    }

    /// Finds out who signed: one of the secrets of the named app or, if no app is named, of the only one.
    ///
    /// Of several apps, one must be named: a delivery must not cost a digest for each app. Where no app can
    /// have signed, one digest is computed all the same, so that the time does not tell an unknown app from
    /// one with a single secret.
    pub(crate) fn signer<const N: usize>(
        &self,
        named: Option<&str>,
        presented: &[u8; N],
        digest: impl Fn(&[u8]) -> [u8; N],
    ) -> Result<Signer, Refusal> {
        let mut signing = self.0.iter().filter(|(_, secrets)| secrets.is_some());
        let (app, refusal) = match named {
            Some(app_id) => (self.named(app_id), Refusal::UnknownApp),
            None => match (signing.next(), signing.next()) {
                (Some(_), Some(_)) => (None, Refusal::AppNotNamed),
                (only, _) => (only, Refusal::UnknownApp),
            },
        };
        let Some((&app_id, Some(secrets))) = app else {
            black_box(digest(b"an app that is not configured").ct_eq(presented));
            return Err(refusal);
        };
        let secret = secrets.signer(presented, digest).ok_or(Refusal::WrongSignature)?;
        Ok(Signer { app_id, secret })
    }

    /// Finds out who signed a delivery that names no app, by the secret that fits; of two apps that share
    /// it, the one with the lower id.
    pub(crate) fn any_signer<const N: usize>(
        &self,
        presented: &[u8; N],
        digest: impl Fn(&[u8]) -> [u8; N],
    ) -> Result<Signer, Refusal> {
        let signer = self.0.iter().find_map(|(&app_id, secrets)| {
            let secret = secrets.as_ref()?.signer(presented, &digest)?;
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
            assert_eq!(twice, Err(ConfigError::DuplicateApp { app_id: 1 }));
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

    #[test]
    fn an_unsigned_app_is_not_counted_among_those_that_can_have_signed() {
        for unsigned in [1, 9] {
            let apps = Apps::of_unsigned(unsigned).insert(7, Secrets::new("a").ok()).unwrap();
            let signer = Signer { app_id: 7, secret: SecretName::Current };
            assert_eq!(apps.signer(None, &[1], length), Ok(signer));
        }
        assert_eq!(Apps::of_unsigned(1).signer(None, &[1], length), Err(Refusal::UnknownApp));
    }
}
