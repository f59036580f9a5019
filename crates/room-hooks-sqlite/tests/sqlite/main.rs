//! Tests of the stores in real files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acceptance;
mod bounds;
mod child;
mod clock;
mod corruption;
mod disk_full;
mod durability;
mod file;
mod group_commit;
mod heartbeat;
mod keys;
mod lock;
mod measurements;

mod opening;
mod order;
mod payloads;
mod processes;

use std::{
    error::Error,
    iter,
    time::{Duration, SystemTime},
};

use room_hooks::{
    DeliveryId,
    inbox::{ClaimRequest, ClaimedEvent, InboxError, InboxStore, NewEvent, WorkerId},
};
use room_hooks_sqlite::SqliteInbox;

const LEASE: Duration = Duration::from_secs(30);
const RETENTION: Duration = Duration::from_secs(600);

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

async fn claim(inbox: &SqliteInbox, request: &ClaimRequest) -> Vec<ClaimedEvent> {
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
