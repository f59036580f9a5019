//! `room-hooks demo`: simulates every provider against a real receiver, over real HTTP.

mod log;
mod receiver;
mod script;

use std::{io::Write, sync::mpsc, thread};

use room_hooks::tencent::live::BeforeSendGift;
use tokio::{net::TcpListener, runtime};

use crate::{
    Error, ExitStatus, decision::decision, http::Client, provider::ProviderName, terminal,
};

use self::{
    log::Log,
    script::{Act, Scene, Sent},
};

pub(crate) fn run() -> Result<ExitStatus, Error> {
    let (sender, seen) = mpsc::channel();
    let router = receiver::router(&sender)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let origin = format!("http://{}", listener.local_addr()?);
    // The receiver serves until the process ends.
    thread::spawn(move || runtime.block_on(async { axum::serve(listener, router).await }));
    writeln!(
        terminal::out(),
        "A receiver listens on {origin}, and simulated providers send it callbacks.\n\
         Each line is a response and its request. The event that the handler received and the\n\
         receiver's log follow. The sender learns only the status."
    )?;

    let mut stage = Stage { seen, log: Log::install() };
    let (mut acts, mut wrong) = (0, 0);
    for Scene { title, path, acts: of_scene } in script::scenes()? {
        writeln!(terminal::out(), "\n{title}, POST {path}\n")?;
        let client = Client::new(format!("{origin}{path}"));
        for act in of_scene {
            acts += 1;
            wrong += u32::from(!stage.perform(&client, &act)?);
        }
    }

    if wrong > 0 {
        writeln!(terminal::out(), "\n{wrong} of {acts} responses are wrong.")?;
        return Ok(ExitStatus::Unsuccessful);
    }
    writeln!(terminal::out(), "\nAll {acts} responses are correct.")?;
    Ok(ExitStatus::Success)
}

/// The receiver's reports about a request.
struct Stage {
    seen: mpsc::Receiver<String>,
    log: Log,
}

impl Stage {
    /// Sends one request, and returns whether the response and the handler were as expected.
    fn perform(&mut self, client: &Client, act: &Act) -> Result<bool, Error> {
        let response = match &act.sent {
            Sent::Post(delivery) => client.post(delivery)?,
            Sent::PostSlowly(delivery) => client.post_slowly(delivery)?,
            Sent::Get => client.get()?,
        };
        let event = self.seen.try_recv().ok();
        let decided = act
            .decision
            .map(|_| decision(ProviderName::Tencent, BeforeSendGift::NAME, &response.bytes));
        let right = response.status == act.expected
            && event.is_some() == act.handled
            && decided.as_deref() == act.decision;

        let mark = if right { "ok   " } else { "WRONG" };
        writeln!(terminal::out(), "  {mark} {} {}", response.status, act.title)?;
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
                act.expected,
                act.decision.map(|decision| format!(", decision: {decision}")).unwrap_or_default()
            )?;
        }
        Ok(right)
    }
}
