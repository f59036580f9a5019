//! Instructions per delivery, figures that do not depend on the load of the machine.
//!
//! Callgrind counts the instructions. It simulates a CPU without SHA instructions, so digests weigh
//! more than on most servers.

use std::{
    env,
    error::Error,
    process::{Command, Stdio},
};

use room_hooks_benches::{cases, is_smoke_run, table};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().collect();
    if let [_, work, case, contender, times] = &arguments[..]
        && work == "work"
    {
        return work_off(case.parse()?, contender.parse()?, times.parse()?);
    }
    let mut rows = Vec::new();
    for (number, case) in cases::all()?.iter().enumerate() {
        let contenders = if is_smoke_run() { &case.contenders[..1] } else { &case.contenders[..] };
        let mut receive = None;
        for (contender, name) in contenders.iter().map(|contender| contender.name).enumerate() {
            let instructions = instructions(number, contender)?;
            let receive = *receive.get_or_insert(instructions);
            rows.push(vec![
                case.name.to_owned(),
                name.to_owned(),
                format!("{instructions:.0}"),
                table::ratio(receive / instructions),
            ]);
        }
        if is_smoke_run() {
            break;
        }
    }
    table::print(
        "Instructions",
        &["delivery", "", "instructions", "ours as a multiple of it"],
        &rows,
    );
    Ok(())
}

fn work_off(case: usize, contender: usize, times: usize) -> Result<(), Box<dyn Error>> {
    let cases = cases::all()?;
    let contender = cases.get(case).and_then(|case| case.contenders.get(contender));
    let work = &contender.ok_or("unknown contender")?.work;
    (0..times).for_each(|_| work());
    Ok(())
}

/// The instructions for one more delivery: the difference between two counts, which excludes the
/// surrounding code.
fn instructions(case: usize, contender: usize) -> Result<f64, Box<dyn Error>> {
    const FEW: u64 = 10;
    const MORE: u64 = 60;
    let (few, more) = (counted(case, contender, FEW)?, counted(case, contender, MORE)?);
    Ok((more - few) / (MORE - FEW) as f64)
}

fn counted(case: usize, contender: usize, times: u64) -> Result<f64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["work", &case.to_string(), &contender.to_string(), &times.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind does not start: {error}"))?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected : "));
    let (_, collected) = collected.ok_or_else(|| format!("callgrind did not count:\n{report}"))?;
    Ok(collected.trim().parse()?)
}
