//! A server on hyper alone that receives room callbacks alongside another route.
//!
//! It prints every event and question to standard output as one line of JSON, and allows every
//! question. The handlers are in `examples/support/src/handlers.rs`.

use std::{convert::Infallible, pin::pin, time::Duration};

use anyhow::Context;
use example_support::{Rooms, announce, grace_period, log_to_stderr, setting, shutdown_signal};
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use room_hooks_tower::{HooksService, service, tencent::Tencent, trtc::Trtc, zego::Zego};
use tokio::{net::TcpListener, time::sleep};
use tower_service::Service;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    log_to_stderr();

    let rooms = Rooms::from_env().await?;
    let app = App {
        zego: service(rooms.zego.clone()),
        tencent: service(rooms.tencent.clone()),
        trtc: service(rooms.trtc.clone()),
    };

    let listener = TcpListener::bind(setting("ROOM_HOOKS_ADDR", "127.0.0.1:3000")?)
        .await
        .context("ROOM_HOOKS_ADDR")?;
    announce(listener.local_addr()?);
    let server = async {
        tokio::select! {
            () = serve(listener, app) => {}
            () = grace_period() => {}
        }
    };
    rooms.run(server).await;
    Ok(())
}

#[derive(Clone)]
struct App {
    zego: HooksService<Zego>,
    tencent: HooksService<Tencent>,
    trtc: HooksService<Trtc>,
}

impl App {
    async fn call(
        mut self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        match request.uri().path() {
            "/hooks/zego" => self.zego.call(request).await,
            "/hooks/tencent" => self.tencent.call(request).await,
            "/hooks/trtc" => self.trtc.call(request).await,
            "/" => Ok(Response::new("rooms are open".into())),
            _ => {
                let mut not_found = Response::default();
                *not_found.status_mut() = StatusCode::NOT_FOUND;
                Ok(not_found)
            }
        }
    }
}

/// Serves until a shutdown signal, then waits for the responses to the requests in progress.
async fn serve(listener: TcpListener, app: App) {
    let (mut server, graceful) = (http1::Builder::new(), GracefulShutdown::new());
    // With a timer, hyper closes a connection whose request head takes longer than 30 s.
    server.timer(TokioTimer::new());
    let mut signal = pin!(shutdown_signal());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut signal => break,
        };
        let Ok((stream, _)) = accepted else {
            // Perhaps the process has no free file descriptor. Other connections will free some.
            tokio::select! {
                () = sleep(Duration::from_millis(100)) => continue,
                () = &mut signal => break,
            }
        };
        let app = app.clone();
        let app = service_fn(move |request| app.clone().call(request));
        let connection = graceful.watch(server.serve_connection(TokioIo::new(stream), app));
        tokio::spawn(async move {
            // An error is the client's fault: it disconnected, or sent a request head too slowly.
            let _ = connection.await;
        });
    }
    // Closes the port.
    drop(listener);
    graceful.shutdown().await;
}
