//! The cost of deliveries in Redis, one at a time on one connection, compared with a single `SET`.

use std::{cell::Cell, error::Error, time::Duration};

use room_hooks_benches::{
    is_smoke_run,
    measure::Rounds,
    store::{Recorded, Signatures},
    table,
};
use tokio::runtime::{Builder, Runtime};

use crate::{
    redis_client::{Client, Work},
    redis_server::RedisServer,
};

pub fn print(recorded: &Recorded) -> Result<(), Box<dyn Error>> {
    if !RedisServer::is_installed() {
        println!("\nDeliveries in Redis are skipped: redis-server is not installed.");
        return Ok(());
    }
    let server = RedisServer::start()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let client = runtime.block_on(Client::connect(&server.url(), recorded))?;
    print_times(&runtime, &client)?;
    runtime.block_on(print_round_trips(&client))
}

fn print_times(runtime: &Runtime, client: &Client) -> Result<(), Box<dyn Error>> {
    let contenders = [
        ("`SET NX PX`, a round trip", "", Work::SetIfNew),
        ("claim and settlement", "without", Work::Handle(Signatures::Without)),
        ("claim and settlement", "with", Work::Handle(Signatures::With)),
    ];
    let failure = Cell::new(None);
    let work = contenders.map(|(_, _, work)| {
        let failure = &failure;
        move || {
            if let Err(error) = runtime.block_on(client.work(work)) {
                failure.set(Some(error));
            }
        }
    });
    let (rounds, moment) = if is_smoke_run() {
        (1, Duration::from_micros(1))
    } else {
        (200, Duration::from_millis(4))
    };
    let measured = Rounds::of(&work.each_ref().map(|work| work as &dyn Fn()), rounds, moment);
    failure.take().map_or(Ok(()), Err)?;
    let rows = contenders.iter().enumerate().map(|(index, (name, signature, _))| {
        let nanoseconds = measured.median(index);
        vec![
            (*name).to_owned(),
            (*signature).to_owned(),
            table::time(nanoseconds),
            format!("{:.0}", 1e9 / nanoseconds),
            table::ratio(measured.ratio(index, 0)),
        ]
    });
    let header = ["", "signature", "time", "deliveries a second", "as a multiple of `SET NX PX`"];
    table::print("Deliveries in Redis, one at a time", &header, &rows.collect::<Vec<_>>());
    Ok(())
}

async fn print_round_trips(client: &Client) -> Result<(), Box<dyn Error>> {
    const TIMES: u32 = 100;
    let mut rows = Vec::new();
    for signatures in Signatures::BOTH {
        for (name, work) in
            [("claim", Work::ClaimOnly(signatures)), ("settlement", Work::Settle(signatures))]
        {
            // The first call loads the script if necessary.
            client.work(work).await?;
            let before = client.done().await?;
            for _ in 0..TIMES {
                client.work(work).await?;
            }
            let after = client.done().await?;
            // The report itself takes a round trip.
            let reads = (after.reads - before.reads - 1) as f64 / f64::from(TIMES);
            let commands = after.commands.iter().filter_map(|(command, calls)| {
                let calls = calls - before.commands.get(command).unwrap_or(&0);
                let calls = calls as f64 / f64::from(TIMES);
                (calls > 0.0 && command != "info").then(|| format!("{calls} `{command}`"))
            });
            rows.push(vec![
                name.to_owned(),
                signatures.name().to_owned(),
                reads.to_string(),
                commands.collect::<Vec<_>>().join(", "),
            ]);
        }
    }
    let header = ["", "signature", "round trips", "commands that Redis runs"];
    table::print("Round trips to Redis", &header, &rows);
    Ok(())
}
