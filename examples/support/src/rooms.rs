use std::{
    env::{self, VarError},
    sync::Arc,
};

use anyhow::Context;
use room_hooks::{
    Hooks,
    hooks::MemoryStore,
    inbox::{InboxStore, Worker},
    tencent::Tencent,
    trtc::Trtc,
    zego::Zego,
};
use tokio::sync::oneshot;

use crate::{
    EventHandlers,
    environment::{open_inbox, setting},
    handlers::{allow_tencent, allow_zego},
};

/// The hooks of all providers, for an app to mount, and the worker if there is an inbox.
#[derive(Debug)]
pub struct Rooms {
    /// The hooks for `/hooks/zego`.
    pub zego: Hooks<Zego>,
    /// The hooks for `/hooks/tencent`.
    pub tencent: Hooks<Tencent>,
    /// The hooks for `/hooks/trtc`.
    pub trtc: Hooks<Trtc>,
    worker: Option<Worker>,
}

impl Rooms {
    /// Creates hooks that handle events directly, or through an inbox if `ROOM_HOOKS_INBOX` is set.
    ///
    /// # Errors
    ///
    /// Fails if an environment variable is invalid or the inbox cannot be opened.
    pub async fn from_env() -> anyhow::Result<Self> {
        let handlers = EventHandlers::from_env()?;
        match env::var("ROOM_HOOKS_INBOX") {
            Err(VarError::NotPresent) => Self::direct(handlers),
            path => Self::by_inbox(open_inbox(&path?).await?, handlers),
        }
    }

    /// Creates hooks that run handlers while the sender waits. If a handler fails, the sender
    /// retries.
    fn direct(handlers: EventHandlers) -> anyhow::Result<Self> {
        let Self { zego, tencent, trtc, worker } = Self::answering_questions()?;
        Ok(Self {
            zego: zego.with_store(MemoryStore::new()).with_handlers(handlers.zego),
            tencent: tencent.with_store(MemoryStore::new()).with_handlers(handlers.tencent),
            trtc: trtc.with_store(MemoryStore::new()).with_handlers(handlers.trtc),
            worker,
        })
    }

    /// Creates hooks that store events while the sender waits. A worker then runs the same handlers
    /// until they succeed.
    fn by_inbox(inbox: Arc<dyn InboxStore>, handlers: EventHandlers) -> anyhow::Result<Self> {
        let rooms = Self::storing_in(&inbox)?;
        let worker = Worker::new(inbox, handlers.zego)
            .with_handlers(handlers.tencent)
            .with_handlers(handlers.trtc)
            .ordered_by_room();
        Ok(Self { worker: Some(worker), ..rooms })
    }

    /// Creates hooks that only store events, for a worker in another process.
    ///
    /// # Errors
    ///
    /// Fails if an app id or a secret in the environment is invalid.
    pub fn storing_in(inbox: &Arc<dyn InboxStore>) -> anyhow::Result<Self> {
        let Self { zego, tencent, trtc, worker } = Self::answering_questions()?;
        Ok(Self {
            zego: zego.with_inbox(Arc::clone(inbox)),
            tencent: tencent.with_inbox(Arc::clone(inbox)),
            trtc: trtc.with_inbox(Arc::clone(inbox)),
            worker,
        })
    }

    /// Creates hooks that answer questions while the sender waits, with or without an inbox.
    fn answering_questions() -> anyhow::Result<Self> {
        let zego = Zego::new(
            setting("ZEGO_APP_ID", "1234567890")?,
            setting("ZEGO_CALLBACK_SECRET", "demo-callback-secret")?,
        )
        .context("ZEGO_APP_ID, ZEGO_CALLBACK_SECRET")?;
        let tencent = Tencent::new(
            setting("TENCENT_SDK_APP_ID", "1400000000")?,
            setting("TENCENT_TOKEN", "demo-token")?,
        )
        .context("TENCENT_SDK_APP_ID, TENCENT_TOKEN")?;
        let trtc =
            Trtc::new(setting("TRTC_SDK_APP_ID", "1400000000")?, setting("TRTC_KEY", "demokey")?)
                .context("TRTC_SDK_APP_ID, TRTC_KEY")?;
        Ok(Self {
            zego: Hooks::new(zego).answer(allow_zego),
            tencent: Hooks::new(tencent).answer(allow_tencent),
            trtc: Hooks::new(trtc),
            worker: None,
        })
    }

    /// Runs the server and the worker. After the server ends, waits for running handlers.
    ///
    /// Bind the server's port first: if that fails after the worker has started, the events that it
    /// has leased wait for their leases to expire.
    pub async fn run<T>(self, server: impl Future<Output = T>) -> T {
        let Self { zego, tencent, trtc, worker } = self;
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = async {
            let served = server.await;
            drop(stop);
            zego.wait_idle().await;
            tencent.wait_idle().await;
            trtc.wait_idle().await;
            served
        };
        let work = async {
            if let Some(worker) = worker {
                worker.run_until(async { stopped.await.unwrap_or_default() }).await;
            }
        };
        tokio::join!(serve, work).0
    }
}
