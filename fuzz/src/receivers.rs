//! The apps that the targets know, as the core and the reference have them.

use std::time::{Duration, SystemTime};

use room_hooks::{ConfigError, Receiver, Secrets, tencent::Tencent, trtc::Trtc, zego::Zego};

/// Each app with its secrets: the current one first, then those before it.
pub(crate) const APPS: [(u64, &[&str]); 2] = [(1, &["secret", "0ld"]), (20, &["other"])];

/// An app of Tencent's that does not sign.
pub(crate) const UNSIGNED_APP: u64 = 3;

/// The time in all targets that need no server, in Unix seconds.
pub(crate) const NOW: u64 = 1_757_500_000;

pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

pub(crate) fn zego() -> Receiver<Zego> {
    let [(app, ours), (other_app, others)] = APPS;
    configured(
        secrets(ours).and_then(|ours| Zego::new(app, ours)?.with_app(other_app, secrets(others)?)),
    )
}

pub(crate) fn tencent() -> Receiver<Tencent> {
    let [(app, ours), (other_app, others)] = APPS;
    let signed = secrets(ours)
        .and_then(|ours| Tencent::new(app, ours)?.with_app(other_app, secrets(others)?));
    configured(signed.and_then(|tencent| tencent.with_unsigned_app(UNSIGNED_APP)))
}

pub(crate) fn trtc() -> Receiver<Trtc> {
    let [(app, ours), (other_app, others)] = APPS;
    configured(
        secrets(ours).and_then(|ours| Trtc::new(app, ours)?.with_app(other_app, secrets(others)?)),
    )
}

fn secrets(secrets: &[&str]) -> Result<Secrets, ConfigError> {
    let [current, previous @ ..] = secrets else { return Err(ConfigError::SecretEmpty) };
    previous
        .iter()
        .try_fold(Secrets::new(current)?, |secrets, previous| secrets.with_previous(previous))
}

fn configured<P: room_hooks::Provider>(provider: Result<P, ConfigError>) -> Receiver<P> {
    Receiver::new(provider.expect("it is configured so"))
}
