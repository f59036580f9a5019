use std::{fmt, sync::Arc};

use crate::{ConfigError, RequestData, Secrets, verify::freshness::canonical};

/// The app that a delivery claims to come from: the input of an app lookup. **None of this is
/// verified.**
///
/// See [`App`] for an example.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Claimant<'a> {
    /// The app that the delivery names. `None` if it names none, as a console's check of the URL
    /// may.
    pub app_id: Option<u64>,
    /// The request data that the receiver selects, such as a tenant in the path.
    pub request: &'a RequestData,
}

/// An app that a lookup found, with its secrets.
///
/// ```
/// use std::{collections::HashMap, sync::Arc};
///
/// use room_hooks::{App, Claimant, Secrets};
///
/// type Tenants = HashMap<String, (u64, Arc<Secrets>)>;
///
/// /// Finds the app of the tenant in the path. A delivery that names another app is refused.
/// fn lookup(tenants: &Tenants, claimant: &Claimant<'_>) -> Option<App> {
///     let (app_id, secrets) = tenants.get(claimant.request.get("tenant")?)?;
///     Some(App::new(*app_id, Arc::clone(secrets)))
/// }
/// ```
///
/// [`Zego::with_lookup`](crate::zego::Zego::with_lookup) shows how a receiver uses it.
#[derive(Debug, Clone)]
pub struct App {
    pub(crate) app_id: u64,
    pub(crate) secrets: Arc<Secrets>,
}

impl App {
    /// Creates an app. Keep its secrets in an `Arc`, so that a lookup need not copy them.
    #[must_use]
    pub fn new(app_id: u64, secrets: impl Into<Arc<Secrets>>) -> Self {
        Self { app_id, secrets: secrets.into() }
    }
}

/// Finds apps at run time.
#[derive(Clone)]
pub(crate) struct Lookup(Arc<Find>);

type Find = dyn Fn(&Claimant<'_>) -> Option<App> + Send + Sync;

impl Lookup {
    pub(crate) fn new(find: impl Fn(&Claimant<'_>) -> Option<App> + Send + Sync + 'static) -> Self {
        Self(Arc::new(find))
    }

    /// Finds the app of a delivery. If the delivery names an app, only that one counts.
    pub(crate) fn find(&self, named: Option<&str>, request: &RequestData) -> Option<App> {
        let app_id = match named {
            Some(text) => Some(canonical(text)?),
            None => None,
        };
        let app = (self.0)(&Claimant { app_id, request })?;
        app_id.is_none_or(|app_id| app_id == app.app_id).then_some(app)
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup")
    }
}

/// An app id: a number, or its digits in a string, such as an environment variable.
///
/// ```
/// use room_hooks::{IntoAppId, zego::Zego};
///
/// # fn main() -> Result<(), room_hooks::ConfigError> {
/// let zego = Zego::new(1234567890, "callback secret")?.with_app("1234567891", "another secret")?;
/// assert_eq!("1234567890".into_app_id(), Ok(1234567890));
/// assert!("1234567890\n".into_app_id().is_err());
/// # Ok(())
/// # }
/// ```
pub trait IntoAppId {
    /// Checks the id.
    ///
    /// # Errors
    ///
    /// The text is empty, is not a number from 0 to 2^64 - 1, or has white space around it.
    fn into_app_id(self) -> Result<u64, ConfigError>;
}

impl IntoAppId for u64 {
    fn into_app_id(self) -> Result<u64, ConfigError> {
        Ok(self)
    }
}

impl IntoAppId for &str {
    fn into_app_id(self) -> Result<u64, ConfigError> {
        let refused = |problem| Err(ConfigError::AppId { problem });
        if self.is_empty() {
            return refused("it is empty");
        }
        if self.trim().len() < self.len() {
            return refused("it has white space around it, perhaps a final newline");
        }
        if !self.bytes().all(|byte| byte.is_ascii_digit()) {
            return refused("it is not a number");
        }
        self.parse().or_else(|_| refused("it is too large"))
    }
}

impl IntoAppId for &String {
    fn into_app_id(self) -> Result<u64, ConfigError> {
        self.as_str().into_app_id()
    }
}

impl IntoAppId for String {
    fn into_app_id(self) -> Result<u64, ConfigError> {
        self.as_str().into_app_id()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_id_may_be_the_text_of_an_environment_variable() {
        for (text, result) in [
            ("1234567890", Ok(1_234_567_890)),
            ("18446744073709551615", Ok(u64::MAX)),
            ("007", Ok(7)),
            ("", Err("it is empty")),
            ("  ", Err("it has white space around it, perhaps a final newline")),
            ("7\n", Err("it has white space around it, perhaps a final newline")),
            ("+7", Err("it is not a number")),
            ("-7", Err("it is not a number")),
            ("seven", Err("it is not a number")),
            ("18446744073709551616", Err("it is too large")),
        ] {
            let result = result.map_err(|problem| ConfigError::AppId { problem });
            assert_eq!(text.into_app_id(), result, "{text:?}");
            assert_eq!(text.to_owned().into_app_id(), result, "{text:?}");
        }
        let error = "".into_app_id().unwrap_err();
        assert_eq!(error.to_string(), "the app id cannot be used: it is empty");
    }

    #[test]
    fn a_lookup_must_find_the_named_app() {
        let secrets = Arc::new(Secrets::new("a").unwrap());
        let lookup = Lookup::new(move |claimant| {
            claimant.request.get("tenant")?;
            Some(App::new(7, Arc::clone(&secrets)))
        });
        let mut request = RequestData::default();
        assert!(lookup.find(Some("7"), &request).is_none());
        request.insert("tenant", Some("acme"));
        for (named, is_found) in
            [(Some("7"), true), (None, true), (Some("8"), false), (Some("x"), false)]
        {
            assert_eq!(lookup.find(named, &request).is_some(), is_found, "{named:?}");
        }
    }
}
