use std::{error::Error, net::TcpListener};

use room_hooks::{Hooks, Receiver, RoomCreated, Verified, hooks::MemoryStore, zego::Zego};
use room_hooks_warp::{Ack, filter, recover, room_hook};
use tokio::runtime::Runtime;
use warp::{Filter, Rejection, Reply, http::StatusCode};

use super::{handle, inbox, two_workers};
use crate::{contender::Variant, deliveries::zego};

pub(super) fn serve(variant: Variant, listener: TcpListener) -> Result<(), Box<dyn Error>> {
    let (zego, runtime) = (zego()?, two_workers()?);
    let _entered = runtime.enter();
    match variant {
        Variant::Bare => {
            let json = warp::path!("hooks").and(warp::post()).and(warp::body::json());
            run(&runtime, json.map(bare), listener)
        }
        Variant::Extractor => {
            let created = warp::path!("hooks").and(room_hook(Receiver::new(zego)));
            run(&runtime, created.map(extractor).recover(recover), listener)
        }
        Variant::Hooks => {
            let hooks = Hooks::new(zego)
                .with_store(MemoryStore::new())
                .on(async |created: Verified<RoomCreated>| handle(&created.event));
            run(&runtime, warp::path!("hooks").and(filter(hooks)), listener)
        }
        Variant::Inbox => run(&runtime, warp::path!("hooks").and(filter(inbox(zego))), listener),
        Variant::Peer => Err("no other crate verifies for warp".into()),
    }
}

fn run<F>(runtime: &Runtime, app: F, listener: TcpListener) -> Result<(), Box<dyn Error>>
where
    F: Filter<Extract: Reply, Error = Rejection> + Clone + Send + Sync + 'static,
{
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        warp::serve(app).incoming(listener).run().await;
        Ok(())
    })
}

fn bare(created: RoomCreated) -> StatusCode {
    handle(&created);
    StatusCode::OK
}

fn extractor(created: Verified<RoomCreated>) -> Ack<Zego> {
    handle(&created.event);
    Ack::new()
}
