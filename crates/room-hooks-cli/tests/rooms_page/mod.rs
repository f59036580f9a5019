//! An inbox in SQLite, with `room-hooks inbox ui`.

#![allow(dead_code, reason = "no test needs all of it")]

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use room_hooks::{
    Delivery, Hooks,
    inbox::{ClaimRequest, Ending, InboxStats, InboxStore, WorkerId},
    zego::Zego,
};
use room_hooks_sqlite::SqliteInbox;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use crate::program::{Server, command, folder};

/// An inbox in a file, with its page.
pub(crate) struct Rooms {
    pub(crate) file: PathBuf,
    inbox: SqliteInbox,
    runtime: Runtime,
    pub(crate) page: Server,
}

impl Rooms {
    pub(crate) fn new(test: &str) -> Self {
        let file = folder(&format!("inbox-page-{test}")).join("rooms.db");
        let inbox = SqliteInbox::open(&file).unwrap();
        let mut ui = command(&["inbox", "ui"]);
        ui.env("ROOM_HOOKS_INBOX", &file);
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { file, inbox, runtime, page: Server::start(ui) }
    }

    /// Stores an event of a room, as a receiver does.
    pub(crate) fn put(&self, room: &str) {
        let zego = Zego::new(1, "secret").unwrap();
        let event = json!({"event": "room_create", "room_id": room, "login_time": 1});
        let body = zego.sign(&event, SystemTime::now()).unwrap().body;
        let hooks = Hooks::new(zego).with_inbox(self.inbox.clone());
        let stored = hooks.deliver(Delivery::new(&body), SystemTime::now());
        assert_eq!(self.runtime.block_on(stored).status, 200);
    }

    /// Stores an event that has failed permanently.
    pub(crate) fn put_dead(&self, room: &str, error: &str) {
        self.put(room);
        self.runtime.block_on(async {
            let request = ClaimRequest::new(WorkerId(1), 1, Duration::from_secs(60));
            let attempt = self.inbox.claim(request).await.unwrap().events[0].attempt;
            let ending = Ending::Dead { error: error.into() };
            assert!(self.inbox.finish(attempt, ending).await.unwrap());
        });
    }

    /// The counts of ready, leased, done and dead events.
    pub(crate) fn counts(&self) -> [u64; 4] {
        let stats = self.runtime.block_on(self.inbox.stats()).unwrap();
        let InboxStats { ready, leased, done, dead, .. } = stats;
        [ready, leased, done, dead]
    }

    /// A URL of the page, from the part after the token.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.page.origin)
    }

    /// The page's host and the path of its token.
    pub(crate) fn host_and_folder(&self) -> (&str, String) {
        let (host, folder) = self.page.origin["http://".len()..].split_once('/').unwrap();
        (host, format!("/{folder}"))
    }
}
