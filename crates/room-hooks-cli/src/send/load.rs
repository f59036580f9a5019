use std::{
    collections::BTreeMap,
    io::Write,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use clap::Args;

use crate::{
    Error, ExitStatus, http,
    speed::Speed,
    terminal::{self, BAD, DIM},
};

use super::Sender;

/// The number of callbacks, and their rate.
#[derive(Debug, Args)]
pub(super) struct Load {
    /// Sends N callbacks, each with its own signature, and prints a summary
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    times: Option<u64>,
    /// Sends at most N callbacks per second
    #[arg(long, value_name = "N", requires = "times")]
    rate: Option<Speed>,
    /// Sends N callbacks at a time
    #[arg(long, value_name = "N", default_value_t = 1, requires = "times",
          value_parser = clap::value_parser!(u16).range(1..=512))]
    concurrency: u16,
}

/// A summary of the responses.
#[derive(Default)]
struct Summary {
    by_status: BTreeMap<u16, u64>,
    took: Vec<Duration>,
    unanswered: u64,
    error: Option<String>,
}

impl Load {
    pub(super) fn is_asked_for(&self) -> bool {
        self.times.is_some()
    }

    pub(super) fn run(&self, sender: &Sender) -> Result<ExitStatus, Error> {
        let times = self.times.unwrap_or(1);
        if times > 1 && !sender.unsigned.is_numbered() {
            terminal::note(
                "these events differ only in the time of sending; {i} in a value of --set varies \
                 them",
            );
        }
        let (next, summary) = (AtomicU64::new(0), Mutex::new(Summary::default()));
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..self.concurrency {
                scope.spawn(|| {
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= times {
                            break;
                        }
                        if let Some(rate) = self.rate {
                            let due = rate.shorten(Duration::from_secs(n));
                            thread::sleep(due.saturating_sub(begun.elapsed()));
                        }
                        let answer = sender
                            .delivery(n, SystemTime::now())
                            .and_then(|delivery| sender.client.post(&delivery));
                        let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
                        match answer {
                            Ok(answer) => {
                                *summary.by_status.entry(answer.status).or_default() += 1;
                                summary.took.push(answer.took);
                            }
                            Err(error) => {
                                summary.unanswered += 1;
                                summary.error = Some(error.to_string());
                            }
                        }
                    }
                });
            }
        });
        let summary = summary.into_inner().unwrap_or_else(PoisonError::into_inner);
        summary.show(begun.elapsed())
    }
}

impl Summary {
    fn show(mut self, elapsed: Duration) -> Result<ExitStatus, Error> {
        self.took.sort_unstable();
        if self.took.is_empty() {
            return Err(self.error.unwrap_or("nothing was sent".to_owned()).into());
        }
        let mut out = terminal::out();
        let sent = self.took.len() as u64 + self.unanswered;
        let rate = sent as f64 / elapsed.as_secs_f64();
        writeln!(out, "{sent} sent in {:.2} s, {rate:.0} a second", elapsed.as_secs_f64())?;
        for (status, count) in &self.by_status {
            writeln!(out, "{} {count:>9}", terminal::status(*status))?;
        }
        if self.unanswered > 0 {
            let error = self.error.as_deref().unwrap_or_default();
            writeln!(out, "{BAD}none{BAD:#}{:>9} {error}", self.unanswered)?;
        }
        let percentile = |part: f64| {
            let place = ((self.took.len() - 1) as f64 * part).round() as usize;
            millis(self.took[place])
        };
        let [p50, p90, p99, max] = [0.5, 0.9, 0.99, 1.0].map(percentile);
        writeln!(out, "p50 {p50:.2} ms, p90 {p90:.2} ms, p99 {p99:.2} ms, max {max:.2} ms")?;
        self.histogram(&mut out)?;
        let all =
            self.unanswered == 0 && self.by_status.keys().all(|status| http::is_success(*status));
        Ok(if all { ExitStatus::Success } else { ExitStatus::Unsuccessful })
    }

    /// Prints a bar for each doubling of the response time.
    fn histogram(&self, out: &mut impl Write) -> Result<(), Error> {
        const WIDTH: usize = 50;
        let mut bars: BTreeMap<i32, usize> = BTreeMap::new();
        for took in &self.took {
            *bars.entry(millis(*took).max(0.001).log2().floor() as i32).or_default() += 1;
        }
        let (Some((&first, _)), Some((&last, _))) = (bars.first_key_value(), bars.last_key_value())
        else {
            return Ok(());
        };
        let most = bars.values().copied().max().unwrap_or(1);
        for doubling in first..=last {
            let count = bars.get(&doubling).copied().unwrap_or_default();
            let bar = "█".repeat((count * WIDTH).div_ceil(most));
            let to = 2_f64.powi(doubling + 1);
            writeln!(out, "{DIM}<{to:>9.2} ms{DIM:#} {bar} {count}")?;
        }
        Ok(())
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
