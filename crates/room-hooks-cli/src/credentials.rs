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

/// An app and its secret.
#[derive(Debug, Default, Args)]
pub(crate) struct Credentials {
    /// The app's id [env: ZEGO_APP_ID, TENCENT_SDK_APP_ID, TRTC_SDK_APP_ID]
    #[arg(long, value_name = "ID")]
    app_id: Option<u64>,
    /// A file that contains the provider's secret and nothing else [env: the secret itself in
    /// ZEGO_CALLBACK_SECRET, TENCENT_TOKEN or TRTC_KEY, or a path in ZEGO_CALLBACK_SECRET_FILE, …]
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// The environment variables of a provider's app id and secret, and the values that the examples
/// use by default.
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

/// A secret and its source. It does not implement `Debug`, so it cannot be printed by mistake.
pub(crate) struct FoundSecret {
    /// The file or the environment variable.
    pub(crate) source: String,
    pub(crate) text: String,
    /// Whether this is the demonstration secret of the examples, because no secret was given.
    pub(crate) is_example: bool,
}

impl FoundSecret {
    fn secrets(&self) -> Result<Secrets, Error> {
        let Self { source, text, .. } = self;
        Ok(Secrets::new(text).map_err(|error| format!("{source}: {error}"))?)
    }
}

/// For each provider, whether a note about the missing secret was printed.
static NOTED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

impl Credentials {
    /// Whether an option sets the app id or the secret. Options do not say which provider they are
    /// for.
    fn is_of_one_provider(&self) -> bool {
        self.app_id.is_some() || self.secret_file.is_some()
    }

    /// Refuses options that apply to one provider if a file contains deliveries from several.
    pub(crate) fn check_scope(
        &self,
        file: &str,
        advice: &str,
        mut providers: impl Iterator<Item = ProviderName>,
    ) -> Result<(), Error> {
        let first = providers.next();
        if self.is_of_one_provider() && providers.any(|provider| Some(provider) != first) {
            return Err(format!(
                "--secret-file and --app-id apply to one provider, but the {file} has several: \
                 {advice}, or use variables such as ZEGO_CALLBACK_SECRET_FILE"
            )
            .into());
        }
        Ok(())
    }

    /// The secret in a file, with the app id from the environment.
    pub(crate) fn of_file(file: &Path) -> Self {
        Self { app_id: None, secret_file: Some(file.to_owned()) }
    }

    /// The provider with this app and secret.
    pub(crate) fn provider(&self, provider: ProviderName) -> Result<Provider, Error> {
        self.with_secret(provider, &self.secret(provider)?)
    }

    /// The provider with this app and a secret that was already read: a pipe can be read only once.
    pub(crate) fn with_secret(
        &self,
        provider: ProviderName,
        secret: &FoundSecret,
    ) -> Result<Provider, Error> {
        new_provider(provider, self.app_id(provider)?, secret.secrets()?)
    }

    /// The provider with another app id and the same secret.
    pub(crate) fn another_app(&self, provider: ProviderName) -> Result<Provider, Error> {
        let app_id = self.app_id(provider)?.wrapping_add(1);
        new_provider(provider, app_id, self.secret(provider)?.secrets()?)
    }

    /// The provider with a secret that belongs to no app.
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

    /// The secret as given, even if no provider would accept it.
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
        // Once is enough, even for a page that verifies each delivery that it shows.
        if !NOTED[provider as usize].swap(true, Ordering::Relaxed) {
            terminal::note(&format!(
                "{variable} is not set; using the demonstration secret of the examples"
            ));
        }
        Ok(FoundSecret { source, text: demonstration.1.to_owned(), is_example: true })
    }
}

/// The maximum size of a secret file. Secrets are far shorter.
const MAX_BYTES: u64 = 64 * 1024;

/// Reads a file that contains only a secret, without the line break that editors and `echo` add.
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

/// A provider with one app and one secret.
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

/// The value of a variable, if it is set. A value that cannot be read is an error, not a default.
fn set(variable: &str) -> Result<Option<String>, Error> {
    match env::var(variable) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(format!("{variable} is not UTF-8").into()),
    }
}
