use actix_web::{
    App, HttpServer,
    web::{Bytes, post},
};
use room_hooks::{Hooks, RoomCreated, Verified, zego::Zego};
use room_hooks_actix::IntoScope;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
    let hooks = Hooks::new(zego).on(async |created: Verified<RoomCreated>| {
        println!("{} is open", created.event.room_id);
    });
    let app = move || {
        let hooks = hooks.clone().into_scope("/hooks/zego");
        App::new().route("/echo", post().to(echo)).service(hooks)
    };
    Ok(HttpServer::new(app).bind("127.0.0.1:3000")?.run().await?)
}

async fn echo(body: Bytes) -> Bytes {
    body
}
