use std::{error::Error, net::TcpListener};

use actix_web::{App, HttpResponse, HttpServer, rt::System, web};
use room_hooks::{Hooks, Receiver, RoomCreated, Verified, hooks::MemoryStore, zego::Zego};
use room_hooks_actix::{Ack, RoomHook, resource};
use webhook_verify::{
    Provider, Secret,
    actix::{VerifiedBody, WebhookConfig},
};

use super::{handle, inbox};
use crate::{
    contender::Variant,
    deliveries::{GITHUB_SECRET, PATH, zego},
};

pub(super) fn serve(variant: Variant, listener: TcpListener) -> Result<(), Box<dyn Error>> {
    let zego = zego()?;
    let app = move || {
        let (app, zego) = (App::new(), zego.clone());
        match variant {
            Variant::Bare => app.route(PATH, web::post().to(bare)),
            Variant::Extractor => app.app_data(Receiver::new(zego)).route(PATH, web::to(extractor)),
            Variant::Hooks => app.service(resource(
                PATH,
                Hooks::new(zego)
                    .with_store(MemoryStore::new())
                    .on(async |created: Verified<RoomCreated>| handle(&created.event)),
            )),
            Variant::Inbox => app.service(resource(PATH, inbox(zego))),
            Variant::Peer => app
                .app_data(WebhookConfig::new(Provider::GitHub, Secret::new(GITHUB_SECRET)))
                .route(PATH, web::post().to(other)),
        }
    };
    System::new()
        .block_on(async { Ok(HttpServer::new(app).workers(1).listen(listener)?.run().await?) })
}

async fn bare(created: web::Json<RoomCreated>) -> HttpResponse {
    handle(&created);
    HttpResponse::Ok().finish()
}

async fn extractor(RoomHook(created): RoomHook<RoomCreated>) -> Ack<Zego> {
    handle(&created.event);
    Ack::new()
}

async fn other(body: VerifiedBody) -> HttpResponse {
    match serde_json::from_slice(&body) {
        Ok(created) => {
            handle(&created);
            HttpResponse::Ok().finish()
        }
        Err(_) => HttpResponse::BadRequest().finish(),
    }
}
