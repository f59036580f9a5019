//! The receivers that the cases name, and their secrets.

use std::time::Duration;

use room_hooks::{Provider, Receiver, Secrets, tencent::Tencent, trtc::Trtc, zego::Zego};

use crate::case::Setup;

/// Longer than the age of any published vector.
const AGES: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

pub(crate) const ZEGO_APP: u64 = 1234567890;
/// The secret of the standard ZEGO receiver.
pub const ZEGO_SECRET: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a0";
pub(crate) const TENCENT_APP: u64 = 1400000000;
/// The token of the standard Tencent receiver.
pub const TENCENT_TOKEN: &str = "k3y-For_Tests";
pub(crate) const TRTC_APP: u64 = 1400000000;
/// The key of the standard TRTC receiver.
pub const TRTC_KEY: &str = "123654";

pub(crate) fn zego(setup: Setup) -> Receiver<Zego> {
    let standard = || Zego::new(ZEGO_APP, ZEGO_SECRET).unwrap();
    let zego = match setup {
        Setup::Several => {
            let secrets = Secrets::new("the new secret").unwrap();
            Zego::new(ZEGO_APP, secrets.with_previous(ZEGO_SECRET).unwrap())
                .and_then(|zego| zego.with_app(2, "another app's secret"))
                .unwrap()
        }
        Setup::Vectors => Zego::new(1, "secret")
            .and_then(|zego| zego.with_app(2, "0a1b2c3d4e5f60718293a4b5c6d7e8f9"))
            .and_then(|zego| zego.with_app(3, ZEGO_SECRET))
            .and_then(|zego| zego.with_tolerance(AGES))
            .unwrap(),
        _ => standard(),
    };
    limited(Receiver::new(zego), setup)
}

pub(crate) fn tencent(setup: Setup) -> Receiver<Tencent> {
    let standard = || Tencent::new(TENCENT_APP, TENCENT_TOKEN).unwrap();
    let tencent = match setup {
        Setup::Several => {
            let tokens = Secrets::new("the new token").unwrap();
            Tencent::new(TENCENT_APP, tokens.with_previous(TENCENT_TOKEN).unwrap())
                .and_then(|tencent| tencent.with_app(2, "another app's token"))
                .unwrap()
        }
        Setup::Vectors => Tencent::new(1, "xxxxyyyy")
            .and_then(|tencent| tencent.with_app(2, "xxxyyy"))
            .and_then(|tencent| tencent.with_app(3, TENCENT_TOKEN))
            .and_then(|tencent| tencent.with_tolerance(AGES))
            .unwrap(),
        Setup::Unsigned => Tencent::dangerous_unsigned(TENCENT_APP),
        _ => standard(),
    };
    limited(Receiver::new(tencent), setup)
}

pub(crate) fn trtc(setup: Setup) -> Receiver<Trtc> {
    let standard = || Trtc::new(TRTC_APP, TRTC_KEY).unwrap();
    let trtc = match setup {
        Setup::Several => {
            let keys = Secrets::new("thenewkey").unwrap();
            Trtc::new(TRTC_APP, keys.with_previous(TRTC_KEY).unwrap())
                .and_then(|trtc| trtc.with_app(2, "anotherappskey"))
                .unwrap()
        }
        Setup::Unsigned => Trtc::dangerous_unsigned(TRTC_APP),
        Setup::Fresh => standard().with_tolerance(Trtc::MIN_TOLERANCE).unwrap(),
        _ => standard(),
    };
    limited(Receiver::new(trtc), setup)
}

fn limited<P: Provider>(receiver: Receiver<P>, setup: Setup) -> Receiver<P> {
    match setup {
        Setup::Small => receiver.with_body_limit(1000),
        Setup::Large => receiver.with_body_limit(4 * 1024 * 1024),
        Setup::Hasty => receiver.with_body_timeout(Duration::from_millis(300)),
        _ => receiver,
    }
}
