use std::collections::BTreeMap;

use crate::{ConfigError, Refusal, SecretName, Secrets, freshness::canonical};

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

    /// Finds out who signed: one of the named app's secrets or, where the delivery names no app, the
    /// app with a secret that fits (the lowest, should two share one).
    pub(crate) fn signer<const N: usize>(
        &self,
        app_id: Option<u64>,
        claimed: &[u8; N],
        digest: impl Fn(&[u8]) -> [u8; N],
    ) -> Result<Signer, Refusal> {
        let signer = |(&app_id, secrets): (&u64, &Secrets)| {
            let secret = secrets.signer(claimed, &digest)?;
            Some(Signer { app_id, secret })
        };
        match app_id {
            None => self.0.iter().find_map(signer),
            Some(_) => {
                let app = app_id.and_then(|app_id| self.0.get_key_value(&app_id));
                signer(app.ok_or(Refusal::UnknownApp { app_id })?)
            }
        }
        .ok_or(Refusal::WrongSignature)
    }

    /// The secrets of the named app, or of all.
    #[cfg(feature = "testing")]
    pub(crate) fn secrets(
        &self,
        app_id: Option<u64>,
    ) -> impl Iterator<Item = (u64, SecretName, &[u8])> {
        let apps = self.0.iter().filter(move |(id, _)| app_id.is_none_or(|app_id| app_id == **id));
        apps.flat_map(|(id, secrets)| secrets.named().map(|(name, secret)| (*id, name, secret)))
    }

    /// An app to sign as: the one with the lowest id.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn first(&self) -> Option<(u64, &Secrets)> {
        self.0.iter().next().map(|(&app_id, secrets)| (app_id, secrets))
    }
}

/// The app that a delivery names. An id that is no number is one that nobody can have configured.
pub(crate) fn named(app_id: Option<&str>) -> Result<Option<u64>, Refusal> {
    match app_id.map(canonical) {
        None => Ok(None),
        Some(None) => Err(Refusal::UnknownApp { app_id: None }),
        Some(number) => Ok(number),
    }
}

#[cfg(test)]
mod tests {
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
        assert_eq!(apps().signer(Some(2), &[4], length), Ok(previous));
        assert_eq!(apps().signer(Some(1), &[4], length), Err(Refusal::WrongSignature));
        let unknown = Refusal::UnknownApp { app_id: Some(3) };
        assert_eq!(apps().signer(Some(3), &[4], length), Err(unknown));
    }

    #[test]
    fn where_no_app_is_named_the_secret_names_it() {
        let signer = apps().signer(None, &[1], length);
        assert_eq!(signer, Ok(Signer { app_id: 1, secret: SecretName::Current }));
        assert_eq!(apps().signer(None, &[3], length), Err(Refusal::WrongSignature));
    }

    #[test]
    fn an_app_is_configured_once() {
        assert_eq!(apps().insert(1, "b"), Err(ConfigError::AppRepeated { app_id: 1 }));
    }
}
