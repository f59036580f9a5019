use actix_web::{
    App, HttpServer,
    web::{Bytes, post},
};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let app = || App::new().route("/echo", post().to(echo));
    Ok(HttpServer::new(app).bind("127.0.0.1:3000")?.run().await?)
}

async fn echo(body: Bytes) -> Bytes {
    body
}
