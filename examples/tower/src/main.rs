//! A server on hyper alone that receives room callbacks beside a route of its own.
//!
//! Every event is one line of JSON on standard output, and so is every question, which is allowed.

use std::{
    convert::Infallible,
    env::{self, VarError},
    error::Error,
    io::{self, Write},
    pin::pin,
    time::Duration,
};

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
use room_hooks_tower::{
    Callback, Hooks, HooksService, Provider, Verified,
    hooks::MemoryStore,
    service,
    tencent::{self, Tencent},
    trtc::{self, Trtc},
    zego::{self, Zego},
};
use serde::Serialize;
use tokio::{net::TcpListener, signal, time::sleep};
use tower_service::Service;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A log that cannot be written is no reason to panic.
    tracing_subscriber::fmt().with_writer(io::stderr).log_internal_errors(false).init();

    let zego = Zego::new(
        setting("ZEGO_APP_ID", "1234567890")?,
        setting("ZEGO_CALLBACK_SECRET", "demo-callback-secret")?,
    )?;
    let tencent = Tencent::new(
        setting("TENCENT_SDK_APP_ID", "1400000000")?,
        setting("TENCENT_TOKEN", "demo-token")?,
    )?;
    let trtc =
        Trtc::new(setting("TRTC_SDK_APP_ID", "1400000000")?, setting("TRTC_KEY", "demokey")?)?;
    let zego = Hooks::new(zego)
        .with_store(MemoryStore::new())
        .fallback(print::<zego::Event>)
        .answer(async |asked: Verified<zego::Question>| {
            print(asked).await.map(|()| zego::Decision::neutral())
        });
    let tencent = Hooks::new(tencent)
        .with_store(MemoryStore::new())
        .fallback(print::<tencent::Event>)
        .answer(async |asked: Verified<tencent::Question>| {
            print(asked).await.map(|()| tencent::Decision::allow())
        });
    let trtc = Hooks::new(trtc).with_store(MemoryStore::new()).fallback(print::<trtc::Event>);

    let app = App {
        zego: service(zego.clone()),
        tencent: service(tencent.clone()),
        trtc: service(trtc.clone()),
    };

    let listener = TcpListener::bind(setting("ROOM_HOOKS_ADDR", "127.0.0.1:3000")?).await?;
    let address = listener.local_addr()?;
    let hint = "to send it a callback: cargo run -- send room_create --to";
    let _ = writeln!(io::stderr(), "listening on http://{address}\n{hint} http://{address}");
    tokio::select! {
        () = serve(listener, app) => {}
        () = grace_period() => {}
    }
    zego.wait_idle().await;
    tencent.wait_idle().await;
    trtc.wait_idle().await;
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

/// Serves until a signal comes, and ends when each request under way has its response.
async fn serve(listener: TcpListener, app: App) {
    let (mut server, graceful) = (http1::Builder::new(), GracefulShutdown::new());
    // The head of a request must arrive within 30 s.
    server.timer(TokioTimer::new());
    let mut signal = pin!(shutdown_signal());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut signal => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, perhaps: others are closed in the meantime.
            tokio::select! {
                () = sleep(Duration::from_millis(100)) => continue,
                () = &mut signal => break,
            }
        };
        let app = app.clone();
        let app = service_fn(move |request| app.clone().call(request));
        let connection = graceful.watch(server.serve_connection(TokioIo::new(stream), app));
        tokio::spawn(async move {
            // A connection that breaks off is the client's matter.
            let _ = connection.await;
        });
    }
    // No client can connect any more.
    drop(listener);
    graceful.shutdown().await;
}

/// Ends with Ctrl-C or, where there is one, SIGTERM.
async fn shutdown_signal() {
    #[cfg(unix)]
    if let Ok(mut terminated) = signal::unix::signal(signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = terminated.recv() => return,
            _ = signal::ctrl_c() => return,
        }
    }
    signal::ctrl_c().await.unwrap_or_default();
}

/// Ends a while after that. By then, every body has arrived or been refused, which takes 5 s. A client that has not
/// sent the head of a request is not waited for.
async fn grace_period() {
    shutdown_signal().await;
    sleep(Duration::from_secs(6)).await;
}

async fn print<E>(verified: Verified<E>) -> io::Result<()>
where
    E: Callback,
{
    let line = serde_json::to_string(&EventLine {
        provider: E::Provider::NAME,
        app_id: verified.app_id.to_string(),
        event: verified.event.name(),
        room_id: verified.event.room_id(),
        data: &verified.event,
    })?;
    // If it cannot be printed, the sender is told to try again.
    writeln!(io::stdout(), "{line}")
}

#[derive(Serialize)]
struct EventLine<'a, E> {
    provider: &'static str,
    app_id: String,
    event: &'a str,
    room_id: Option<&'a str>,
    data: &'a E,
}

/// An environment variable; one that is there but unreadable is an error and not the default.
fn setting(name: &str, default: &str) -> Result<String, VarError> {
    match env::var(name) {
        Err(VarError::NotPresent) => Ok(default.to_owned()),
        setting => setting,
    }
}
