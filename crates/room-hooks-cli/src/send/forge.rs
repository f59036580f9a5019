use std::{
    io::Write,
    time::{Duration, SystemTime},
};

use clap::ValueEnum;
use room_hooks::testing::SignedDelivery;
use serde_json::Value;

use crate::{
    Error, ExitStatus,
    credentials::Credentials,
    provider::ProviderName,
    terminal::{self, BAD},
};

use super::Sender;

/// The defect of a bad callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Forgery {
    /// Signed with another secret
    Signature,
    /// Signed a day ago
    Stale,
    /// From another app, signed with the same secret
    App,
    /// Changed after it was signed (for ZEGO, the genuine callback is sent first)
    Tampered,
    /// Larger than 1 MiB
    Oversize,
    /// Sent a byte at a time
    Slow,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Forgery {
    /// The statuses with which a correct receiver refuses the callback. Tencent does not sign the
    /// body; its tampered callback is refused because the query and the body name different
    /// commands.
    fn refusals(self) -> &'static [u16] {
        match self {
            Self::Signature | Self::Stale | Self::App => &[401],
            Self::Tampered => &[401, 400],
            Self::Oversize => &[413],
            Self::Slow => &[408],
        }
    }
}

pub(super) fn run(
    forgery: Forgery,
    sender: &Sender,
    credentials: &Credentials,
) -> Result<ExitStatus, Error> {
    let now = SystemTime::now();
    let provider = sender.unsigned.provider;
    let mut event = sender.unsigned.event(0)?;
    let honest = sender.provider.sign(&event, sender.encoding, now)?;
    let forged = match forgery {
        Forgery::Signature => credentials.forger(provider)?.sign(&event, sender.encoding, now)?,
        Forgery::Stale => {
            if provider == ProviderName::Trtc {
                terminal::note(
                    "only a receiver with `with_tolerance` refuses stale TRTC callbacks",
                );
            }
            sender.provider.sign(&event, sender.encoding, now - DAY)?
        }
        Forgery::App => credentials.another_app(provider)?.sign(&event, sender.encoding, now)?,
        Forgery::Tampered => {
            if provider == ProviderName::Zego {
                terminal::note(
                    "sending the genuine callback first, because ZEGO does not sign the body",
                );
                let answer = sender.client.post(&honest)?;
                sender.show(&answer)?;
                if !answer.is_success() {
                    return Err(
                        "the genuine callback was not acknowledged, so refusing the forged one \
                         would prove nothing"
                            .into(),
                    );
                }
            }
            tampered(provider, honest)
        }
        Forgery::Oversize => {
            event["padding"] = " ".repeat(1024 * 1024).into();
            let mut large = sender.provider.sign(&event, sender.encoding, now)?;
            // A receiver that refuses the body by its length may close the connection, and a client
            // that is still sending would miss the response.
            large.headers.push(("Expect".to_owned(), "100-continue".to_owned()));
            large
        }
        Forgery::Slow => honest,
    };
    let answer = match forgery {
        Forgery::Slow => sender.client.post_slowly(&forged)?,
        _ => sender.client.post(&forged)?,
    };
    sender.show(&answer)?;
    if forgery.refusals().contains(&answer.status) {
        return Ok(ExitStatus::Success);
    }
    let expected: Vec<_> = forgery.refusals().iter().map(u16::to_string).collect();
    writeln!(terminal::out(), "{BAD}expected{BAD:#} {}", expected.join(" or "))?;
    Ok(ExitStatus::Unsuccessful)
}

/// Changes the body and keeps the signature. For Tencent, which does not sign the body but repeats
/// the command in the query, changes the command.
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
    } else if delivery.body.starts_with(b"%") {
        // The new member goes before the closing brace.
        let end = delivery.body.len() - "%7D".len();
        delivery.body.splice(end..end, *b"%2C%22tampered%22%3Atrue");
    } else {
        delivery.body.extend_from_slice(b"&tampered=true");
    }
    delivery
}
