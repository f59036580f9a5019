use std::{
    io::Write,
    time::{Duration, SystemTime},
};

use clap::Args;

use crate::{
    Error, ExitStatus,
    credentials::FoundSecret,
    event,
    http::Response,
    provider::{Received, Schedule},
    speed::Speed,
    terminal::{self, BAD},
    verify::oddity,
};

use super::Sender;

/// The options for retrying a callback.
#[derive(Debug, Args)]
pub(super) struct Retry {
    /// Retries until the callback is acknowledged, on the provider's schedule: ZEGO after 2, 4, 8,
    /// 16 and 32 s (cloud recording and player only if there is no response), TRTC at once and then
    /// every 10 s for a minute
    #[arg(long, conflicts_with = "times")]
    retry: bool,
    /// Re-signs each retry
    #[arg(long, requires = "retry")]
    resign: bool,
    /// Divides the pauses between retries by this factor
    #[arg(long, value_name = "FACTOR", default_value_t = Speed::ONE, requires = "retry")]
    speed: Speed,
}

impl Retry {
    /// Sends once or, with `--retry`, as often as the provider would.
    pub(super) fn run(&self, sender: &Sender) -> Result<ExitStatus, Error> {
        let mut delivery = sender.delivery(0, SystemTime::now())?;
        let received = sender.provider.receive(delivery.as_delivery(), SystemTime::now());
        let received = received.ok().flatten();
        if let Some(received) = &received {
            let type_name = event::type_name(sender.provider.name(), received.kind);
            terminal::note(&format!("the receiver parses this as {type_name}"));
        }
        let schedule = self.schedule(sender, received.as_ref());
        // Whether the receiver may have already handled the event.
        let mut may_be_duplicate = sender.is_same && sender.keeps_its_id(received.as_ref())?;
        let question = received.filter(|received| received.asks).map(|received| received.event);
        let mut pauses = schedule.pauses.iter();
        if sender.is_same && !may_be_duplicate {
            terminal::note(
                "only its signature identifies this event, so each re-signed copy is a new event",
            );
        }
        loop {
            let answer = sender.client.post(&delivery);
            match &answer {
                Ok(answer) => {
                    sender.show(answer)?;
                    if let Some(question) = &question {
                        sender.show_decision(question, answer)?;
                    }
                }
                Err(error) if self.retry => {
                    writeln!(terminal::out(), "{BAD}none{BAD:#} {error}")?;
                }
                Err(_) => {}
            }
            if let Ok(answer) = &answer
                && may_be_duplicate
            {
                note_duplicate(answer);
            }
            may_be_duplicate |= answer.is_err();
            let succeeded = answer.as_ref().is_ok_and(Response::is_success);
            let is_over = succeeded || (schedule.only_without_response && answer.is_ok());
            if is_over && !succeeded {
                terminal::note(
                    "for this callback, the provider does not retry after a response, even an \
                     error",
                );
            }
            let Some(&seconds) = pauses.next().filter(|_| !is_over) else {
                match answer.as_ref().map(|answer| answer.status) {
                    Ok(401) => note_refusal(sender),
                    Ok(404) => {
                        terminal::note(
                            "the receiver has no route for this path; --to sets another",
                        );
                    }
                    _ => {}
                }
                if self.retry && !is_over {
                    terminal::note("the provider gives up after this many attempts");
                }
                return answer.map(|_| {
                    if succeeded { ExitStatus::Success } else { ExitStatus::Unsuccessful }
                });
            };
            if seconds > 0 {
                terminal::wait(self.speed.shorten(Duration::from_secs(seconds)), "next try")?;
            }
            if self.resign {
                delivery = sender.delivery(0, SystemTime::now())?;
            }
        }
    }

    fn schedule(&self, sender: &Sender, received: Option<&Received>) -> Schedule {
        if !self.retry {
            return Schedule { pauses: &[], only_without_response: false };
        }
        let event = received.map_or("", |received| &received.event);
        let schedule = sender.unsigned.provider.schedule(event);
        if schedule.pauses.is_empty() {
            terminal::note("Tencent retries only if its console enables retries");
        }
        schedule
    }
}

/// Notes why a callback was probably refused.
fn note_refusal(sender: &Sender) {
    terminal::note(
        "the receiver probably has a different secret or app id. With the receiver's secret, \
         `room-hooks sign EVENT | room-hooks verify -` shows the signature that it expects",
    );
    let FoundSecret { source, text, .. } = &sender.secret;
    if let Some(oddity) = oddity(text) {
        terminal::note(&format!("{source} may be wrong: {oddity} should not be part of it"));
    }
}

/// Notes what the response means if the receiver has already handled the event. No response reveals
/// whether it has.
fn note_duplicate(answer: &Response) {
    if answer.is_success() {
        terminal::note(
            "a receiver that has already handled this event gives the same response: the event is \
             then a duplicate, and no handler runs",
        );
    } else if answer.status == 503 {
        terminal::note(
            "an earlier attempt may still be in progress, which makes this one a duplicate",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::provider::ProviderName;

    #[test]
    fn each_callback_has_its_own_retry_schedule() {
        for (event, pauses, only_without_response) in [
            ("room_create", &[2, 4, 8, 16, 32][..], false),
            ("digital_human/3", &[2, 4, 8, 16, 32], false),
            ("cloud_recording/1", &[5, 5], true),
            ("cloud_player/10001", &[0, 0], true),
            ("cvt_finish", &[15, 15], true),
            ("before_send_msg", &[0], true),
        ] {
            let schedule = ProviderName::Zego.schedule(event);
            assert_eq!(schedule.pauses, pauses, "{event}");
            assert_eq!(schedule.only_without_response, only_without_response, "{event}");
        }
    }
}
