use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::Sender,
    },
    time::Duration,
};

use room_hooks::{Hooks, Receiver, RoomEvent, Verified};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::case::Handler;

/// The recorder that a driver's handlers report to.
#[derive(Debug, Clone)]
pub struct Seen {
    pub(crate) reports: Sender<Value>,
    pub(crate) handler: Handler,
}

impl Seen {
    /// Reports an event that a handler was called with.
    ///
    /// # Panics
    ///
    /// If the event cannot be serialized.
    pub fn event<E: RoomEvent + Serialize>(&self, verified: &Verified<E>) {
        self.report(json!({
            "app_id": verified.app_id,
            "event": verified.event.name(),
            "kind": verified.event.kind(),
            "room_id": verified.event.room_id(),
            "data": serde_json::to_string(&verified.event).unwrap(),
        }));
    }

    /// Reports the length of the body that a handler behind the verifying middleware was called
    /// with.
    pub fn body(&self, body: &[u8]) {
        self.report(json!({ "body_bytes": body.len() }));
    }

    /// Builds hooks with a handler that reports the event and then behaves as the case specifies.
    ///
    /// # Panics
    ///
    /// The handler panics if the case specifies it.
    pub(crate) fn hooks<E: RoomEvent + Serialize>(
        self,
        receiver: Receiver<E::Provider>,
    ) -> Hooks<E::Provider> {
        let timeout = match self.handler {
            Handler::Late => Duration::from_millis(100),
            _ => Duration::from_secs(10),
        };
        let calls = Arc::new(AtomicU32::new(0));
        let hooks = Hooks::new(receiver).with_handler_timeout(timeout);
        hooks.on(move |verified: Verified<E>| {
            self.event(&verified);
            let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
            let handler = self.handler;
            async move {
                match handler {
                    Handler::FailsTwice if call <= 2 => Err(io::Error::other("not to be echoed")),
                    Handler::PanicsOnce if call == 1 => panic!("not to be echoed"),
                    Handler::Slow | Handler::Late => {
                        sleep(Duration::from_millis(400)).await;
                        Ok(())
                    }
                    Handler::Returns | Handler::FailsTwice | Handler::PanicsOnce => Ok(()),
                }
            }
        })
    }

    fn report(&self, seen: Value) {
        // The suite no longer listens if a server outlives its case.
        let _ = self.reports.send(seen);
    }
}
