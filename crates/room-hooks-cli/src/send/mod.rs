mod forge;
mod load;

use std::{
    io::Write,
    time::{Duration, SystemTime},
};

use clap::Args;
use room_hooks::testing::SignedDelivery;

use crate::{
    Failure, Verdict,
    credentials::Credentials,
    encoding::Encoding,
    event::{EventArguments, Unsigned},
    factor::Factor,
    http::{Answer, Line, Target},
    player::{Player, ProviderName},
    terminal::{self, BAD, DIM, GOOD},
};

use self::{forge::Forgery, load::Load};

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
    /// How the body is encoded (ZEGO)
    #[arg(long, value_enum, default_value_t)]
    encoding: Encoding,
    /// Sends it again until it is acknowledged, when the provider would: ZEGO 2, 4, 8, 16 and 32 s after
    /// a try, TRTC at once and then every 10 s for a minute
    #[arg(long)]
    retry: bool,
    /// Signs each retry anew
    #[arg(long, requires = "retry")]
    resign: bool,
    /// Waits so many times shorter between retries
    #[arg(long, value_name = "FACTOR", default_value_t = Factor::ONE, requires = "retry")]
    speed: Factor,
    #[command(flatten)]
    load: Load,
    /// Sends a bad one, which is to be refused
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
  room-hooks send room_create --set room_id=room-{i} --times 1000 --concurrency 4
  room-hooks send room_create --forge signature
  room-hooks send --provider zego --body-file event.json

Exit status: 0 if all were acknowledged (with --forge: refused), 1 if not, 2 if it could not be tried.";

pub(crate) fn run(arguments: &Arguments) -> Result<Verdict, Failure> {
    let unsigned = arguments.event.unsigned()?;
    let provider = unsigned.provider;
    let sender = Sender {
        unsigned,
        player: arguments.credentials.player(provider)?,
        encoding: arguments.encoding,
        line: arguments.target.line(provider)?,
    };
    if provider != ProviderName::Zego && arguments.encoding != Encoding::Json {
        return Err("only ZEGO has other encodings than JSON".into());
    }
    if let Some(forgery) = arguments.forge {
        return forge::run(forgery, &sender, &arguments.credentials);
    }
    if arguments.load.is_asked_for() {
        return arguments.load.run(&sender);
    }
    let mut delivery = sender.delivery(0, SystemTime::now())?;
    let mut answer = sender.line.post(&delivery)?;
    sender.show(&answer)?;
    if !arguments.retry {
        return Ok(verdict(&answer));
    }
    if provider.retries().is_empty() {
        terminal::note("Tencent does not try again, unless its console is told to");
    }
    for &seconds in provider.retries() {
        if answer.is_success() {
            break;
        }
        let pause = arguments.speed.shorten(Duration::from_secs(seconds));
        terminal::wait(pause, "next try")?;
        if arguments.resign {
            delivery = sender.delivery(0, SystemTime::now())?;
        }
        answer = sender.line.post(&delivery)?;
        sender.show(&answer)?;
    }
    Ok(verdict(&answer))
}

fn verdict(answer: &Answer) -> Verdict {
    if answer.is_success() { Verdict::Yes } else { Verdict::No }
}

/// Who sends what, and where.
struct Sender {
    unsigned: Unsigned,
    player: Player,
    encoding: Encoding,
    line: Line,
}

impl Sender {
    /// The n-th delivery, signed at a time.
    fn delivery(&self, n: u64, at: SystemTime) -> Result<SignedDelivery, Failure> {
        let mut delivery = self.player.sign(&self.unsigned.event(n)?, at)?;
        delivery.body = self.encoding.apply(delivery.body)?;
        Ok(delivery)
    }

    fn show(&self, answer: &Answer) -> Result<(), Failure> {
        let style = if answer.is_success() { GOOD } else { BAD };
        let Answer { status, body, took } = answer;
        writeln!(
            terminal::out(),
            "{style}{status}{style:#} {} {DIM}{:.1} ms{DIM:#} {body}",
            self.line.url(),
            took.as_secs_f64() * 1000.0,
        )?;
        Ok(())
    }
}
