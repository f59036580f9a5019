use std::{
    io::Write,
    time::{Duration, SystemTime},
};

use clap::Args;

use crate::{
    Error, ExitStatus,
    http::Response,
    provider::ProviderName,
    speed::Speed,
    terminal::{self, BAD},
};

use super::Sender;

/// Whether and how it is sent again.
#[derive(Debug, Args)]
pub(super) struct Retry {
    /// Sends it again until it is acknowledged, when the provider would: ZEGO 2, 4, 8, 16 and 32 s
    /// after a try, TRTC at once and then every 10 s for a minute
    #[arg(long, conflicts_with = "times")]
    retry: bool,
    /// Signs each retry anew
    #[arg(long, requires = "retry")]
    resign: bool,
    /// Waits so many times shorter between retries
    #[arg(long, value_name = "FACTOR", default_value_t = Speed::ONE, requires = "retry")]
    speed: Speed,
}

impl Retry {
    /// Sends once or, if that is asked for, as often as the provider would.
    pub(super) fn run(&self, sender: &Sender) -> Result<ExitStatus, Error> {
        let mut delivery = sender.delivery(0, SystemTime::now())?;
        let mut pauses =
            if self.retry { self.pauses(sender.unsigned.provider) } else { &[] }.iter();
        loop {
            let answer = sender.client.post(&delivery);
            match &answer {
                Ok(answer) => sender.show(answer)?,
                Err(error) if self.retry => {
                    writeln!(terminal::out(), "{BAD}none{BAD:#} {error}")?;
                }
                Err(_) => {}
            }
            let succeeded = answer.as_ref().is_ok_and(Response::is_success);
            let Some(&seconds) = pauses.next().filter(|_| !succeeded) else {
                if answer.as_ref().is_ok_and(|answer| answer.status == 401) {
                    terminal::note(
                        "to see why: `room-hooks listen --record FILE` in its place, then `room-hooks \
                         verify FILE` with the secret that the receiver has",
                    );
                }
                return answer.map(|_| {
                    if succeeded { ExitStatus::Success } else { ExitStatus::Unsuccessful }
                });
            };
            terminal::wait(self.speed.shorten(Duration::from_secs(seconds)), "next try")?;
            if self.resign {
                delivery = sender.delivery(0, SystemTime::now())?;
            }
        }
    }

    fn pauses(&self, provider: ProviderName) -> &'static [u64] {
        let pauses = provider.retries();
        if pauses.is_empty() {
            terminal::note("Tencent does not try again, unless its console is told to");
        }
        pauses
    }
}
