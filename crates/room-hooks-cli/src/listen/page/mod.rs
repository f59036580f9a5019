//! `listen --ui`: the deliveries on a page.

mod copied;
mod ring;
mod send;
mod view;

use std::{collections::VecDeque, convert::Infallible, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
    routing::{get, post},
};
use room_hooks_ui::parts::{Page, Site, problem};
use serde::{Deserialize, Deserializer};
use tokio_stream::{Stream, StreamExt, wrappers::BroadcastStream};

use crate::{
    Error,
    credentials::Credentials,
    listen::{passed::Verdict, unknown::unknown_members},
    provider::{Provider, ProviderName},
    subject, verify,
};

use self::ring::Entry;
pub(super) use self::ring::Ring;

const SITE: Site = Site { name: "room-hooks listen", first: "deliveries" };

/// What the page needs.
pub(super) struct Deliveries {
    pub(super) ring: Ring,
    providers: Vec<Provider>,
    /// Where `listen` can be reached from this machine.
    origin: String,
    /// Whether an edited event may be signed: only if it stays on this machine.
    may_sign: bool,
}

impl Deliveries {
    pub(super) fn new(listening_on: SocketAddr, may_sign: bool) -> Result<Arc<Self>, Error> {
        let providers = ProviderName::ALL.map(|name| Credentials::default().provider(name));
        // Under an address for all interfaces, this machine reaches it by its own.
        let host = match listening_on.ip() {
            ip if ip.is_unspecified() && ip.is_ipv6() => "[::1]".to_owned(),
            ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
            ip if ip.is_ipv6() => format!("[{ip}]"),
            ip => ip.to_string(),
        };
        Ok(Arc::new(Self {
            ring: Ring::new(),
            providers: providers.into_iter().collect::<Result<_, _>>()?,
            origin: format!("http://{host}:{}", listening_on.port()),
            may_sign,
        }))
    }

    pub(super) fn router(self: Arc<Self>) -> Router {
        let pages = Router::new()
            .route("/deliveries", get(list))
            .route("/live", get(live))
            .route("/delivery", get(delivery))
            .route("/again", post(send::again))
            .route("/edited", post(send::edited))
            .with_state(self);
        SITE.router(pages)
    }

    fn provider(&self, name: ProviderName) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.name() == name)
    }
}

/// Which deliveries are listed.
#[derive(Debug, Default, Deserialize)]
struct Filter {
    #[serde(default, deserialize_with = "empty_is_none")]
    provider: Option<ProviderName>,
    #[serde(default, deserialize_with = "empty_is_none")]
    verdict: Option<Verdict>,
    #[serde(default)]
    text: String,
    /// Only those after this one.
    #[serde(default)]
    after: u64,
    /// The status of what was sent again.
    sent: Option<u16>,
}

/// A form sends an empty text where nothing is chosen.
fn empty_is_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    use serde::de::{IntoDeserializer, value::StringDeserializer};

    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    let text: StringDeserializer<D::Error> = text.into_deserializer();
    T::deserialize(text).map(Some)
}

impl Filter {
    fn includes(&self, entry: &Entry) -> bool {
        let passed = &entry.passed;
        let text = self.text.to_lowercase();
        let contains = |shown: &str| shown.to_lowercase().contains(&text);
        self.provider.is_none_or(|name| name == passed.record.provider)
            && self.verdict.is_none_or(|verdict| verdict == passed.verdict())
            && (contains(&passed.event())
                || contains(passed.type_name())
                || contains(&passed.room()))
    }

    /// The filter as a query.
    fn query(&self) -> String {
        let provider = self.provider.map_or("", ProviderName::as_str);
        let verdict = self.verdict.map_or("", Verdict::name);
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("provider", provider), ("verdict", verdict), ("text", &self.text)])
            .finish()
    }
}

async fn list(
    State(deliveries): State<Arc<Deliveries>>,
    filter: Result<Query<Filter>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(filter)) = filter else { return bad_request() };
    let (entries, _) = deliveries.ring.after(0);
    let newest = entries.last().map_or(0, |entry| entry.id);
    let shown = entries.iter().rev().map(|entry| &**entry).filter(|entry| filter.includes(entry));
    let message = filter.sent.map(|status| match status {
        0 => "Sent, and not answered.".to_owned(),
        status => format!("Sent, and answered {status}."),
    });
    let content = view::deliveries(shown, newest, &filter, message.as_deref());
    Page { title: "Deliveries", site: SITE, content }.into_response()
}

/// The rows of deliveries as they arrive. A browser that connects again says which it had last.
async fn live(
    State(deliveries): State<Arc<Deliveries>>,
    headers: HeaderMap,
    filter: Result<Query<Filter>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(filter)) = filter else { return bad_request() };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let (missed, added) = deliveries.ring.after(last.unwrap_or(filter.after));
    // A reader that falls behind misses the oldest, as if they had left the ring.
    let added = BroadcastStream::new(added).filter_map(Result::ok);
    let entries = tokio_stream::iter(VecDeque::from(missed)).chain(added);
    let rows = entries.filter(move |entry| filter.includes(entry)).map(|entry| {
        let row = view::row(&entry).into_string();
        Ok::<_, Infallible>(sse::Event::default().id(entry.id.to_string()).data(row))
    });
    into_sse(rows)
}

fn into_sse(rows: impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static) -> Response {
    Sse::new(rows).keep_alive(KeepAlive::default()).into_response()
}

#[derive(Debug, Deserialize)]
struct Id {
    id: u64,
}

async fn delivery(
    State(deliveries): State<Arc<Deliveries>>,
    id: Result<Query<Id>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(Id { id })) = id else { return bad_request() };
    let Some(entry) = deliveries.ring.get(id) else { return not_found() };
    let record = &entry.passed.record;
    let Some(provider) = deliveries.provider(record.provider) else { return not_found() };
    let body = record.body().unwrap_or_default();
    let explanation = provider.explain(record.as_delivery(&body));
    let document = subject::event(&explanation);
    let unknown = match (&entry.passed.received, &document) {
        (Ok(Some(received)), Some(document)) if received.kind != "raw" => {
            let typed = serde_json::from_str(&received.data).unwrap_or_default();
            unknown_members(document, &typed).into_iter().map(|(path, _)| path).collect()
        }
        _ => Vec::new(),
    };
    let report = match verify::explain(record) {
        Ok(report) => report,
        Err(error) => {
            return problem(SITE, StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
        }
    };
    let context = view::Context {
        report: &report,
        document: document.as_ref(),
        unknown,
        origin: &deliveries.origin,
        app_id: Credentials::default().app_id(record.provider).unwrap_or_default(),
        may_sign: deliveries.may_sign,
    };
    let title = format!("Delivery {id}");
    Page { title: &title, site: SITE, content: view::delivery(&entry, &context) }.into_response()
}

fn bad_request() -> Response {
    problem(SITE, StatusCode::BAD_REQUEST, "The address has a parameter that cannot be read.")
}

fn not_found() -> Response {
    let what = "This delivery is not here, or no longer: only the newest are kept.";
    problem(SITE, StatusCode::NOT_FOUND, what)
}
