//! Paired measurement: on a shared machine, two figures are comparable only if they were taken in
//! turns.

use std::time::{Duration, Instant};

/// The median; the upper one for an even number of figures.
#[must_use]
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    quantile(figures, 0.5)
}

/// The quantile of the figures at a share from 0 to 1.
#[must_use]
pub fn quantile(figures: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut figures: Vec<_> = figures.into_iter().collect();
    figures.sort_unstable_by(f64::total_cmp);
    let index = (figures.len() as f64 * share) as usize;
    figures.get(index.min(figures.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// The times that contenders take for the same work, measured in turns.
pub struct Rounds {
    /// Nanoseconds per call, for each contender and round.
    nanoseconds: Vec<Vec<f64>>,
}

impl Rounds {
    /// Runs each contender for about `moment`, in turns, `rounds` times.
    pub fn of(contenders: &[&dyn Fn()], rounds: usize, moment: Duration) -> Self {
        let calls: Vec<_> =
            contenders.iter().map(|contender| calls_in(moment, contender)).collect();
        let mut nanoseconds = vec![Vec::with_capacity(rounds); contenders.len()];
        for _ in 0..rounds {
            for (index, contender) in contenders.iter().enumerate() {
                let took = time(calls[index], contender);
                nanoseconds[index].push(took.as_nanos() as f64 / f64::from(calls[index]));
            }
        }
        Self { nanoseconds }
    }

    /// Creates an empty measurement, for contenders that are timed elsewhere.
    #[must_use]
    pub fn new(contenders: usize) -> Self {
        Self { nanoseconds: vec![Vec::new(); contenders] }
    }

    /// Adds a contender's next round: the time that a number of calls took.
    pub fn add(&mut self, contender: usize, took: Duration, calls: usize) {
        self.nanoseconds[contender].push(took.as_nanos() as f64 / calls as f64);
    }

    /// A contender's median in nanoseconds per call.
    #[must_use]
    pub fn median(&self, contender: usize) -> f64 {
        median(self.nanoseconds[contender].iter().copied())
    }

    /// The median over all rounds of the ratio of two contenders.
    #[must_use]
    pub fn ratio(&self, contender: usize, to: usize) -> f64 {
        let pairs = self.nanoseconds[contender].iter().zip(&self.nanoseconds[to]);
        median(pairs.map(|(contender, to)| contender / to))
    }
}

fn calls_in(moment: Duration, contender: &dyn Fn()) -> u32 {
    let mut calls = 1;
    // Doubles the calls until they take `moment`, which also warms up.
    while time(calls, contender) < moment && calls < u32::MAX / 2 {
        calls *= 2;
    }
    calls
}

fn time(calls: u32, contender: &dyn Fn()) -> Duration {
    let begun = Instant::now();
    for _ in 0..calls {
        contender();
    }
    begun.elapsed()
}
