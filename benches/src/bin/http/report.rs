use room_hooks_benches::{
    measure::median,
    table::{self, ratio, time},
};

use crate::{
    contender::{Framework, Variant},
    turn::Turn,
};

/// The turns of a framework's variants.
pub struct Report {
    framework: Framework,
    /// The turns by variant and round.
    turns: Vec<(Variant, Vec<Turn>)>,
}

impl Report {
    pub fn new(framework: Framework) -> Self {
        let turns = framework.variants().iter().map(|&variant| (variant, Vec::new())).collect();
        Self { framework, turns }
    }

    pub fn add(&mut self, variant: Variant, turn: Turn) {
        if let Some((_, turns)) = self.turns.iter_mut().find(|(of, _)| *of == variant) {
            turns.push(turn);
        }
    }

    pub fn print(&self) {
        let header = [
            "variant",
            "requests a second",
            "of (a)",
            "p50",
            "p99",
            "of (a)'s p99",
            "CPU time a request",
            "of (a)",
        ];
        let rows: Vec<_> =
            self.turns.iter().map(|(variant, turns)| self.row(*variant, turns)).collect();
        table::print(self.framework.name(), &header, &rows);
        if self.framework == Framework::Warp {
            println!("\n(d) No other crate verifies webhooks for warp 0.4.");
        }
        println!("\nShare of the time on a CPU:");
        for (variant, turns) in &self.turns {
            print_busy(*variant, turns);
        }
    }

    fn row(&self, variant: Variant, turns: &[Turn]) -> Vec<String> {
        let of = |figure: fn(&Turn) -> f64| median(turns.iter().map(figure));
        let of_bare = |figure: fn(&Turn) -> f64| {
            let bare = self.turns.iter().filter(|(variant, _)| *variant == Variant::Bare);
            let pairs = turns.iter().zip(bare.flat_map(|(_, turns)| turns));
            ratio(median(pairs.map(|(turn, bare)| figure(turn) / figure(bare))))
        };
        vec![
            self.framework.label(variant).to_owned(),
            format!("{:.0}", of(|turn| turn.rate)),
            of_bare(|turn| turn.rate),
            time(of(|turn| turn.p50)),
            time(of(|turn| turn.p99)),
            of_bare(|turn| turn.p99),
            time(of(|turn| turn.cpu)),
            of_bare(|turn| turn.cpu),
        ]
    }
}

/// Prints CPU shares, to show that the server was the bottleneck: it should be on a CPU nearly all
/// the time, and the load generator should not.
fn print_busy(variant: Variant, turns: &[Turn]) {
    let percent = |figure: fn(&Turn) -> f64| 100.0 * median(turns.iter().map(figure));
    println!(
        "- {}: server {:.0} %, load generator {:.0} %",
        variant.name(),
        percent(|turn| turn.server_busy),
        percent(|turn| turn.load_busy),
    );
}
