//! `listen --ui`: a page that shows the deliveries.

mod copied;
mod json;
mod ring;
mod send;
mod view;

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
    routing::{get, post},
};
use room_hooks_ui::parts::{Page, Site, problem};
use serde::{Deserialize, Deserializer};
use tokio::{sync::Semaphore, task::spawn_blocking};
use tokio_stream::{StreamExt, wrappers::BroadcastStream};

use crate::{
    credentials::Credentials,
    listen::passed::Verdict,
    provider::{Provider, ProviderName},
    verify,
};

use self::ring::Entry;
pub(super) use self::ring::Ring;

const SITE: Site = Site { name: "room-hooks listen", first: "deliveries" };

/// The state that the page's handlers share.
pub(super) struct Deliveries {
    pub(super) ring: Ring,
    providers: Vec<Provider>,
    /// The origin at which this machine reaches `listen`.
    origin: String,
    /// Whether events may be edited, which is allowed only if they stay on this machine.
    may_edit: bool,
    /// Live lists that may still be opened. Each keeps a connection, and `listen` needs some, too.
    live: Arc<Semaphore>,
}

/// The maximum number of live lists.
const MOST_LIVE: usize = 64;

impl Deliveries {
    pub(super) fn new(origin: String, providers: Vec<Provider>, may_edit: bool) -> Arc<Self> {
        let live = Arc::new(Semaphore::new(MOST_LIVE));
        Arc::new(Self { ring: Ring::new(), providers, origin, may_edit, live })
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

/// The parameters of a query, or why they cannot be read.
type Parameters<T> = Result<Query<T>, QueryRejection>;

/// The filters of the list.
#[derive(Debug, Default, Deserialize)]
struct Filter {
    #[serde(default, deserialize_with = "empty_is_none")]
    provider: Option<ProviderName>,
    #[serde(default, deserialize_with = "empty_is_none")]
    verdict: Option<Verdict>,
    #[serde(default)]
    text: String,
    /// Only deliveries after this id.
    #[serde(default)]
    after: u64,
    /// The status of the response to a delivery that was sent again.
    sent: Option<u16>,
}

/// Reads an empty value, which a form sends if nothing is selected, as `None`.
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

    /// The filter as a query string.
    fn query(&self) -> String {
        let provider = self.provider.map_or("", ProviderName::as_str);
        let verdict = self.verdict.map_or("", Verdict::name);
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("provider", provider), ("verdict", verdict), ("text", &self.text)])
            .finish()
    }
}

async fn list(State(deliveries): State<Arc<Deliveries>>, filter: Parameters<Filter>) -> Response {
    let Ok(Query(filter)) = filter else { return bad_request() };
    let entries = deliveries.ring.newest_first();
    let newest = entries.first().map_or(0, |entry| entry.id);
    let shown = entries.iter().map(|entry| &**entry).filter(|entry| filter.includes(entry));
    let message = filter.sent.map(|status| format!("Sent; the response was {status}."));
    let content = view::deliveries(shown, newest, &filter, message.as_deref());
    Page { title: "Deliveries", site: SITE, content }.into_response()
}

/// Streams the rows of deliveries as they arrive. A browser that reconnects sends the id of the
/// last row that it received.
async fn live(
    State(deliveries): State<Arc<Deliveries>>,
    headers: HeaderMap,
    filter: Parameters<Filter>,
) -> Response {
    let Ok(Query(filter)) = filter else { return bad_request() };
    let Ok(permit) = Arc::clone(&deliveries.live).try_acquire_owned() else {
        return problem(SITE, StatusCode::SERVICE_UNAVAILABLE, "Too many pages are open.");
    };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let (missed, added) = deliveries.ring.after(last.unwrap_or(filter.after));
    // A reader that falls behind misses the oldest rows, as if they had left the ring.
    let added = BroadcastStream::new(added).filter_map(Result::ok);
    let ids = tokio_stream::iter(missed).chain(added);
    let rows = ids.filter_map(move |id| {
        let _held = &permit;
        let entry = deliveries.ring.get(id).filter(|entry| filter.includes(entry))?;
        let row = view::row(&entry).into_string();
        Some(Ok::<_, Infallible>(sse::Event::default().id(id.to_string()).data(row)))
    });
    Sse::new(rows).keep_alive(KeepAlive::default()).into_response()
}

#[derive(Debug, Deserialize)]
struct Id {
    id: u64,
}

async fn delivery(State(deliveries): State<Arc<Deliveries>>, id: Parameters<Id>) -> Response {
    let Ok(Query(Id { id })) = id else { return bad_request() };
    let Some(entry) = deliveries.ring.get(id) else { return not_found() };
    // A large body takes a while, and must not delay other requests.
    let shown = spawn_blocking(move || show(&deliveries, &entry)).await;
    shown.unwrap_or_else(|_| not_found())
}

fn show(deliveries: &Deliveries, entry: &Entry) -> Response {
    let record = &entry.passed.record;
    let Some(provider) = deliveries.provider(record.provider) else { return not_found() };
    let report = match verify::explain(record) {
        Ok(report) => report,
        Err(error) => {
            return problem(SITE, StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
        }
    };
    let document = entry.passed.document(provider);
    let unknown = document.as_ref().map(|document| entry.passed.unknown_members(document));
    let context = view::Context {
        report: &report,
        document: document.as_ref(),
        unknown: unknown.unwrap_or_default().into_iter().map(|(path, _)| path).collect(),
        origin: &deliveries.origin,
        app_id: Credentials::default().app_id(record.provider).unwrap_or_default(),
        may_edit: deliveries.may_edit,
    };
    let title = format!("Delivery {}", entry.id);
    Page { title: &title, site: SITE, content: view::delivery(entry, &context) }.into_response()
}

fn bad_request() -> Response {
    problem(SITE, StatusCode::BAD_REQUEST, "A parameter of the request cannot be read.")
}

fn not_found() -> Response {
    let what = "This delivery is no longer available: only the newest are kept.";
    problem(SITE, StatusCode::NOT_FOUND, what)
}
