//! Reads requests from captures in many formats. The content determines the format, never the file
//! name.

mod access_log;
mod bare;
mod curl;
#[cfg(test)]
mod damaged;
mod har;
mod http;
mod time;
mod trace;

use std::time::SystemTime;

use room_hooks::Delivery;

use crate::{Error, provider::ProviderName, recording::Record, terminal};

/// A request, as far as a capture shows it. `None` means that the capture lacks the part, not that
/// the request had none.
#[derive(Default, Clone)]
pub(super) struct Request {
    /// The position in the capture, if the format can contain several requests.
    pub(super) place: Option<String>,
    pub(super) method: Option<String>,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) headers: Option<Vec<(String, String)>>,
    pub(super) body: Option<Vec<u8>>,
    /// Whether a `.` of the body can stand for another byte.
    pub(super) has_lost_bytes: bool,
    pub(super) arrival: Option<Arrival>,
    /// The status of the response.
    pub(super) answered: Option<u16>,
    /// The provider, if a recording or a flag names it.
    pub(super) provider: Option<ProviderName>,
    /// Whether the receiver that recorded the request refused it.
    pub(super) was_refused: bool,
    /// Oddities of the capture.
    pub(super) notes: Vec<String>,
}

/// The time at which a request arrived.
#[derive(Debug, Clone, Copy)]
pub(super) enum Arrival {
    /// From the capture.
    Captured(SystemTime),
    /// From the `Date` of the response, by the receiver's clock.
    Responded(SystemTime),
}

const ACCEPTED: &str = "accepted formats: an HTTP request that begins with a line such as `POST \
                        /path HTTP/1.1`; the output of `curl -v`, `--trace` or `--trace-ascii`; a \
                        HAR file; lines of an access log in the common or combined format; a \
                        recording of `listen --record`; a body (JSON, percent-encoded JSON or a \
                        form) or a URL alone";

/// The requests in a capture that can be callbacks. `every` keeps every POST, even if the capture
/// also contains other traffic.
pub(super) fn requests(bytes: &[u8], every: bool) -> Result<Vec<Request>, Error> {
    let (requests, is_mixed) = read(bytes)?;
    let found = requests.len();
    let kept: Vec<_> = requests
        .into_iter()
        .filter(|request| request.method.as_deref().is_none_or(|method| method == "POST"))
        .filter(|request| every || !is_mixed || request.looks_like_callback())
        .collect();
    let what = if every || !is_mixed { "a POST" } else { "a POST that looks like a callback" };
    if kept.is_empty() {
        let how = if what == "a POST" { "" } else { " (with --provider, every POST counts)" };
        let none = match found {
            1 => "the only request is not".to_owned(),
            _ => format!("none of the {found} requests is"),
        };
        return Err(format!("{none} {what}{how}").into());
    }
    if kept.len() < found {
        terminal::note(&format!("{} of {found} requests skipped: not {what}", found - kept.len()));
    }
    Ok(kept)
}

/// The requests in a capture, and whether captures of its format also contain other traffic.
fn read(bytes: &[u8]) -> Result<(Vec<Request>, bool), Error> {
    let without_mark = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let content = without_mark.trim_ascii_start();
    if content.is_empty() {
        return Err(format!("the input is empty; {ACCEPTED}").into());
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(
            "the input is UTF-16, as older versions of PowerShell write with `>`: save it as \
             UTF-8, or let curl write the file itself, with `--trace FILE`"
                .into(),
        );
    }
    if content.starts_with(b"\x1f\x8b") {
        return Err("the input is compressed with gzip: pass it through `gunzip -c` first. If it \
                    is a body as it was received, use --body-file"
            .into());
    }
    if http::is_request(content) {
        return Ok((http::read(content)?, false));
    }
    if http::is_response(content) {
        return Err("the input is a response; pass the request instead".into());
    }
    if content.starts_with(b"{") {
        return json(bytes, content);
    }
    let text = String::from_utf8_lossy(content);
    if trace::is_trace(&text) {
        return Ok((trace::read(&text)?, false));
    }
    let verbose = curl::read(&text);
    if !verbose.is_empty() {
        return Ok((verbose, false));
    }
    let logged = access_log::read(&text);
    if !logged.is_empty() {
        return Ok((logged, true));
    }
    match bare::read(bytes) {
        Some(request) => Ok((vec![request], false)),
        None => Err(format!("the format of the input is unknown; {ACCEPTED}").into()),
    }
}

fn json(bytes: &[u8], content: &[u8]) -> Result<(Vec<Request>, bool), Error> {
    if let Some(requests) = har::read(content)? {
        return Ok((requests, true));
    }
    if is_recording(content) {
        let records = Record::read_all(content)?;
        let requests = records.into_iter().map(|(line, record)| {
            let place = Some(format!("line {line}"));
            Request::recorded(&record).map(|request| Request { place, ..request })
        });
        return Ok((requests.collect::<Result<_, _>>()?, false));
    }
    Ok((vec![Request { body: Some(bytes.to_vec()), ..Request::default() }], false))
}

/// Whether the first line looks like a line of a recording, even if it is broken.
fn is_recording(content: &[u8]) -> bool {
    let line = lines(content).next().unwrap_or_default();
    // Every record has both members, and no callback has.
    let has =
        |name: &str| line.windows(name.len()).take(512).any(|window| window == name.as_bytes());
    line.starts_with(b"{\"at\":") || (has("\"at\":") && has("\"provider\":"))
}

/// The lines, with their line breaks.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

impl Request {
    /// A request for a target: a path with or without a query, or a URL.
    fn new(method: &str, target: &str) -> Self {
        let mut request = Self { method: Some(method.to_owned()), ..Self::default() };
        request.set_target(target);
        request
    }

    /// The request of a recording.
    pub(super) fn recorded(record: &Record) -> Result<Self, Error> {
        Ok(Self {
            path: record.path.clone(),
            query: Some(record.query.clone()),
            headers: Some(record.headers.clone()),
            body: Some(record.body()?),
            arrival: Some(Arrival::Captured(record.at())),
            provider: Some(record.provider),
            was_refused: record.was_refused(),
            ..Self::default()
        })
    }

    fn set_target(&mut self, target: &str) {
        let target = target.split('#').next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = match path.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
            None => path,
        };
        (self.path, self.query) = (path.to_owned(), Some(query.to_owned()));
    }

    fn note_response(&mut self, response: &http::Response) {
        self.answered = Some(response.status);
        self.arrival = self.arrival.or(response.date);
    }

    /// The delivery, with missing parts empty.
    pub(super) fn delivery(&self) -> Delivery<'_> {
        self.delivery_with(self.body.as_deref().unwrap_or_default())
    }

    /// The delivery with another body.
    pub(super) fn delivery_with<'a>(&'a self, body: &'a [u8]) -> Delivery<'a> {
        let delivery = Delivery::new(body).with_query(self.query.as_deref().unwrap_or_default());
        match &self.headers {
            Some(headers) => delivery.with_headers(headers),
            None => delivery,
        }
    }

    /// The likeliest sender.
    pub(super) fn sender(&self) -> ProviderName {
        // The form of the request says more than its path.
        self.provider
            .or_else(|| self.signed_by())
            .or_else(|| self.sender_by_path())
            .unwrap_or(ProviderName::Zego)
    }

    fn looks_like_callback(&self) -> bool {
        self.signed_by().is_some() || self.sender_by_path().is_some()
    }

    fn sender_by_path(&self) -> Option<ProviderName> {
        let path = self.path.to_ascii_lowercase();
        ProviderName::ALL.into_iter().find(|provider| path.contains(provider.as_str()))
    }

    pub(super) fn signed_by(&self) -> Option<ProviderName> {
        let header = |wanted: &str| {
            let headers = self.headers.as_deref().unwrap_or_default();
            headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted))
        };
        let parameter = |wanted: &str| {
            let pairs = self.query.as_deref().unwrap_or_default().split('&');
            pairs
                .filter_map(|pair| pair.split('=').next())
                .any(|name| name.eq_ignore_ascii_case(wanted))
        };
        let body = self.body.as_deref().unwrap_or_default();
        let member = |name: &str| body.windows(name.len()).any(|window| window == name.as_bytes());
        if header("Sign") {
            Some(ProviderName::Trtc)
        } else if ["Sign", "SdkAppid", "CallbackCommand"].into_iter().any(parameter) {
            Some(ProviderName::Tencent)
        } else if header("SdkAppId") || member("\"EventGroupId\"") {
            Some(ProviderName::Trtc)
        } else if member("\"CallbackCommand\"") {
            Some(ProviderName::Tencent)
        } else if ["signature", "Signature"].into_iter().any(member) {
            Some(ProviderName::Zego)
        } else {
            None
        }
    }
}
