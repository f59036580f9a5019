use std::{error::Error, net::TcpListener, sync::Arc};

use axum::{
    Json, Router,
    routing::{any, post},
};
use axum_github_webhook_extract::{GithubEvent, GithubToken};
use room_hooks::{Hooks, Receiver, RoomCreated, Verified, hooks::MemoryStore, zego::Zego};
use room_hooks_axum::{Ack, RoomHook, handler};

use super::{handle, inbox, two_workers};
use crate::{
    contender::Variant,
    deliveries::{GITHUB_SECRET, PATH, zego},
};

pub(super) fn serve(variant: Variant, listener: TcpListener) -> Result<(), Box<dyn Error>> {
    two_workers()?.block_on(async {
        let app = app(variant, zego()?);
        let listener = tokio::net::TcpListener::from_std(listener)?;
        Ok(axum::serve(listener, app).await?)
    })
}

fn app(variant: Variant, zego: Zego) -> Router {
    match variant {
        Variant::Bare => Router::new().route(PATH, post(bare)),
        Variant::Extractor => {
            Router::new().route(PATH, any(extractor)).with_state(Receiver::new(zego))
        }
        Variant::Hooks => {
            let hooks = Hooks::new(zego)
                .with_store(MemoryStore::new())
                .on(async |created: Verified<RoomCreated>| handle(&created.event));
            Router::new().route(PATH, handler(hooks))
        }
        Variant::Inbox => Router::new().route(PATH, handler(inbox(zego))),
        Variant::Peer => {
            let token = GithubToken(Arc::new(GITHUB_SECRET.to_owned()));
            Router::new().route(PATH, post(other)).with_state(token)
        }
    }
}

async fn bare(Json(created): Json<RoomCreated>) {
    handle(&created);
}

async fn extractor(RoomHook(created): RoomHook<RoomCreated>) -> Ack<Zego> {
    handle(&created.event);
    Ack::new()
}

async fn other(GithubEvent(created): GithubEvent<RoomCreated>) {
    handle(&created);
}
