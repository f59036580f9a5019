//! `room-hooks demo`: every provider played against a real receiver, over real HTTP.

mod log;
mod receiver;
mod script;

use std::io::Write;

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use room_hooks::tencent::live::BeforeSendGift;
use tokio::{net::TcpListener, sync::mpsc};

use crate::{Error, ExitStatus, decision::decision, provider::ProviderName, terminal};

use self::{
    log::Log,
    script::{Act, Scene, Sent},
};

pub(crate) fn run() -> Result<ExitStatus, Error> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(play())
}

async fn play() -> Result<ExitStatus, Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let (sender, seen) = mpsc::unbounded_channel();
    let router = receiver::router(&sender)?;
    let server = tokio::spawn(async { axum::serve(listener, router).await });
    writeln!(
        terminal::out(),
        "A receiver listens on {origin}, and the providers are played to it.\n\
         Each line is a request and its answer; below it what the handler was called with, and what the\n\
         receiver logged. The sender learns no more than the status."
    )?;

    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut stage = Stage { client, origin, seen, log: Log::install() };
    let (mut acts, mut wrong) = (0, 0);
    for Scene { title, path, acts: of_scene } in script::scenes()? {
        writeln!(terminal::out(), "\n{title}, POST {path}\n")?;
        for act in of_scene {
            acts += 1;
            wrong += u32::from(!stage.perform(path, act).await?);
        }
    }
    server.abort();

    if wrong > 0 {
        writeln!(terminal::out(), "\n{wrong} of {acts} responses are wrong.")?;
        return Ok(ExitStatus::Unsuccessful);
    }
    writeln!(terminal::out(), "\nAll {acts} responses are right.")?;
    Ok(ExitStatus::Success)
}

/// What an act needs.
struct Stage {
    client: Client<HttpConnector, Body>,
    origin: String,
    seen: mpsc::UnboundedReceiver<String>,
    log: Log,
}

impl Stage {
    /// Sends one request and tells whether the response and the handler were as expected.
    async fn perform(&mut self, path: &str, act: Act) -> Result<bool, Error> {
        let Sent { query, headers, body } = act.sent;
        let uri = format!("{}{path}?{query}", self.origin);
        let request = headers
            .iter()
            .fold(Request::builder().method(act.method).uri(uri), |request, (name, value)| {
                request.header(name, value)
            });
        let response = self.client.request(request.body(body)?).await?;
        let status = response.status();
        let answer = to_bytes(Body::new(response.into_body()), usize::MAX).await?;
        let event = self.seen.try_recv().ok();
        let decided =
            act.decision.map(|_| decision(ProviderName::Tencent, BeforeSendGift::NAME, &answer));
        let right = status == act.expected
            && event.is_some() == act.handled
            && decided.as_deref() == act.decision;

        let mark = if right { "ok   " } else { "WRONG" };
        writeln!(terminal::out(), "  {mark} {} {}", status.as_u16(), act.title)?;
        if let Some(event) = event {
            writeln!(terminal::out(), "            handled: {event}")?;
        }
        if let Some(decided) = &decided {
            writeln!(terminal::out(), "            decision: {decided}")?;
        }
        for line in self.log.take().lines() {
            writeln!(terminal::out(), "            log: {}", line.trim())?;
        }
        if !right {
            let handler = if act.handled { "called" } else { "not called" };
            writeln!(
                terminal::out(),
                "            expected {} and the handler {handler}{}",
                act.expected.as_u16(),
                act.decision.map(|decision| format!(", decision: {decision}")).unwrap_or_default()
            )?;
        }
        Ok(right)
    }
}
