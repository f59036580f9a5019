mod forward;
mod page;
mod passed;
mod recorder;
mod unknown;

#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::{
    fs::{File, OpenOptions},
    future::pending,
    io::{self, Read, Seek, SeekFrom, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::Request, http::StatusCode, middleware, routing::MethodRouter};
use clap::Args;
use room_hooks::{Hooks, Receiver, Verified};
use room_hooks_axum::handler;
use tokio::{net::TcpListener, runtime, sync::mpsc, time::sleep};

use crate::{
    Error, ExitStatus,
    credentials::Credentials,
    page::PageAddress,
    paths::Paths,
    provider::{Provider, ProviderName, Rehearsed},
    stop::{grace_period, shutdown_signal},
    terminal,
};

use self::{
    forward::Forwarding,
    page::Deliveries,
    recorder::{Handled, Recorder},
};

/// Receives callbacks from all three providers, and shows each with its Rust type. Answers as the
/// library does, or forwards verified deliveries to your app and returns its response.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The address to listen on; port 0 picks a free port
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "ROOM_HOOKS_ADDR",
        hide_env_values = true,
        default_value = "127.0.0.1:3000"
    )]
    addr: SocketAddr,
    /// Accepts connections from other machines
    #[arg(long)]
    allow_remote: bool,
    /// Also prints each event, and the members that its type does not have
    #[arg(long, short)]
    verbose: bool,
    /// Appends every delivery to a file, byte for byte, as a line of JSON that says how it was
    /// verified. Protect the file like the secret: anyone who can edit it can make `replay` sign
    /// anything
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Serves a page that shows the deliveries, and prints its address. The page has its own port,
    /// on this machine only
    #[arg(long)]
    ui: bool,
    /// The address of the page; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", requires = "ui")]
    ui_addr: SocketAddr,
    #[command(flatten)]
    paths: Paths,
    #[command(flatten)]
    forwarding: Forwarding,
    /// Fails the first N deliveries, to test retries
    #[arg(long, value_name = "N", default_value_t = 0)]
    fail_first: u64,
    /// Denies every question, optionally with this text; the default is to allow
    #[arg(long, value_name = "TEXT", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    deny: Option<String>,
    /// Delays each response by this many milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay: u64,
}

const EXAMPLES: &str = "\
Examples:
  room-hooks listen
  room-hooks listen --verbose --record recording.jsonl
  room-hooks listen --fail-first 2             then run: room-hooks send room_create --retry
  room-hooks listen --ui                       prints the address of a page
  room-hooks listen --forward-to http://127.0.0.1:8080 --record recording.jsonl
  room-hooks listen --forward-to http://127.0.0.1:8080 --resign zego=local-secret.txt
  room-hooks listen --deny='no links here'     then run: room-hooks send before_send_msg

Secrets come from ZEGO_CALLBACK_SECRET, TENCENT_TOKEN and TRTC_KEY, app ids from ZEGO_APP_ID,
TENCENT_SDK_APP_ID and TRTC_SDK_APP_ID.

With --forward-to, unverified deliveries never reach the app. The app's response goes back to the \
provider with its status, headers and body. Redirects are not followed. If the app does not respond \
before the provider's timeout, an event gets 503 and a question is allowed.";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitStatus, Error> {
    if !arguments.addr.ip().is_loopback() && !arguments.allow_remote {
        let address = arguments.addr;
        return Err(format!(
            "{address} can be reached from other machines; --allow-remote permits it"
        )
        .into());
    }
    let recording = arguments.record.as_deref().map(append_to).transpose()?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(serve(arguments, recording));
    // An app that does not respond must not delay the shutdown.
    runtime.shutdown_background();
    served
}

fn append_to(file: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    // `replay` signs the deliveries in a recording, so the file is as sensitive as the secret.
    #[cfg(unix)]
    options.mode(0o600);
    let open = || {
        let mut recording = options.open(file)?;
        if !ends_with_line(file, &recording)? {
            recording.write_all(b"\n")?;
        }
        Ok(recording)
    };
    open().map_err(|error: io::Error| format!("{}: {error}", file.display()).into())
}

/// Whether the last line of a recording is complete. It is incomplete if its writer was killed.
fn ends_with_line(file: &Path, recording: &File) -> io::Result<bool> {
    let metadata = recording.metadata()?;
    if !metadata.is_file() || metadata.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    let mut recording = File::open(file)?;
    recording.seek(SeekFrom::End(-1))?;
    recording.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

async fn serve(arguments: &Arguments, recording: Option<File>) -> Result<ExitStatus, Error> {
    let listener = TcpListener::bind(arguments.addr)
        .await
        .map_err(|error| format!("{}: {error}", arguments.addr))?;
    let address = listener.local_addr()?;
    let forwarder = arguments.forwarding.forwarder(address)?;
    let rehearsal = forwarder.is_none().then(|| Rehearsal {
        failures: Arc::new(AtomicU64::new(arguments.fail_first)),
        delay: Duration::from_millis(arguments.delay),
        deny: arguments.deny.as_deref().map(Arc::from),
    });
    let providers = ProviderName::ALL.map(|name| Credentials::default().provider(name));
    let providers: Vec<_> = providers.into_iter().collect::<Result<_, _>>()?;
    let mut deliveries = None;
    let mut page: Pin<Box<dyn Future<Output = Result<(), Error>>>> = Box::pin(pending());
    if arguments.ui {
        let server = PageAddress::bind(arguments.ui_addr).await?;
        terminal::note(&format!("page at {}", server.url()));
        let may_edit = !arguments.forwarding.may_leave_this_machine();
        let shown = Deliveries::new(origin(address), providers.clone(), may_edit);
        page = Box::pin(server.serve(Arc::clone(&shown).router(), pending()));
        deliveries = Some(shown);
    }
    let (broken, mut breakage) = mpsc::channel(1);
    let recorder = Recorder::new(recording, arguments.verbose, forwarder, deliveries, broken);
    let recorder = Arc::new(recorder);
    let mut app = Router::new().without_v07_checks();
    let mut paths: Vec<String> = Vec::new();
    for provider in providers {
        let name = provider.name();
        let path = arguments.paths.of(name).map_or_else(|| name.default_path(), str::to_owned);
        if paths.contains(&path) {
            return Err(format!("two providers cannot share the path {path}").into());
        }
        let mount =
            Mount { recorder: &recorder, rehearsal: rehearsal.clone(), provider: provider.clone() };
        let route = match provider {
            Provider::Zego(zego) => mount.route(zego),
            Provider::Tencent(tencent) => mount.route(tencent),
            Provider::Trtc(trtc) => mount.route(trtc),
        };
        app = app.route(&path, route);
        paths.push(path);
    }
    let paths = paths.join(", ");
    let app = app.fallback(async move |request: Request| {
        let path = terminal::plain(request.uri().path());
        terminal::note(&format!("404 {path}: callbacks go to {paths}"));
        StatusCode::NOT_FOUND
    });
    terminal::note(&format!("listening on http://{address}"));
    if let Some(to) = arguments.forwarding.to() {
        terminal::note(&format!("forwarding verified deliveries to {to}"));
    }
    let path = arguments.paths.of(ProviderName::Zego).unwrap_or_default();
    terminal::note(&format!(
        "to send it a callback: room-hooks send room_create --to {}{path}",
        origin(address)
    ));
    let server = axum::serve(listener, app).with_graceful_shutdown(shutdown_signal());
    tokio::select! {
        // `biased`, so that a failure is reported even if the server ends at the same time.
        biased;
        error = breakage.recv() => return Err(error.unwrap_or("the recorder has stopped".into())),
        served = server.into_future() => served?,
        served = page => served?,
        () = grace_period() => {}
    }
    Ok(ExitStatus::Success)
}

/// The origin at which this machine reaches `listen`. An unspecified address, which stands for all
/// interfaces, becomes the loopback address.
fn origin(mut listening_on: SocketAddr) -> String {
    match listening_on.ip() {
        ip if !ip.is_unspecified() => {}
        IpAddr::V4(_) => listening_on.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(_) => listening_on.set_ip(Ipv6Addr::LOCALHOST.into()),
    }
    format!("http://{listening_on}")
}

/// The simulated handler.
#[derive(Clone)]
struct Rehearsal {
    failures: Arc<AtomicU64>,
    delay: Duration,
    deny: Option<Arc<str>>,
}

impl Rehearsal {
    async fn handle(self) -> io::Result<()> {
        let is_one_left = |left: u64| left.checked_sub(1);
        let fails =
            self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_one_left).is_ok();
        sleep(self.delay).await;
        if fails { Err(io::Error::other("--fail-first")) } else { Ok(()) }
    }
}

/// The parts of a provider's route.
struct Mount<'a> {
    recorder: &'a Arc<Recorder>,
    /// Absent if deliveries are forwarded to an app.
    rehearsal: Option<Rehearsal>,
    provider: Provider,
}

impl Mount<'_> {
    fn route<P: Rehearsed>(self, provider: P) -> MethodRouter {
        let handled = Handled::default();
        // Even without handlers, hooks verify and bind signatures, acknowledge events, and decide
        // questions by the failure policy.
        let mut hooks = Hooks::new(Receiver::new(provider));
        if let Some(rehearsal) = self.rehearsal {
            let state = (handled.clone(), rehearsal.clone());
            hooks = hooks
                .on_with(state, async |(seen, rehearsal), verified: Verified<P::Event>| {
                    seen.insert(verified.id());
                    rehearsal.handle().await
                })
                .answer_with(rehearsal, async |rehearsal, asked: Verified<P::Question>| {
                    let deny = rehearsal.deny.clone();
                    rehearsal.handle().await.map(|()| P::decide(&asked.event, deny.as_deref()))
                });
        }
        let recorder = Arc::clone(self.recorder);
        let provider = self.provider;
        handler(hooks).layer(middleware::from_fn(move |request, next| {
            Arc::clone(&recorder).pass(provider.clone(), handled.clone(), request, next)
        }))
    }
}
