use std::{collections::BTreeMap, hint::black_box};

use subtle::ConstantTimeEq;

use crate::{
    ConfigError, Refusal, RequestData, SecretName, Secrets,
    verify::{freshness::canonical, lookup::Lookup},
};

/// The apps that share a receiver, each with its own secrets. An app that does not sign has none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Apps {
    configured: BTreeMap<u64, Option<Secrets>>,
    /// Finds apps that are not configured. It never finds an app that does not sign.
    lookup: Option<Lookup>,
}

/// The app that sent a delivery, and the secret that signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) app_id: u64,
    pub(crate) secret: SecretName,
}

impl Apps {
    pub(crate) fn of_unsigned(app_id: u64) -> Self {
        Self { configured: BTreeMap::from([(app_id, None)]), lookup: None }
    }

    pub(crate) fn of_lookup(lookup: Lookup) -> Self {
        Self { configured: BTreeMap::new(), lookup: Some(lookup) }
    }

    pub(crate) fn insert(
        mut self,
        app_id: u64,
        secrets: Option<Secrets>,
    ) -> Result<Self, ConfigError> {
        match self.configured.insert(app_id, secrets) {
            None => Ok(self),
            Some(_) => Err(ConfigError::DuplicateApp { app_id }),
        }
    }

    /// The app that an unsigned delivery names, if it is configured as one that does not sign. For
    /// a delivery that need not name an app, the first such app.
    pub(crate) fn unsigned(&self, named: Option<&str>, need_not_name: bool) -> Option<u64> {
        let app = match named {
            Some(app_id) => self.named(app_id).filter(|(_, secrets)| secrets.is_none()),
            None if need_not_name => self.configured.iter().find(|(_, secrets)| secrets.is_none()),
            None => None,
        };
        app.map(|(app_id, _)| *app_id)
    }

    /// The configured app with this id. An id that is not a canonical number has none.
    fn named(&self, app_id: &str) -> Option<(&u64, &Option<Secrets>)> {
        self.configured.get_key_value(&canonical(app_id)?)
    }

    /// Finds the signer: one of the secrets of the named app or, if the delivery names no app, of
    /// the only one. The lookup can find an app that is not configured.
    ///
    /// If several apps are configured, the delivery must name one, so that its cost does not grow
    /// with their number. If no app can have signed it, one digest is computed nevertheless, so
    /// that timing does not distinguish an unknown app from one with a single secret.
    pub(crate) fn signer<const N: usize>(
        &self,
        named: Option<&str>,
        request: &RequestData,
        presented: &[u8; N],
        digest: impl Fn(&[u8]) -> [u8; N],
    ) -> Result<Signer, Refusal> {
        let mut signing = self.configured.iter().filter(|(_, secrets)| secrets.is_some());
        let (app, refusal) = match named {
            Some(app_id) => (self.named(app_id), Refusal::UnknownApp),
            None => match (signing.next(), signing.next()) {
                (Some(_), Some(_)) => (None, Refusal::AppNotNamed),
                (only, _) => (only, Refusal::UnknownApp),
            },
        };
        // If the delivery names no app, the request data can identify it. That is more reliable
        // than taking the only configured app.
        let lookup = self.lookup.as_ref().filter(|_| app.is_none() || named.is_none());
        let found = lookup.and_then(|lookup| lookup.find(named, request));
        let configured = app.and_then(|(&app_id, secrets)| Some((app_id, secrets.as_ref()?)));
        let app = found.as_ref().map(|app| (app.app_id, &*app.secrets)).or(configured);
        let Some((app_id, secrets)) = app else {
            black_box(digest(b"an app that is not configured").ct_eq(presented));
            return Err(refusal);
        };
        let secret = secrets.signer(presented, digest).ok_or(Refusal::WrongSignature)?;
        Ok(Signer { app_id, secret })
    }

    /// Finds the signer of a delivery that names no app, by trying all secrets. If two apps share
    /// the secret, the one with the lower id counts. If no secret matches, the lookup can find the
    /// app by the request data.
    pub(crate) fn any_signer<const N: usize>(
        &self,
        request: &RequestData,
        presented: &[u8; N],
        digest: impl Fn(&[u8]) -> [u8; N],
    ) -> Result<Signer, Refusal> {
        let signer = self.configured.iter().find_map(|(&app_id, secrets)| {
            let secret = secrets.as_ref()?.signer(presented, &digest)?;
            Some(Signer { app_id, secret })
        });
        match (signer, &self.lookup) {
            (Some(signer), _) => Ok(signer),
            (None, Some(_)) => self.signer(None, request, presented, digest),
            (None, None) => Err(Refusal::WrongSignature),
        }
    }

    /// The secrets of the named app, or of all apps if none is named or the name is not an id.
    #[cfg(feature = "testing")]
    pub(crate) fn secrets(
        &self,
        named: Option<&str>,
    ) -> impl Iterator<Item = (u64, SecretName, &[u8])> {
        let named = named.and_then(canonical);
        let apps =
            self.configured.iter().filter(move |(id, _)| named.is_none_or(|named| named == **id));
        apps.flat_map(|(id, secrets)| {
            let secrets = secrets.iter().flat_map(Secrets::named);
            secrets.map(|(name, secret)| (*id, name, secret))
        })
    }

    /// Whether there is no app to sign as, because only the lookup knows the apps.
    #[cfg(feature = "testing")]
    pub(crate) fn cannot_sign(&self) -> bool {
        self.configured.is_empty() && self.lookup.is_some()
    }

    /// The app to sign as, and its current secret: among the apps that sign, the one with the
    /// lowest id.
    #[cfg(feature = "testing")]
    pub(crate) fn first(&self) -> Option<(u64, Option<&[u8]>)> {
        let signing = self.secrets(None).next();
        let signing = signing.map(|(app_id, _, secret)| (app_id, Some(secret)));
        signing.or_else(|| self.configured.keys().next().map(|app_id| (*app_id, None)))
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, sync::Arc};

    use super::*;
    use crate::App;

    fn none() -> RequestData {
        RequestData::default()
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
        assert_eq!(apps().signer(Some("2"), &none(), &[4], length), Ok(previous));
        assert_eq!(apps().signer(Some("1"), &none(), &[4], length), Err(Refusal::WrongSignature));
        for unknown in ["3", "", "one", "02", " 2", "18446744073709551616"] {
            let signer = apps().signer(Some(unknown), &none(), &[4], length);
            assert_eq!(signer, Err(Refusal::UnknownApp), "{unknown:?}");
        }
    }

    #[test]
    fn of_several_apps_one_must_be_named() {
        assert_eq!(apps().signer(None, &none(), &[1], length), Err(Refusal::AppNotNamed));
        let lone = Apps::default().insert(7, Secrets::new("a").ok()).unwrap();
        let signer = Signer { app_id: 7, secret: SecretName::Current };
        assert_eq!(lone.signer(None, &none(), &[1], length), Ok(signer));
        assert_eq!(lone.signer(None, &none(), &[2], length), Err(Refusal::WrongSignature));
    }

    #[test]
    fn any_app_can_be_the_signer_of_a_delivery_that_names_none() {
        let signer = apps().any_signer(&none(), &[1], length);
        assert_eq!(signer, Ok(Signer { app_id: 1, secret: SecretName::Current }));
        assert_eq!(apps().any_signer(&none(), &[3], length), Err(Refusal::WrongSignature));
    }

    /// The time that a refusal takes must not distinguish an unknown app from one with a single
    /// secret.
    #[test]
    fn an_unknown_app_costs_one_digest() {
        let digests = Cell::new(0);
        let counted = |secret: &[u8]| {
            digests.set(digests.get() + 1);
            length(secret)
        };
        for (named, count) in [(Some("1"), 1), (Some("3"), 1), (Some("x"), 1), (None, 1)] {
            digests.set(0);
            assert!(apps().signer(named, &none(), &[9], counted).is_err());
            assert_eq!(digests.get(), count, "{named:?}");
        }
    }

    /// A lookup that finds another app than the named one counts as a miss.
    #[test]
    fn a_miss_of_a_lookup_costs_one_digest() {
        let digests = Cell::new(0);
        let counted = |secret: &[u8]| {
            digests.set(digests.get() + 1);
            length(secret)
        };
        let secrets = Arc::new(Secrets::new("ab").unwrap());
        let apps = Apps::of_lookup(Lookup::new(move |claimant| {
            (claimant.app_id != Some(9)).then(|| App::new(7, Arc::clone(&secrets)))
        }));
        let signer = Signer { app_id: 7, secret: SecretName::Current };
        for (named, presented, result) in [
            (Some("7"), 2, Ok(signer)),
            (None, 2, Ok(signer)),
            (Some("7"), 3, Err(Refusal::WrongSignature)),
            (Some("8"), 2, Err(Refusal::UnknownApp)),
            (Some("9"), 2, Err(Refusal::UnknownApp)),
            (Some("x"), 2, Err(Refusal::UnknownApp)),
        ] {
            digests.set(0);
            assert_eq!(apps.signer(named, &none(), &[presented], counted), result, "{named:?}");
            assert_eq!(digests.get(), 1, "{named:?}");
        }
        assert_eq!(apps.any_signer(&none(), &[2], length), Ok(signer));
        assert_eq!(apps.unsigned(Some("7"), true), None);
        // A configured app does not bypass the lookup.
        let apps = apps.insert(1, Secrets::new("abcd").ok()).unwrap();
        assert_eq!(apps.signer(None, &none(), &[2], length), Ok(signer));
        assert_eq!(apps.any_signer(&none(), &[2], length), Ok(signer));
        let configured = Signer { app_id: 1, secret: SecretName::Current };
        assert_eq!(apps.signer(Some("1"), &none(), &[4], length), Ok(configured));
        assert_eq!(apps.any_signer(&none(), &[4], length), Ok(configured));
        assert_eq!(apps.unsigned(None, true), None);
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
        assert_eq!(apps.signer(Some("3"), &none(), &[1], length), Err(Refusal::UnknownApp));
        assert!(apps.any_signer(&none(), &[9], length).is_err());
    }

    #[test]
    fn an_unsigned_app_is_not_counted_among_those_that_can_have_signed() {
        for unsigned in [1, 9] {
            let apps = Apps::of_unsigned(unsigned).insert(7, Secrets::new("a").ok()).unwrap();
            let signer = Signer { app_id: 7, secret: SecretName::Current };
            assert_eq!(apps.signer(None, &none(), &[1], length), Ok(signer));
        }
        assert_eq!(
            Apps::of_unsigned(1).signer(None, &none(), &[1], length),
            Err(Refusal::UnknownApp)
        );
    }
}
