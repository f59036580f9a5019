use std::{collections::BTreeMap, io, time::Duration};

/// What kind of delivery it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// In one piece.
    Honest,
    Forged,
    /// Of one that has been handled.
    Duplicate,
    /// One of two that are sent at the same time.
    Twin,
    /// Its body takes a second or two.
    Slow,
    /// The connection broke off in the middle; this is the next try.
    CutOff,
}

impl Kind {
    /// Whether it may be answered so. A duplicate of what is in progress is told to come again.
    fn may_be_answered(self, status: u16) -> bool {
        match self {
            Self::Honest | Self::Duplicate | Self::Slow | Self::CutOff => status == 200,
            Self::Forged => matches!(status, 400 | 401),
            Self::Twin => matches!(status, 200 | 503),
        }
    }
}

/// What has been answered.
#[derive(Debug, Default)]
pub(super) struct Tally {
    answers: BTreeMap<(Kind, u16), u64>,
    wrong: u64,
    first_wrong: Option<String>,
    /// Of honest deliveries that are sent in one piece.
    latencies: Vec<Duration>,
}

impl Tally {
    /// Notes how a delivery was answered, and returns whether that was 200.
    pub(super) fn note(&mut self, kind: Kind, answer: io::Result<u16>) -> bool {
        // No answer counts as one with the status 0.
        let status = *answer.as_ref().unwrap_or(&0);
        *self.answers.entry((kind, status)).or_default() += 1;
        if !kind.may_be_answered(status) {
            self.wrong += 1;
            self.first_wrong.get_or_insert_with(|| match answer {
                Ok(status) => format!("{kind:?} answered {status}"),
                Err(error) => format!("{kind:?} not answered: {error}"),
            });
        }
        status == 200
    }

    pub(super) fn took(&mut self, latency: Duration) {
        self.latencies.push(latency);
    }

    pub(super) fn add(&mut self, other: Self) {
        for (answer, count) in other.answers {
            *self.answers.entry(answer).or_default() += count;
        }
        self.wrong += other.wrong;
        self.first_wrong = self.first_wrong.take().or(other.first_wrong);
        self.latencies.extend(other.latencies);
    }

    /// How many deliveries of a kind there were, or of all.
    pub(super) fn sent(&self, kind: Option<Kind>) -> u64 {
        self.count(|of, _| kind.is_none_or(|kind| kind == of))
    }

    pub(super) fn answered(&self, status: u16) -> u64 {
        self.count(|_, answered| answered == status)
    }

    /// 503s to twins of what is in progress.
    pub(super) fn in_progress(&self) -> u64 {
        self.count(|kind, status| (kind, status) == (Kind::Twin, 503))
    }

    /// Answers that tell of the server's fault.
    pub(super) fn faults(&self) -> u64 {
        self.count(|_, status| status >= 500) - self.in_progress()
    }

    /// How many answers were wrong, and the first of them.
    pub(super) fn wrong(&self) -> (u64, Option<&str>) {
        (self.wrong, self.first_wrong.as_deref())
    }

    pub(super) fn sort(&mut self) {
        self.latencies.sort_unstable();
    }

    /// The latency that so many per cent of the deliveries stay under, once they are sorted.
    pub(super) fn percentile(&self, percent: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get(last * percent / 100).copied().unwrap_or_default()
    }

    fn count(&self, is_meant: impl Fn(Kind, u16) -> bool) -> u64 {
        let meant = self.answers.iter().filter(|((kind, status), _)| is_meant(*kind, *status));
        meant.map(|(_, count)| count).sum()
    }
}
