//! Allocations per delivery. A separate program counts them, because counting takes time.

use std::error::Error;

use room_hooks_benches::{
    cases::{self, RECEIVE},
    table,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut rows = Vec::new();
    for case in cases::all()? {
        let counts: Vec<_> =
            case.contenders.iter().map(|contender| count(&contender.work)).collect();
        for (contender, &count) in case.contenders.iter().zip(&counts) {
            let more = counts[RECEIVE].cast_signed() - count.cast_signed();
            rows.push(vec![
                case.name.to_owned(),
                contender.name.to_owned(),
                count.to_string(),
                format!("{more:+}"),
            ]);
        }
    }
    table::print("Allocations", &["delivery", "", "allocations", "ours more"], &rows);
    Ok(())
}

fn count(work: &dyn Fn()) -> u64 {
    // The first call may fill caches.
    work();
    allocation_counter::measure(work).count_total
}
