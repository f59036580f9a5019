use std::time::Duration;

use room_hooks_benches::{is_smoke_run, measure::Rounds};

use crate::curve::{Curve, Line, Point};

/// Something that grows, and work that may grow with it.
pub struct Subject {
    pub title: &'static str,
    /// What is counted.
    pub axis: &'static str,
    /// One of it.
    pub one: &'static str,
    pub steps: Vec<Step>,
}

/// The work at one size.
pub struct Step {
    /// The line that it is a point of.
    pub line: &'static str,
    pub size: usize,
    pub label: String,
    pub work: Box<dyn Fn()>,
}

impl Subject {
    /// What each step takes, all of them in turns.
    pub fn measure(self) -> Curve {
        let (rounds, moment) = if is_smoke_run() {
            (1, Duration::from_micros(1))
        } else {
            (100, Duration::from_millis(2))
        };
        let work: Vec<_> = self.steps.iter().map(|step| &*step.work).collect();
        let measured = Rounds::of(&work, rounds, moment);
        let mut lines: Vec<Line> = Vec::new();
        for (index, step) in self.steps.into_iter().enumerate() {
            let point = Point {
                size: step.size as f64,
                label: step.label,
                nanoseconds: measured.median(index),
            };
            match lines.iter_mut().find(|line| line.name == step.line) {
                Some(line) => line.points.push(point),
                None => lines.push(Line { name: step.line, points: vec![point] }),
            }
        }
        Curve { title: self.title, axis: self.axis, one: self.one, lines }
    }
}
