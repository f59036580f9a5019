//! The cost of a delivery in the core, compared with other receivers, and the cost of refusals.

use std::{error::Error, time::Duration};

use criterion::Criterion;
use room_hooks_benches::{
    cases::{self, Case, RECEIVE},
    is_smoke_run,
    measure::Rounds,
    table,
};

fn main() -> Result<(), Box<dyn Error>> {
    let deliveries = cases::all()?;
    let refusals = cases::refusals()?;
    in_turns("Accepted", &deliveries);
    in_turns("Refused", &refusals);

    // Signs the cases again, because the peers check the current time, and the first part takes a
    // while.
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for case in cases::all()?.into_iter().chain(cases::refusals()?) {
        let mut group = criterion.benchmark_group(case.name);
        for contender in case.contenders {
            group.bench_function(contender.name, |bencher| bencher.iter(&contender.work));
        }
        group.finish();
    }
    criterion.final_summary();
    Ok(())
}

/// Prints the time of each contender, and its ratio to the first one.
fn in_turns(title: &str, cases: &[Case]) {
    let (rounds, moment) = if is_smoke_run() {
        (1, Duration::from_micros(1))
    } else {
        (200, Duration::from_millis(2))
    };
    let mut rows = Vec::new();
    for case in cases {
        let contenders: Vec<&dyn Fn()> = case.contenders.iter().map(|c| &*c.work).collect();
        let measured = Rounds::of(&contenders, rounds, moment);
        for (index, contender) in case.contenders.iter().enumerate() {
            rows.push(vec![
                case.name.to_owned(),
                case.size.to_string(),
                contender.name.to_owned(),
                table::time(measured.median(index)),
                table::ratio(measured.ratio(RECEIVE, index)),
            ]);
        }
    }
    table::print(title, &["delivery", "bytes", "", "time", "ours as a multiple of it"], &rows);
}
