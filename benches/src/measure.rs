//! Measurement in pairs: on a machine where others work as well, two figures compare only if they were
//! taken in turns.

use std::time::{Duration, Instant};

/// The middle one of some figures; of an even number, the upper of the two.
#[must_use]
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    quantile(figures, 0.5)
}

/// The figure below which a share of all lies.
#[must_use]
pub fn quantile(figures: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut figures: Vec<_> = figures.into_iter().collect();
    figures.sort_unstable_by(f64::total_cmp);
    let index = (figures.len() as f64 * share) as usize;
    figures.get(index.min(figures.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// What contenders for the same work need, taken in turns.
pub struct Rounds {
    /// For each contender, nanoseconds a call in each round.
    nanoseconds: Vec<Vec<f64>>,
}

impl Rounds {
    /// Lets each contender work for a moment, in turns, `rounds` times.
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

    /// No rounds yet, for contenders that are timed elsewhere.
    #[must_use]
    pub fn new(contenders: usize) -> Self {
        Self { nanoseconds: vec![Vec::new(); contenders] }
    }

    /// Adds a contender's next round: what it took, for so many calls.
    pub fn add(&mut self, contender: usize, took: Duration, calls: usize) {
        self.nanoseconds[contender].push(took.as_nanos() as f64 / calls as f64);
    }

    /// A contender's median, in nanoseconds a call.
    #[must_use]
    pub fn median(&self, contender: usize) -> f64 {
        median(self.nanoseconds[contender].iter().copied())
    }

    /// The median of the ratios that two contenders had in the rounds.
    #[must_use]
    pub fn ratio(&self, contender: usize, to: usize) -> f64 {
        let pairs = self.nanoseconds[contender].iter().zip(&self.nanoseconds[to]);
        median(pairs.map(|(contender, to)| contender / to))
    }
}

fn calls_in(moment: Duration, contender: &dyn Fn()) -> u32 {
    let mut calls = 1;
    // Doubled until a moment is full, so that it is warm as well.
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
