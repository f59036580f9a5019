use std::time::{Duration, SystemTime};

use clap::ValueEnum;
use room_hooks::testing::SignedDelivery;
use serde_json::Value;

use crate::{
    Failure, Verdict,
    credentials::Credentials,
    player::{Player, ProviderName},
    terminal,
};

use super::Sender;

/// What is bad about a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Forgery {
    /// The signature is wrong
    Signature,
    /// It was signed a day ago
    Stale,
    /// It is another app's, signed with the same secret
    App,
    /// Its body was changed once it was signed (ZEGO: after the honest one was sent)
    Tampered,
    /// It is over 1 MiB
    Oversize,
    /// A byte of it comes now and then
    Slow,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) fn run(
    forgery: Forgery,
    sender: &Sender,
    credentials: &Credentials,
) -> Result<Verdict, Failure> {
    let now = SystemTime::now();
    let provider = sender.unsigned.provider;
    let honest = sender.delivery(0, now)?;
    let forged = match forgery {
        Forgery::Signature => forged_signature(provider, honest),
        Forgery::Stale => {
            if provider == ProviderName::Trtc {
                terminal::note(
                    "TRTC's callbacks are stale only for a receiver with `with_tolerance`",
                );
            }
            sender.delivery(0, now - DAY)?
        }
        Forgery::App => sign_as(&credentials.another(provider)?, sender, now)?,
        Forgery::Tampered => {
            if provider == ProviderName::Zego {
                terminal::note("the honest one first, since ZEGO does not sign the body");
                sender.show(&sender.line.post(&honest)?)?;
            }
            tampered(provider, honest)
        }
        Forgery::Oversize => {
            let mut large = honest;
            large.body.resize(1024 * 1024 + 1, b' ');
            large
        }
        Forgery::Slow => honest,
    };
    let answer = match forgery {
        Forgery::Slow => sender.line.post_slowly(&forged)?,
        _ => sender.line.post(&forged)?,
    };
    sender.show(&answer)?;
    let refused = (400..500).contains(&answer.status);
    Ok(if refused { Verdict::Yes } else { Verdict::No })
}

fn sign_as(player: &Player, sender: &Sender, now: SystemTime) -> Result<SignedDelivery, Failure> {
    let mut delivery = player.sign(&sender.unsigned.event(0)?, now)?;
    delivery.body = sender.encoding.apply(delivery.body)?;
    Ok(delivery)
}

/// A signature of the right form that no secret gives.
fn forged_signature(provider: ProviderName, mut delivery: SignedDelivery) -> SignedDelivery {
    match provider {
        ProviderName::Zego => {
            let body = String::from_utf8_lossy(&delivery.body).into_owned();
            // The hex digits of a digest are the same in every encoding.
            let digest = body.as_bytes().windows(40).position(|digits| {
                digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
            });
            if let Some(at) = digest {
                delivery.body.splice(at..at + 40, [b'0'; 40]);
            }
        }
        ProviderName::Tencent => {
            let (before, rest) =
                delivery.query.split_once("Sign=").unwrap_or((&delivery.query, ""));
            let after = rest.trim_start_matches(|digit: char| digit.is_ascii_hexdigit());
            delivery.query = format!("{before}Sign={}{after}", "0".repeat(64));
        }
        ProviderName::Trtc => {
            delivery.headers.retain(|(name, _)| name != "Sign");
            delivery.headers.push(("Sign".to_owned(), format!("{}=", "A".repeat(43))));
        }
    }
    delivery
}

/// Another body under the signature. Tencent's does not cover it either, but its command is outside as
/// well.
fn tampered(provider: ProviderName, mut delivery: SignedDelivery) -> SignedDelivery {
    if let Ok(Value::Object(mut members)) = serde_json::from_slice(&delivery.body) {
        match provider {
            ProviderName::Tencent => {
                members.insert("CallbackCommand".to_owned(), "Room.CallbackTampered".into());
            }
            _ => {
                members.insert("tampered".to_owned(), true.into());
            }
        }
        delivery.body = Value::Object(members).to_string().into_bytes();
    } else {
        // A form, or percent-encoded: one member more is one too many.
        delivery.body.extend_from_slice(b"&tampered=true");
    }
    delivery
}
