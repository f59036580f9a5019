use std::{
    env::{self, VarError},
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use clap::Args;
use room_hooks::{ConfigError, Secrets, tencent::Tencent, trtc::Trtc, zego::Zego};

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

/// A secret and where it was found. It has no `Debug`, so that it cannot be printed by mistake.
pub(crate) struct FoundSecret {
    /// A file or a variable.
    pub(crate) source: String,
    pub(crate) text: String,
    /// Whether no secret was given, so that it is the one of the examples.
    pub(crate) is_example: bool,
}

impl FoundSecret {
    fn secrets(&self) -> Result<Secrets, Error> {
        let Self { source, text, .. } = self;
        Ok(Secrets::new(text).map_err(|error| format!("{source}: {error}"))?)
    }
}

/// Whether the missing secret of each provider was noted.
static NOTED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

impl Credentials {
    /// Whether they were given by flags, which do not tell of which provider they are.
    pub(crate) fn is_of_one_provider(&self) -> bool {
        self.app_id.is_some() || self.secret_file.is_some()
    }

    /// The secret of a file, and the app id of the environment.
    pub(crate) fn of_file(file: &Path) -> Self {
        Self { app_id: None, secret_file: Some(file.to_owned()) }
    }

    /// The provider as this app of it.
    pub(crate) fn provider(&self, provider: ProviderName) -> Result<Provider, Error> {
        self.with_secret(provider, &self.secret(provider)?)
    }

    /// The provider as this app, with a secret that was read already: it may come from a pipe.
    pub(crate) fn with_secret(
        &self,
        provider: ProviderName,
        secret: &FoundSecret,
    ) -> Result<Provider, Error> {
        new_provider(provider, self.app_id(provider)?, secret.secrets()?)
    }

    /// The provider as another app of it, with the same secret.
    pub(crate) fn another_app(&self, provider: ProviderName) -> Result<Provider, Error> {
        let app_id = self.app_id(provider)?.wrapping_add(1);
        new_provider(provider, app_id, self.secret(provider)?.secrets()?)
    }

    /// The provider with a secret of no app.
    pub(crate) fn forger(&self, provider: ProviderName) -> Result<Provider, Error> {
        new_provider(provider, self.app_id(provider)?, Secrets::new("forged")?)
    }

    pub(crate) fn app_id(&self, provider: ProviderName) -> Result<u64, Error> {
        let Variables { app_id: variable, demonstration, .. } = variables(provider);
        match (self.app_id, set(variable)?) {
            (Some(app_id), _) => Ok(app_id),
            (None, Some(app_id)) => {
                app_id.parse().map_err(|_| format!("{variable} is not a number").into())
            }
            (None, None) => Ok(demonstration.0),
        }
    }

    /// The secret as it was given, whether or not a provider accepts it.
    pub(crate) fn secret(&self, provider: ProviderName) -> Result<FoundSecret, Error> {
        let Variables { secret: variable, demonstration, .. } = variables(provider);
        let of_file = set(&format!("{variable}_FILE"))?.map(PathBuf::from);
        if let Some(file) = self.secret_file.clone().or(of_file) {
            return secret_in_file(&file);
        }
        let source = variable.to_owned();
        if let Some(text) = set(variable)? {
            return Ok(FoundSecret { source, text, is_example: false });
        }
        // Once is enough, also for a page that verifies each delivery that it shows.
        if !NOTED[provider as usize].swap(true, Ordering::Relaxed) {
            terminal::note(&format!("{variable} is not set: the examples' own secret is used"));
        }
        Ok(FoundSecret { source, text: demonstration.1.to_owned(), is_example: true })
    }
}

/// No secret is nearly as long.
const MAX_BYTES: u64 = 64 * 1024;

/// The secret that a file holds and nothing else, except for the line break that editors and `echo` add.
pub(crate) fn secret_in_file(file: &Path) -> Result<FoundSecret, Error> {
    let source = file.display().to_string();
    let mut bytes = Vec::new();
    fs::File::open(file)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("{source}: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("{source} is too long for a secret").into());
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("{source} is not UTF-8: save the secret as plain text in UTF-8"))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text).to_owned();
    Ok(FoundSecret { source, text, is_example: false })
}

/// A provider as one app with one secret.
pub(crate) fn provider_with(
    provider: ProviderName,
    app_id: u64,
    secret: &str,
) -> Result<Provider, ConfigError> {
    new_provider(provider, app_id, Secrets::new(secret)?)
}

fn new_provider<E: From<ConfigError>>(
    provider: ProviderName,
    app_id: u64,
    secret: Secrets,
) -> Result<Provider, E> {
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
