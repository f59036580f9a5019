//! An axum app that receives room callbacks and exposes Prometheus metrics at `/metrics`.

use std::{
    env,
    io::{self, Write},
};

use axum::{Router, routing::get};
use metrics_exporter_prometheus::PrometheusBuilder;
use room_hooks_axum::{
    Hooks, Verified, handler,
    zego::{self, Zego},
};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let prometheus = PrometheusBuilder::new().install_recorder()?;

    let secret = env::var("ZEGO_CALLBACK_SECRET").unwrap_or("demo-callback-secret".into());
    let hooks = Hooks::new(Zego::new(1234567890, secret)?).on(
        async |created: Verified<zego::RoomCreated>| {
            writeln!(io::stdout(), "{} is open", created.event.room_id)
        },
    );

    let app = Router::new()
        // For your own network only. In production, serve it on a port that is not public.
        .route("/metrics", get(async move || prometheus.render()))
        .route("/hooks/zego", handler(hooks));
    let address = env::var("ROOM_HOOKS_ADDR").unwrap_or("127.0.0.1:3000".into());
    let listener = TcpListener::bind(address).await?;
    // Standard error may be closed, which is not a reason to stop.
    let _ = writeln!(io::stderr(), "listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
