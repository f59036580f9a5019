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

/// After what time the events of a worker that was killed are handled by another.
///
/// On a busy machine, a worker that lives must renew its leases in time all the same.
pub(super) const LEASE: Duration = Duration::from_secs(2);

/// What the handler has.
#[derive(Clone)]
struct Context {
    ledger: Ledger,
    failpoint: Failpoint,
}

/// The worker: it needs no secret.
pub(super) async fn run(
    inbox: &str,
    ledger: &str,
    point: &str,
    is_ordered: bool,
) -> Result<(), Error> {
    let (failpoint, ledger): (Failpoint, _) = (point.parse()?, Ledger::open(ledger)?);
    let inbox = Failing::new(open(inbox).await?, failpoint.clone(), ledger.clone());
    // Where there is no poison, no event is to blame for the kills.
    let max_crashes = if failpoint.has_poison() { 3 } else { u32::MAX };
    let handlers = Handlers::new().on_with(Arc::new(Context { ledger, failpoint }), handle);
    let backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
    let worker = Worker::new(inbox, handlers).with_max_crashes(max_crashes);
    let worker = if is_ordered { worker.ordered_by_room() } else { worker };
    match worker.with_lease(LEASE).with_backoff(backoff).run().await {}
}

/// Takes a while, and fails at the first attempt at every fifth event.
async fn handle(context: Arc<Context>, created: Verified<RoomCreated>) -> Result<(), &'static str> {
    let event = created.event.session().unwrap();
    context.ledger.note(Act::Started, event);
    context.failpoint.reach("started");
    context.failpoint.swallow(event);
    context.failpoint.freeze();
    sleep(Duration::from_millis(5 + event * 7 % 30)).await;
    if event.is_multiple_of(5) && created.attempt() == 1 {
        return Err("not at the first attempt");
    }
    context.ledger.note(Act::Handled, event);
    context.failpoint.reach("handled");
    Ok(())
}
