//! `room-hooks demo`: both providers played against a real receiver, over real HTTP.

mod receiver;
mod script;

use std::{error::Error, process::ExitCode};

use axum::{body::Body, http::Request};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{net::TcpListener, sync::mpsc};

use self::{
    receiver::Seen,
    script::{Act, Scene},
};

type Failure = Box<dyn Error + Send + Sync>;

pub(crate) fn run() -> Result<ExitCode, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(play())
}

async fn play() -> Result<ExitCode, Failure> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let (sender, mut seen) = mpsc::unbounded_channel();
    let router = receiver::router(&sender)?;
    let server = tokio::spawn(async { axum::serve(listener, router).await });

    println!("A receiver listens on {origin}, and both providers are played to it.");
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (mut acts, mut wrong) = (0, 0);
    for Scene { title, acts: of_scene } in script::scenes()? {
        println!("\n{title}\n");
        for act in of_scene {
            acts += 1;
            wrong += u32::from(!perform(&client, &origin, act, &mut seen).await?);
        }
    }
    server.abort();

    if wrong > 0 {
        println!("\n{wrong} of {acts} verdicts are wrong.");
        return Ok(ExitCode::FAILURE);
    }
    println!("\nAll {acts} verdicts are right.");
    Ok(ExitCode::SUCCESS)
}

/// Sends one request and tells whether the verdict on it was right.
async fn perform(
    client: &Client<HttpConnector, Body>,
    origin: &str,
    act: Act,
    seen: &mut mpsc::UnboundedReceiver<Seen>,
) -> Result<bool, Failure> {
    let request = Request::builder()
        .method(act.method)
        .uri(format!("{origin}{}", act.path_and_query))
        .body(act.body)?;
    let status = client.request(request).await?.status();
    let seen = seen.try_recv()?;
    let right = status == act.expected && seen.handled() == act.handled;
    let verdict = if right { "ok   " } else { "WRONG" };
    println!("  {verdict} {:<34} {} {seen}", act.title, status.as_u16());
    if !right {
        let handler = if act.handled { "called" } else { "not called" };
        println!("        expected {} and the handler {handler}", act.expected.as_u16());
    }
    Ok(right)
}
