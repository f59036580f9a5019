use std::{
    env::{self, VarError},
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use room_hooks::{Secrets, tencent::Tencent, trtc::Trtc, zego::Zego};

use crate::{
    Error,
    provider::{Provider, ProviderName},
    terminal,
};

/// Which app signs, and with what.
#[derive(Debug, Default, Args)]
pub(crate) struct Credentials {
    /// The app's id [env: ZEGO_APP_ID, TENCENT_SDK_APP_ID, TRTC_SDK_APP_ID]
    #[arg(long, value_name = "ID")]
    app_id: Option<u64>,
    /// A file that holds the secret and nothing else, of whichever provider [env: the secret in
    /// ZEGO_CALLBACK_SECRET, TENCENT_TOKEN, TRTC_KEY, or its file in ZEGO_CALLBACK_SECRET_FILE, …]
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// The variables that a provider's app and secret are in, and what the examples have where they are not
/// set.
struct Variables {
    app_id: &'static str,
    secret: &'static str,
    demonstration: (u64, &'static str),
}

const fn variables(provider: ProviderName) -> Variables {
    match provider {
        ProviderName::Zego => Variables {
            app_id: "ZEGO_APP_ID",
            secret: "ZEGO_CALLBACK_SECRET",
            demonstration: (1234567890, "demo-callback-secret"),
        },
        ProviderName::Tencent => Variables {
            app_id: "TENCENT_SDK_APP_ID",
            secret: "TENCENT_TOKEN",
            demonstration: (1400000000, "demo-token"),
        },
        ProviderName::Trtc => Variables {
            app_id: "TRTC_SDK_APP_ID",
            secret: "TRTC_KEY",
            demonstration: (1400000000, "demokey"),
        },
    }
}

impl Credentials {
    /// The provider as this app of it.
    pub(crate) fn provider(&self, provider: ProviderName) -> Result<Provider, Error> {
        new_provider(provider, self.app_id(provider)?, self.secret(provider)?)
    }

    /// The provider with the secret of another file.
    pub(crate) fn with(&self, provider: ProviderName, file: &Path) -> Result<Provider, Error> {
        let of_file = Self { app_id: self.app_id, secret_file: Some(file.to_owned()) };
        of_file.provider(provider)
    }

    /// The provider as another app of it, with the same secret.
    pub(crate) fn another_app(&self, provider: ProviderName) -> Result<Provider, Error> {
        new_provider(provider, self.app_id(provider)?.wrapping_add(1), self.secret(provider)?)
    }

    /// The provider with a secret that nobody has.
    pub(crate) fn forger(&self, provider: ProviderName) -> Result<Provider, Error> {
        new_provider(provider, self.app_id(provider)?, Secrets::new("forged")?)
    }

    fn app_id(&self, provider: ProviderName) -> Result<u64, Error> {
        let Variables { app_id: variable, demonstration, .. } = variables(provider);
        match (self.app_id, set(variable)?) {
            (Some(app_id), _) => Ok(app_id),
            (None, Some(app_id)) => {
                app_id.parse().map_err(|_| format!("{variable} is not a number").into())
            }
            (None, None) => Ok(demonstration.0),
        }
    }

    /// Whether a secret was given, and not the examples' own is used.
    pub(crate) fn is_given(&self, provider: ProviderName) -> bool {
        let variable = variables(provider).secret;
        let is_set = |name: &str| env::var_os(name).is_some();
        self.secret_file.is_some() || is_set(variable) || is_set(&format!("{variable}_FILE"))
    }

    fn secret(&self, provider: ProviderName) -> Result<Secrets, Error> {
        let Variables { secret: variable, demonstration, .. } = variables(provider);
        let of_file = set(&format!("{variable}_FILE"))?.map(PathBuf::from);
        let (source, secret) = if let Some(file) = self.secret_file.clone().or(of_file) {
            let source = file.display().to_string();
            let secret = fs::read_to_string(&file).map_err(|error| format!("{source}: {error}"))?;
            // An editor's or `echo`'s, and no part of it.
            let secret = secret.strip_suffix('\n').unwrap_or(&secret);
            (source, secret.strip_suffix('\r').unwrap_or(secret).to_owned())
        } else if let Some(secret) = set(variable)? {
            (variable.to_owned(), secret)
        } else {
            terminal::note(&format!("{variable} is not set: the examples' own secret is used"));
            (variable.to_owned(), demonstration.1.to_owned())
        };
        Ok(Secrets::new(&secret).map_err(|error| format!("{source}: {error}"))?)
    }
}

fn new_provider(provider: ProviderName, app_id: u64, secret: Secrets) -> Result<Provider, Error> {
    Ok(match provider {
        ProviderName::Zego => Provider::Zego(Zego::new(app_id, secret)?),
        ProviderName::Tencent => Provider::Tencent(Tencent::new(app_id, secret)?),
        ProviderName::Trtc => Provider::Trtc(Trtc::new(app_id, secret)?),
    })
}

/// A variable that is set; one that cannot be read is an error and not a default.
fn set(variable: &str) -> Result<Option<String>, Error> {
    match env::var(variable) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(format!("{variable} is not UTF-8").into()),
    }
}
