mod forge;
mod load;
mod retry;

use std::{
    io::Write,
    time::{Duration, SystemTime},
};

use clap::Args;
use room_hooks::testing::SignedDelivery;

use crate::{
    Error, ExitStatus,
    credentials::{Credentials, FoundSecret},
    decision::decision,
    encoding::Encoding,
    event::{EventArguments, Unsigned},
    http::{Client, Response, Target},
    provider::{Provider, Received},
    terminal::{self, DIM},
};

use self::{forge::Forgery, load::Load, retry::Retry};

/// Builds, signs and posts a callback, as its provider would.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    event: EventArguments,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    credentials: Credentials,
    /// The encoding of the body (ZEGO only)
    #[arg(long, value_enum, default_value_t)]
    encoding: Encoding,
    #[command(flatten)]
    retry: Retry,
    #[command(flatten)]
    load: Load,
    /// Sends the built-in event unchanged. A receiver that has handled it treats it as a duplicate,
    /// unless only its signature identifies it, as with events of ZIM rooms. Without this option,
    /// the event gets the current time and is a new event
    #[arg(long)]
    same: bool,
    /// Sends a bad callback, which the receiver must refuse
    #[arg(long, value_enum, conflicts_with_all = ["retry", "times"])]
    forge: Option<Forgery>,
}

const EXAMPLES: &str = "\
Examples:
  room-hooks send room_create --set room_id=lobby --set attributes.0.key=topic
  room-hooks send room_create --encoding form
  room-hooks send Room.CallbackAfterUpdateRoomInfo --set RoomInfo.RoomName='The Lobby'
  room-hooks send 103 --to http://localhost:8080/callbacks
  room-hooks send room_exit --retry --resign
  room-hooks send 103 --same                          a duplicate from the second time on
  room-hooks send room_create --set room_id=room-{i} --times 1000 --concurrency 4
  room-hooks send room_create --forge signature
  room-hooks send before_send_msg --set msg_body='a word'
  room-hooks send --provider zego --body-file event.json

The response to a question is shown with its decision.";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    let mut unsigned = arguments.event.unsigned()?;
    if !arguments.same {
        unsigned.renew(SystemTime::now());
    }
    let provider = unsigned.provider;
    let secret = arguments.credentials.secret(provider)?;
    let sender = Sender {
        unsigned,
        provider: arguments.credentials.with_secret(provider, &secret)?,
        encoding: arguments.encoding,
        client: arguments.target.client(&provider.default_path())?,
        is_same: arguments.same,
        secret,
    };
    if let Some(forgery) = arguments.forge {
        return forge::run(forgery, &sender, &arguments.credentials);
    }
    if arguments.load.is_asked_for() {
        return arguments.load.run(&sender);
    }
    arguments.retry.run(&sender)
}

/// The event to send, its provider and the receiver.
struct Sender {
    unsigned: Unsigned,
    provider: Provider,
    encoding: Encoding,
    client: Client,
    secret: FoundSecret,
    /// Whether an equal event may have been sent before.
    is_same: bool,
}

impl Sender {
    /// The n-th delivery, signed at the given time.
    fn delivery(&self, n: u64, at: SystemTime) -> Result<SignedDelivery, Error> {
        self.provider.sign(&self.unsigned.event(n)?, self.encoding, at)
    }

    /// Whether the event keeps its delivery id when it is re-signed.
    fn keeps_its_id(&self, received: Option<&Received>) -> Result<bool, Error> {
        let Some(id) = received.and_then(|received| received.id) else { return Ok(false) };
        let now = SystemTime::now();
        let again = self.delivery(0, now + Duration::from_secs(1))?;
        let again = self.provider.receive(again.as_delivery(), now).ok().flatten();
        Ok(again.and_then(|received| received.id) == Some(id))
    }

    fn show(&self, answer: &Response) -> Result<(), Error> {
        let line = format!(
            "{} {} {DIM}{:.1} ms{DIM:#} {}",
            terminal::status(answer.status),
            self.client.url(),
            answer.took.as_secs_f64() * 1000.0,
            answer.body,
        );
        writeln!(terminal::out(), "{}", line.trim_end())?;
        Ok(())
    }

    /// Shows the decision in the response to a question.
    fn show_decision(&self, question: &str, answer: &Response) -> Result<(), Error> {
        let asker = self.provider.name();
        // A response that is not a success decides nothing.
        let bytes = if answer.is_success() { &*answer.bytes } else { b"" };
        let decision = decision(asker, question, bytes);
        writeln!(terminal::out(), "decision: {}", terminal::plain(&decision))?;
        let waits = asker.waits(true);
        if answer.took > waits {
            terminal::note(&format!("too late: {asker} waits {} s", waits.as_secs_f32()));
        }
        Ok(())
    }
}
