use std::{collections::BTreeMap, io, time::Duration};

/// The kind of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// An authentic delivery in one piece.
    Honest,
    Forged,
    /// A repetition of a handled delivery.
    Duplicate,
    /// One of two equal deliveries that are sent at the same time.
    Twin,
    /// A delivery whose body takes a second or two.
    Slow,
    /// A retry after an interrupted connection.
    CutOff,
}

impl Kind {
    /// Whether the status is acceptable. A duplicate of a delivery in progress receives 503.
    fn may_be_answered(self, status: u16) -> bool {
        match self {
            Self::Honest | Self::Duplicate | Self::Slow | Self::CutOff => status == 200,
            Self::Forged => matches!(status, 400 | 401),
            Self::Twin => matches!(status, 200 | 503),
        }
    }
}

/// The responses to all deliveries.
#[derive(Debug, Default)]
pub(super) struct Tally {
    answers: BTreeMap<(Kind, u16), u64>,
    wrong: u64,
    first_wrong: Option<String>,
    /// The latencies of honest deliveries that are sent in one piece.
    latencies: Vec<Duration>,
}

impl Tally {
    /// Records the response to a delivery. Returns whether it was 200.
    pub(super) fn note(&mut self, kind: Kind, answer: io::Result<u16>) -> bool {
        // A missing response counts as status 0.
        let status = *answer.as_ref().unwrap_or(&0);
        *self.answers.entry((kind, status)).or_default() += 1;
        if !kind.may_be_answered(status) {
            self.wrong += 1;
            self.first_wrong.get_or_insert_with(|| match answer {
                Ok(status) => format!("{kind:?} answered with {status}"),
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

    /// The number of deliveries of a kind, or of all kinds.
    pub(super) fn sent(&self, kind: Option<Kind>) -> u64 {
        self.count(|of, _| kind.is_none_or(|kind| kind == of))
    }

    pub(super) fn answered(&self, status: u16) -> u64 {
        self.count(|_, answered| answered == status)
    }

    /// The number of 503s to twins of a delivery in progress.
    pub(super) fn in_progress(&self) -> u64 {
        self.count(|kind, status| (kind, status) == (Kind::Twin, 503))
    }

    /// The number of responses that indicate a fault of the server.
    pub(super) fn faults(&self) -> u64 {
        self.count(|_, status| status >= 500) - self.in_progress()
    }

    /// The number of wrong responses, and the first of them.
    pub(super) fn wrong(&self) -> (u64, Option<&str>) {
        (self.wrong, self.first_wrong.as_deref())
    }

    pub(super) fn sort(&mut self) {
        self.latencies.sort_unstable();
    }

    /// A percentile of the latencies, which must be sorted.
    pub(super) fn percentile(&self, percent: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get(last * percent / 100).copied().unwrap_or_default()
    }

    fn count(&self, is_meant: impl Fn(Kind, u16) -> bool) -> u64 {
        let meant = self.answers.iter().filter(|((kind, status), _)| is_meant(*kind, *status));
        meant.map(|(_, count)| count).sum()
    }
}
