use axum::{Router, body::Bytes, routing::post};
use room_hooks::{Hooks, RoomCreated, Verified, zego::Zego};
use room_hooks_axum::IntoRouter;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
    let hooks = Hooks::new(zego).on(async |created: Verified<RoomCreated>| {
        println!("{} is open", created.event.room_id);
    });
    let app = Router::new().route("/echo", post(echo)).nest("/hooks/zego", hooks.into_router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}

async fn echo(body: Bytes) -> Bytes {
    body
}
