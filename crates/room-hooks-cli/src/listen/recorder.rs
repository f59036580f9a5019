//! Listens in on what passes, and changes nothing of it.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, Write},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use room_hooks::{Delivery, DeliveryId, Refusal, testing::SignedDelivery};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;

use crate::{
    Error,
    decision::decision,
    provider::{Provider, ProviderName, Received},
    recording::{Record, Verification},
    terminal::{self, DIM},
};

pub(super) struct Recorder {
    recording: Option<Mutex<File>>,
    verbose: bool,
    /// Where it is told that the recording has broken off.
    broken: mpsc::Sender<Error>,
}

/// The deliveries that the handler was called with.
#[derive(Clone, Default)]
pub(super) struct Handled(Arc<Mutex<HashSet<Option<DeliveryId>>>>);

impl Handled {
    pub(super) fn insert(&self, id: Option<DeliveryId>) {
        locked(&self.0).insert(id);
    }

    fn take(&self, id: &Option<DeliveryId>) -> bool {
        locked(&self.0).remove(id)
    }
}

impl Recorder {
    pub(super) fn new(recording: Option<File>, verbose: bool, broken: mpsc::Sender<Error>) -> Self {
        Self { recording: recording.map(Mutex::new), verbose, broken }
    }

    /// Lets a request pass, and shows and records what it was and what it was answered.
    pub(super) async fn pass(
        self: Arc<Self>,
        provider: Provider,
        handled: Handled,
        request: Request,
        next: Next,
    ) -> Response {
        // A task of its own, since the sender may have hung up before there is anything to show.
        let passing = tokio::spawn(self.watch(provider, handled, request, next));
        passing.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }

    async fn watch(
        self: Arc<Self>,
        provider: Provider,
        handled: Handled,
        request: Request,
        next: Next,
    ) -> Response {
        let now = SystemTime::now();
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let headers = kept(&parts.headers);
        let read = Arc::new(Mutex::new(Vec::new()));
        let copy = Arc::clone(&read);
        let body = Body::from_stream(body.into_data_stream().map(move |chunk| {
            if let Ok(bytes) = &chunk {
                locked(&copy).extend_from_slice(bytes);
            }
            chunk
        }));
        let (head, body) = next.run(Request::from_parts(parts, body)).await.into_parts();
        // The library's own answers are short.
        let answer = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let response = Response::from_parts(head, Body::from(answer.clone()));

        let body = mem::take(&mut *locked(&read));
        let received =
            provider.receive(Delivery::new(&body).with_query(&query).with_headers(&headers), now);
        let status = response.status().as_u16();
        let called = match &received {
            // Another try of it is being handled, or its signature is another's.
            Ok(Some(_)) if matches!(status, 401 | 503) => false,
            Ok(Some(Received { id, .. })) => handled.take(id),
            _ => false,
        };
        let asks = matches!(&received, Ok(Some(Received { asks: true, .. })));
        let name = provider.name();
        let passed = Passed { provider: name, at: now, status, called, received, answer };
        let delivery = SignedDelivery::new(query, headers, body);
        let record = Record::new(passed.provider, now, delivery)
            .with_path(&path)
            .with_verification(passed.verification());
        let kept = match status {
            // No callback, or not read to its end.
            404 | 405 | 408 | 413 => Ok(()),
            _ => self.record(&record),
        };
        if let Err(error) = kept.and_then(|()| passed.show(self.verbose, &record)) {
            // Only the first is waited for.
            let _ = self.broken.try_send(error);
            // Refuses an event that was not recorded, so that its provider sends it again. A question keeps its answer.
            if asks {
                return response;
            }
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        response
    }

    /// A request for a path where nothing is.
    pub(super) async fn elsewhere(request: Request) -> StatusCode {
        let path = terminal::plain(request.uri().path());
        terminal::note(&format!(
            "404 {path}: callbacks go to /hooks/zego, /hooks/tencent, /hooks/trtc"
        ));
        StatusCode::NOT_FOUND
    }

    fn record(&self, record: &Record) -> Result<(), Error> {
        let Some(recording) = &self.recording else { return Ok(()) };
        let line = format!("{}\n", serde_json::to_string(record)?);
        append(&mut locked(recording), line.as_bytes())
            .map_err(|error| format!("the recording cannot be written: {error}").into())
    }
}

/// Appends a line to a file, or nothing: what comes after half a line could not be read.
fn append(file: &mut File, line: &[u8]) -> io::Result<()> {
    let length = file.metadata()?.len();
    let written = file.write_all(line);
    if written.is_err() {
        // Not every file can be cut, `/dev/full` for one.
        let _ = file.set_len(length);
    }
    written
}

/// A delivery that has passed.
struct Passed {
    provider: ProviderName,
    at: SystemTime,
    status: u16,
    called: bool,
    received: Result<Option<Received>, Refusal>,
    answer: Bytes,
}

impl Passed {
    fn show(&self, verbose: bool, record: &Record) -> Result<(), Error> {
        let seconds = self.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() % 86_400;
        let time = format!("{:02}:{:02}:{:02}Z", seconds / 3600, seconds / 60 % 60, seconds % 60);
        let received = self.received.as_ref().ok().and_then(Option::as_ref);
        let event = terminal::plain(received.map_or("-", |received| &received.event));
        let room = received.and_then(|received| received.room_id.as_deref()).unwrap_or("-");
        let (room, provider) = (terminal::plain(room), self.provider);
        let mut out = terminal::out();
        writeln!(
            out,
            "{DIM}{time}{DIM:#} {provider:<8}{event:<36} {room:<16} {} {}",
            terminal::status(self.status),
            self.status()
        )?;
        if verbose {
            let shown = received.map_or_else(
                || String::from_utf8_lossy(&record.to_http()).into_owned(),
                |received| received.data.clone(),
            );
            for line in shown.lines() {
                writeln!(out, "          {}", terminal::plain(line))?;
            }
        }
        out.flush()?;
        Ok(())
    }

    fn verification(&self) -> Verification {
        match &self.received {
            // Verified, but its signature was first seen with other content.
            Ok(_) if (400..500).contains(&self.status) => Verification::Refused,
            Ok(Some(received)) => received.verified,
            // Only Tencent's console sends a probe, and every app here has a token.
            Ok(None) => Verification::Signature,
            Err(_) => Verification::Refused,
        }
    }

    fn status(&self) -> String {
        match (&self.received, self.status) {
            (_, 404) => "nothing is at this path".to_owned(),
            (_, 405) => "not a POST".to_owned(),
            (_, 408) => "the body took too long".to_owned(),
            (_, 413) => "the body is too large".to_owned(),
            (Err(refusal), _) => format!("refused: {refusal}"),
            (Ok(None), _) => "a console's probe".to_owned(),
            (Ok(Some(_)), 401) => {
                "refused: the signature was first seen with other content".to_owned()
            }
            (Ok(Some(Received { asks: true, event, .. })), 200) => {
                terminal::plain(&decision(self.provider, event, &self.answer))
            }
            (Ok(Some(_)), 503) => "still being handled".to_owned(),
            (Ok(Some(_)), 500..) => "failed".to_owned(),
            (Ok(Some(_)), _) if self.called => "handled".to_owned(),
            (Ok(Some(_)), _) => "handled before".to_owned(),
        }
    }
}

/// The headers that sign, and the content type; no other is anybody's business.
fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = |name: &'static str| {
        headers.get_all(name).iter().map(move |value| {
            (name.to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
    };
    ["Sign", "SdkAppId", "Content-Type"].into_iter().flat_map(kept).collect()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
