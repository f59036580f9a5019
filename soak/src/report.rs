use std::{sync::Arc, time::Duration};

use super::{
    example::Stopped,
    idle::Figures,
    run::{Rooms, Run},
    tally::Kind,
};

/// Tencent's timeout for a response, the shortest of all platforms.
const LONGEST: Duration = Duration::from_secs(2);
/// The largest ratio of the memory after the second run to that after the first.
const GROWTH: f64 = 1.10;
/// Supervisors kill a process that takes longer to stop.
const STOPS_WITHIN: Duration = Duration::from_secs(10);
/// The default capacity of a delivery store. In the examples, each provider has its own store.
const CAPACITY: u32 = 4_000_000;

/// Whether the results are within all limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Held,
    Missed,
}

/// The results of an example.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) name: &'static str,
    /// One run, or two with a pause in which the deliveries of the first are forgotten.
    pub(super) runs: Vec<Run>,
    pub(super) resident_before: Option<u64>,
    pub(super) idle: Arc<Figures>,
    pub(super) rooms: Arc<Rooms>,
    pub(super) stopped: Stopped,
}

impl Report {
    pub(super) fn print(&self) -> Verdict {
        println!("\nexample-{}, with {} idle connections", self.name, self.idle.wanted);
        self.print_figures();
        let bars = self.bars();
        println!();
        for (held, bar) in &bars {
            println!("{} {bar}", if *held { "held  " } else { "MISSED" });
        }
        if bars.iter().all(|(held, _)| *held) { Verdict::Held } else { Verdict::Missed }
    }

    fn print_figures(&self) {
        self.row("sent", |run| run.tally.sent(None).to_string());
        self.row("  per second", |run| {
            format!("{:.0}", run.tally.sent(None) as f64 / run.took.as_secs_f64())
        });
        for (name, kind) in [
            ("  honest, whole", Kind::Honest),
            ("  forged", Kind::Forged),
            ("  duplicates", Kind::Duplicate),
            ("  twins, both at once", Kind::Twin),
            ("  slow", Kind::Slow),
            ("  interrupted, retried", Kind::CutOff),
        ] {
            self.row(name, |run| run.tally.sent(Some(kind)).to_string());
        }
        for status in [200, 401, 503] {
            self.row(&format!("answered {status}"), |run| run.tally.answered(status).to_string());
        }
        for (name, percent) in [("latency, p50, ms", 50), ("  p99", 99), ("  the longest", 100)] {
            self.row(name, |run| millis(run.tally.percentile(percent)));
        }
        self.row("idle, at the beginning", |run| run.idle[0].to_string());
        self.row("idle, at the end", |run| run.idle[1].to_string());
        self.row("memory, MB", |run| run.resident.map_or_else(|| "?".into(), megabytes));
        self.row("  bytes per delivery", |run| {
            self.bytes_a_claim(run).map_or_else(|| "?".into(), |bytes| format!("{bytes:.0}"))
        });
        let answers = self.idle.answers();
        let answers: Vec<_> = answers.iter().map(|(status, n)| format!("{n} × {status}")).collect();
        let lingered = self.idle.lingered().as_secs_f64();
        println!(
            "responses to idle connections: {}; closed at most {lingered:.1} s later",
            answers.join(", ")
        );
    }

    fn row(&self, name: &str, figure: impl Fn(&Run) -> String) {
        let figures: String = self.runs.iter().map(|run| format!("{:>12}", figure(run))).collect();
        println!("{name:<24}{figures}");
    }

    fn bars(&self) -> Vec<(bool, String)> {
        let honest = self.rooms.honest();
        let printed = &self.stopped.printed;
        let (missing, twice) = (printed.missing(honest), printed.twice());
        let (forged, strange) = (printed.forged, printed.strange);
        let mut bars = vec![
            (
                (missing, twice) == (0, 0),
                format!("{honest} honest deliveries: {missing} not handled, {twice} twice"),
            ),
            (
                (forged, strange) == (0, 0),
                format!("no other events: {forged} forged ones handled, {strange} other lines"),
            ),
        ];
        for (run, which) in self.runs.iter().zip(["first", "second"]) {
            let bars_of_run = run_bars(run).into_iter().chain(self.latency_bar(run));
            bars.extend(bars_of_run.map(|(held, bar)| (held, format!("{which} run: {bar}"))));
        }
        let idle_faults: u64 = self.idle.answers().range(500..).map(|(_, count)| count).sum();
        bars.push((idle_faults == 0, format!("{idle_faults} × 5xx to idle connections")));
        bars.extend(self.growth_bar());
        bars.push(self.stop_bar());
        bars
    }

    /// The store's memory must not grow further once deliveries are forgotten.
    fn growth_bar(&self) -> Option<(bool, String)> {
        let [first, second] = &*self.runs else { return None };
        let growth = second.resident? as f64 / first.resident? as f64;
        Some((growth <= GROWTH, format!("memory of the second run: {growth:.2} × the first")))
    }

    /// `None` in a smoke run, which is too short, and the machine may be busy with builds.
    fn latency_bar(&self, run: &Run) -> Option<(bool, String)> {
        let longest = run.tally.percentile(100);
        let bar = format!("the slowest honest delivery took {} ms", millis(longest));
        (self.runs.len() > 1).then_some((longest <= LONGEST, bar))
    }

    fn stop_bar(&self) -> (bool, String) {
        let Stopped { took, status, .. } = self.stopped;
        let ended = status.map_or_else(|| "had to be killed".to_owned(), |it| it.to_string());
        let in_time = took <= STOPS_WITHIN || self.runs.len() == 1;
        let held = status.is_some_and(|status| status.success()) && in_time;
        (held, format!("SIGTERM: {ended} after {:.1} s", took.as_secs_f64()))
    }

    fn bytes_a_claim(&self, run: &Run) -> Option<f64> {
        let grown = run.resident?.checked_sub(self.resident_before?)?;
        Some(grown as f64 / f64::from(run.honest))
    }
}

fn run_bars(run: &Run) -> Vec<(bool, String)> {
    let tally = &run.tally;
    let (wrong, first) = tally.wrong();
    let first = first.map(|first| format!(", the first: {first}")).unwrap_or_default();
    let (faults, in_progress) = (tally.faults(), tally.in_progress());
    let [begun, ended] = run.idle;
    let full = if faults > 0 && is_full(run) {
        "; more deliveries than a store can hold, try fewer --seconds"
    } else {
        ""
    };
    vec![
        (wrong == 0, format!("{wrong} wrong responses{first}")),
        (
            faults == 0,
            format!("{faults} × 5xx, and {in_progress} to twins of a delivery in progress{full}"),
        ),
        (
            // Up to half may be about to reopen, because a server closes many at about the same
            // time.
            ended * 2 >= begun,
            format!("{begun} idle connections at the beginning, {ended} at the end"),
        ),
    ]
}

/// Whether a store was full. It holds the deliveries of the last eleven minutes.
fn is_full(run: &Run) -> bool {
    let held = run.took.min(Duration::from_secs(660)).as_secs_f64() / run.took.as_secs_f64();
    f64::from(run.honest / 3) * held > f64::from(CAPACITY) * 0.95
}

fn millis(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1000.0)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}
