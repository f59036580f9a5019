//! Tests of the stores in a real PostgreSQL. They start their own server, and are reported as
//! ignored if PostgreSQL is not installed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod abandoned;
mod acceptance;
mod bounds;
mod clock;
mod concurrency;
mod connecting;
mod continues;
mod deliveries;
mod environment;
mod order;
mod outages;
mod policies;
mod relay;
mod runtimes;
mod search;
mod settings;
mod traffic;
mod writes;

use std::{
    error::Error,
    iter,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use libtest_mimic::{Arguments, Trial};
use room_hooks::{
    DeliveryId,
    inbox::{ClaimRequest, ClaimedEvent, InboxError, InboxStore, NewEvent, WorkerId},
};
use room_hooks_postgres::PostgresInbox;
use test_postgres::Server;

const LEASE: Duration = Duration::from_secs(30);
const RETENTION: Duration = Duration::from_secs(600);

fn main() -> ExitCode {
    if let Some(url) = connecting::child_url() {
        connecting::connect_as_child(&url);
        return ExitCode::SUCCESS;
    }
    let trials = [
        abandoned::trials(),
        acceptance::trials(),
        deliveries::trials(),
        environment::trials(),
        runtimes::trials(),
        search::trials(),
        bounds::trials(),
        clock::trials(),
        concurrency::trials(),
        connecting::trials(),
        continues::trials(),
        order::trials(),
        outages::trials(),
        policies::trials(),
        settings::trials(),
        writes::trials(),
    ];
    let trials = trials.into_iter().flatten().collect();
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    test_postgres::clean_up();
    conclusion.exit_code()
}

fn with_postgres<F>(name: &str, test: impl FnOnce() -> F + Send + 'static) -> Trial
where
    F: Future<Output = ()>,
{
    without_postgres(name, test).with_ignored_flag(!Server::is_installed())
}

fn without_postgres<F>(name: &str, test: impl FnOnce() -> F + Send + 'static) -> Trial
where
    F: Future<Output = ()>,
{
    Trial::test(name, || {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.worker_threads(2).enable_all().build()?.block_on(test());
        Ok(())
    })
}

/// An event with an id.
fn event(number: u64) -> NewEvent {
    let mut event = NewEvent::new("zego/room_create", b"{}".to_vec(), SystemTime::UNIX_EPOCH);
    event.id = Some(id(number));
    event.retention = RETENTION;
    event
}

fn in_room(number: u64, room: &str) -> NewEvent {
    let mut event = event(number);
    event.room = Some(room.to_owned());
    event
}

fn id(number: u64) -> DeliveryId {
    DeliveryId::from_bytes(u128::from(number).to_be_bytes())
}

fn request(worker: i64, limit: usize) -> ClaimRequest {
    ClaimRequest::new(WorkerId(worker), limit, LEASE)
}

async fn claim(inbox: &PostgresInbox, request: &ClaimRequest) -> Vec<ClaimedEvent> {
    inbox.claim(request.clone()).await.unwrap().events
}

fn sequences(events: &[ClaimedEvent]) -> Vec<i64> {
    events.iter().map(|event| event.attempt.sequence).collect()
}

/// The reason why an inbox is unavailable, with all sources.
#[track_caller]
fn unavailable<T>(result: Result<T, InboxError>) -> String {
    match result {
        Err(InboxError::Unavailable(source)) => chain(source.as_ref()),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("the inbox is available"),
    }
}

fn chain(error: &(dyn Error + 'static)) -> String {
    let errors = iter::successors(Some(error), |&error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
