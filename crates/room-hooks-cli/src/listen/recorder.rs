//! Observes, records and shows requests and their responses.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, Write},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Instant, SystemTime},
};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use room_hooks::{DeliveryId, Refusal, testing::SignedDelivery};
use tokio::{sync::mpsc, task::spawn_blocking};
use tokio_stream::StreamExt;

use crate::{
    Error,
    provider::{Provider, Received},
    recording::{Record, Verification},
};

use super::{
    forward::{Forwarder, MARGIN},
    page::Deliveries,
    passed::Passed,
};

pub(super) struct Recorder {
    recording: Option<Mutex<File>>,
    verbose: bool,
    forwarder: Option<Forwarder>,
    page: Option<Arc<Deliveries>>,
    /// Reports the error that ends the program.
    broken: mpsc::Sender<Error>,
}

/// The part of a body that has been read.
struct Read {
    body: Vec<u8>,
    /// When the last part arrived.
    at: SystemTime,
    /// Whether the connection broke before the end.
    is_broken: bool,
}

/// The ids of the deliveries that the handler was called with.
#[derive(Clone, Default)]
pub(super) struct Handled(Arc<Mutex<HashSet<Option<DeliveryId>>>>);

impl Handled {
    pub(super) fn insert(&self, id: Option<DeliveryId>) {
        let mut handled = locked(&self.0);
        // The id of a delivery stays if its handler exceeds the timeout and there is no retry.
        if handled.len() >= 10_000 {
            handled.clear();
        }
        handled.insert(id);
    }

    fn take(&self, id: &Option<DeliveryId>) -> bool {
        locked(&self.0).remove(id)
    }
}

impl Recorder {
    pub(super) fn new(
        recording: Option<File>,
        verbose: bool,
        forwarder: Option<Forwarder>,
        page: Option<Arc<Deliveries>>,
        broken: mpsc::Sender<Error>,
    ) -> Self {
        Self { recording: recording.map(Mutex::new), verbose, forwarder, page, broken }
    }

    /// Handles a request, and records and shows it with its response.
    pub(super) async fn pass(
        self: Arc<Self>,
        provider: Provider,
        handled: Handled,
        request: Request,
        next: Next,
    ) -> Response {
        // A separate task, because the sender may hang up before there is anything to show.
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
        let (now, began) = (SystemTime::now(), Instant::now());
        let (parts, body) = request.into_parts();
        let (path, headers) = (parts.uri.path().to_owned(), parts.headers.clone());
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let method = parts.method.clone();
        let read = Arc::new(Mutex::new(Read { body: Vec::new(), at: now, is_broken: false }));
        let copy = Arc::clone(&read);
        let body = Body::from_stream(body.into_data_stream().map(move |chunk| {
            let mut read = locked(&copy);
            read.at = SystemTime::now();
            match &chunk {
                Ok(bytes) => read.body.extend_from_slice(bytes),
                Err(_) => read.is_broken = true,
            }
            chunk
        }));
        let mut response = next.run(Request::from_parts(parts, body)).await;

        // The library verifies a delivery when its body has been read.
        let (body, now, is_broken) = {
            let mut read = locked(&read);
            (mem::take(&mut read.body), read.at, read.is_broken)
        };
        let delivery = SignedDelivery::new(query, kept(&headers), body);
        let received = provider.receive(delivery.as_delivery(), now);
        let status = response.status().as_u16();
        let record = Record::new(provider.name(), now, delivery)
            .with_path(&path)
            .with_verification(verification(&received, status));
        let called = match &received {
            // Another attempt is in progress, or the signature was first seen with other content.
            Ok(Some(_)) if matches!(status, 401 | 503) => false,
            Ok(Some(Received { id, .. })) => handled.take(id),
            _ => false,
        };
        let asks = matches!(&received, Ok(Some(Received { asks: true, .. })));
        // Otherwise, the request is not a callback, or its body was not read to the end.
        let is_whole = !is_broken && !matches!(status, 404 | 405 | 408 | 413 | 415);
        let kept = if is_whole { self.record(&record) } else { Ok(()) };
        if let Err(error) = kept {
            return self.break_off(error, response, asks);
        }

        if self.forwarder.is_some() && response.status().is_success() && received.is_err() {
            // The two verdicts differ, because time passed between them. An event that is not
            // forwarded must not be acknowledged.
            response = StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let (response, forwarded) = match &self.forwarder {
            Some(forwarder) if response.status().is_success() => {
                let deadline = began + record.provider.waits(asks) - MARGIN;
                forwarder.pass(&provider, &record, &headers, asks, deadline, response).await
            }
            _ => (response, None),
        };
        let (head, body) = response.into_parts();
        let answer = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let response = Response::from_parts(head, Body::from(answer.clone()));
        let status = response.status().as_u16();
        let passed =
            Passed { record, method, is_whole, status, called, received, forwarded, answer };
        let verbose = self.verbose;
        // A paused terminal must delay neither other work nor the end.
        let shown = spawn_blocking(move || (passed.show(&provider, verbose), passed)).await;
        let Ok((shown, passed)) = shown else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        if let Some(page) = &self.page {
            page.ring.add(passed, headers, began.elapsed());
        }
        match shown {
            Ok(()) => response,
            Err(error) => self.break_off(error, response, asks),
        }
    }

    /// Ends the program. An event that was not recorded or shown gets 500, so that the provider
    /// retries it. A question keeps its response.
    fn break_off(&self, error: Error, response: Response, asks: bool) -> Response {
        // Only the first error is received.
        let _ = self.broken.try_send(error);
        match asks {
            true => response,
            false => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }

    fn record(&self, record: &Record) -> Result<(), Error> {
        let Some(recording) = &self.recording else { return Ok(()) };
        let line = format!("{}\n", serde_json::to_string(record)?);
        append(&mut locked(recording), line.as_bytes())
            .map_err(|error| format!("the recording cannot be written: {error}").into())
    }
}

/// Appends a whole line to a file, or nothing, because a line after an incomplete one could not be
/// read.
fn append(file: &mut File, line: &[u8]) -> io::Result<()> {
    let length = file.metadata()?.len();
    let written = file.write_all(line);
    if written.is_err() {
        // Not every file can be truncated; `/dev/full` cannot.
        let _ = file.set_len(length);
    }
    written
}

/// How a delivery was verified, given the status of the library's response.
fn verification(received: &Result<Option<Received>, Refusal>, status: u16) -> Verification {
    match received {
        // The delivery was verified, but its signature was first seen with other content.
        Ok(_) if (400..500).contains(&status) => Verification::Refused,
        Ok(Some(received)) => received.verified,
        // Only Tencent's console sends a probe, and every app here has a token.
        Ok(None) => Verification::Signature,
        Err(_) => Verification::Refused,
    }
}

/// The headers that authenticate the delivery, and those that say how to read the body. Others may
/// be private.
fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = |name: &'static str| {
        headers.get_all(name).iter().map(move |value| {
            (name.to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
    };
    ["Sign", "SdkAppId", "Content-Type", "Content-Encoding"].into_iter().flat_map(kept).collect()
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
