use room_hooks::{Hooks, RoomCreated, Verified, zego::Zego};
use room_hooks_warp::IntoFilter;
use warp::{Filter, hyper::body::Bytes};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let zego = Zego::new(1234567890, std::env::var("ZEGO_CALLBACK_SECRET")?)?;
    let hooks = Hooks::new(zego).on(async |created: Verified<RoomCreated>| {
        println!("{} is open", created.event.room_id);
    });
    let echo = warp::path!("echo")
        .and(warp::post())
        .and(warp::body::bytes())
        .map(|body: Bytes| body.to_vec());
    let app = echo.or(warp::path!("hooks" / "zego" / ..).and(hooks.into_filter()));
    warp::serve(app).run(([127, 0, 0, 1], 3000)).await;
    Ok(())
}
