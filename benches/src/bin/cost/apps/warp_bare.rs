use warp::{Filter, hyper::body::Bytes};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let echo = warp::path!("echo")
        .and(warp::post())
        .and(warp::body::bytes())
        .map(|body: Bytes| body.to_vec());
    warp::serve(echo).run(([127, 0, 0, 1], 3000)).await;
    Ok(())
}
