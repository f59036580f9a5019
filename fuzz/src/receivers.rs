//! The apps that both the core and the reference are configured with.

use std::time::{Duration, SystemTime};

use room_hooks::{ConfigError, Receiver, Secrets, tencent::Tencent, trtc::Trtc, zego::Zego};

/// The apps that share a receiver.
pub(crate) struct Apps {
    /// Each app with its secrets: the current secret, then the previous ones.
    pub(crate) signed: &'static [(u64, &'static [&'static str])],
    /// A Tencent or TRTC app that does not sign.
    pub(crate) unsigned: Option<u64>,
}

/// Several apps. A delivery must name one of them.
pub(crate) const SEVERAL: Apps =
    Apps { signed: &[(1, &["secret", "0ld"]), (20, &["other"])], unsigned: Some(UNSIGNED_APP) };

/// A single app. A delivery need not name it.
pub(crate) const LONE: Apps = Apps { signed: &[(1, &["secret", "0ld"])], unsigned: None };

pub(crate) const UNSIGNED_APP: u64 = 3;

/// The current time in all targets, in Unix seconds. Only the servers use the real clock.
pub(crate) const NOW: u64 = 1_757_500_000;

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

pub(crate) fn zego(apps: &Apps) -> Receiver<Zego> {
    configured(apps, Zego::new, Zego::with_app)
}

pub(crate) fn tencent(apps: &Apps) -> Receiver<Tencent> {
    let new = |app, secrets: Secrets| {
        let tencent = Tencent::new(app, secrets)?;
        match apps.unsigned {
            Some(unsigned) => tencent.with_dangerous_unsigned_app(unsigned),
            None => Ok(tencent),
        }
    };
    configured(apps, new, Tencent::with_app)
}

pub(crate) fn trtc(apps: &Apps) -> Receiver<Trtc> {
    let new = |app, secrets: Secrets| {
        let trtc = Trtc::new(app, secrets)?;
        match apps.unsigned {
            Some(unsigned) => trtc.with_dangerous_unsigned_app(unsigned),
            None => Ok(trtc),
        }
    };
    configured(apps, new, Trtc::with_app)
}

/// Builds a receiver for the first app, and adds the others.
fn configured<P: room_hooks::Provider>(
    apps: &Apps,
    new: impl FnOnce(u64, Secrets) -> Result<P, ConfigError>,
    with_app: impl Fn(P, u64, Secrets) -> Result<P, ConfigError>,
) -> Receiver<P> {
    let ((first, its_secrets), others) = apps.signed.split_first().expect("one app is configured");
    let first = secrets(its_secrets).and_then(|its_secrets| new(*first, its_secrets));
    let provider = others.iter().fold(first, |provider, (other, its_secrets)| {
        with_app(provider?, *other, secrets(its_secrets)?)
    });
    Receiver::new(provider.expect("the configuration is valid"))
}

fn secrets(secrets: &[&str]) -> Result<Secrets, ConfigError> {
    let [current, previous @ ..] = secrets else { return Err(ConfigError::SecretEmpty) };
    previous
        .iter()
        .try_fold(Secrets::new(current)?, |secrets, previous| secrets.with_previous(previous))
}
