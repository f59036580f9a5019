use std::{sync::Arc, time::Duration};

use room_hooks_axum::{
    Callback, Handlers, Verified,
    inbox::{Backoff, Worker},
    zego::express::RoomCreated,
};
use tokio::time::sleep;

use super::{
    Error,
    failpoint::{Failing, Failpoint},
    ledger::{Act, Ledger},
    open,
};

/// The lease, after which another worker handles the events of a killed one.
///
/// Long enough for a live worker to renew its leases in time, even on a busy machine.
pub(super) const LEASE: Duration = Duration::from_secs(2);

/// The state of the handler.
#[derive(Clone)]
struct Context {
    ledger: Ledger,
    failpoint: Failpoint,
}

/// Runs the worker, which needs no secret.
pub(super) async fn run(
    inbox: &str,
    ledger: &str,
    point: &str,
    is_ordered: bool,
) -> Result<(), Error> {
    let (failpoint, ledger): (Failpoint, _) = (point.parse()?, Ledger::open(ledger)?);
    let inbox = Failing::new(open(inbox).await?, failpoint.clone(), ledger.clone());
    // Without poison, no event is to blame for the kills.
    let max_crashes = if failpoint.has_poison() { 3 } else { u32::MAX };
    let handlers = Handlers::new().on_with(Arc::new(Context { ledger, failpoint }), handle);
    let backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
    let worker = Worker::new(inbox, handlers).with_max_crashes(max_crashes);
    let worker = if is_ordered { worker.ordered_by_room() } else { worker };
    match worker.with_lease(LEASE).with_backoff(backoff).run().await {}
}

/// Handles an event in 5 to 34 ms. Fails the first attempt at every fifth event.
async fn handle(context: Arc<Context>, created: Verified<RoomCreated>) -> Result<(), &'static str> {
    let event = created.event.session().unwrap();
    context.ledger.note(Act::Started, event);
    context.failpoint.reach("started");
    context.failpoint.swallow(event);
    context.failpoint.freeze();
    sleep(Duration::from_millis(5 + event * 7 % 30)).await;
    if event.is_multiple_of(5) && created.attempt() == 1 {
        return Err("first attempt fails");
    }
    context.ledger.note(Act::Handled, event);
    context.failpoint.reach("handled");
    Ok(())
}
