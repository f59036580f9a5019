//! The page of an inbox.

mod action;
mod event;
mod group;
mod list;
mod matching;
mod overview;
mod payload;
mod problem;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post},
};
use room_hooks::inbox::InboxStore;
use serde::Deserialize;

use crate::{
    access::Access,
    layout::{Site, problem as problem_page},
};

pub use self::{
    action::Action,
    matching::{Pages, is_error, is_kind, is_room},
    words::{age, attempts, beginning, rough, state, utc},
};

/// The sequence of an event in an address or a form.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(try_from = "i64")]
struct Sequence(i64);

impl TryFrom<i64> for Sequence {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        if number < 0 { Err("not a sequence") } else { Ok(Self(number)) }
    }
}

const SITE: Site = Site { name: "Inbox", first: "overview" };

/// How many events of a state a page looks at, at most, so that a large inbox costs no more than a second.
const MAX_SCANNED: usize = 10_000;

/// Creates the page of an inbox: how much waits, which events are dead and why, each event with its payload, and
/// buttons that retry and discard.
///
/// **Mount it behind your own login.** Anyone who can open it can read all events, which contain personal data, and
/// discard them. It checks by itself that a request is for one of the `hosts`, as the `Host` header names them
/// (`admin.example.com`, or `127.0.0.1:3000` with a port that is not the scheme's own), and that an action comes from
/// one of its own forms, by the `Origin` header. So a login by a cookie needs no token against forged requests.
///
/// It can be nested under any path, since its links are relative. It loads nothing from elsewhere and works without
/// JavaScript.
///
/// ```
/// use std::sync::Arc;
///
/// use axum::{Router, extract::Request, http::StatusCode, middleware::{Next, from_fn}, response::Response};
/// use room_hooks::inbox::MemoryInbox;
/// use room_hooks_ui::inbox_page;
///
/// async fn require_login(request: Request, next: Next) -> Result<Response, StatusCode> {
///     // Your own check.
/// #   let is_operator = |_: &Request| true;
///     if is_operator(&request) { Ok(next.run(request).await) } else { Err(StatusCode::UNAUTHORIZED) }
/// }
///
/// # fn app(inbox: MemoryInbox) -> Router {
/// let page = inbox_page(Arc::new(inbox), ["admin.example.com"]);
/// Router::new().nest("/inbox", page.layer(from_fn(require_login)))
/// # }
/// ```
pub fn inbox_page(
    inbox: Arc<dyn InboxStore>,
    hosts: impl IntoIterator<Item = impl Into<String>>,
) -> Router {
    let pages = Router::new()
        .route("/overview", get(overview::show))
        .route("/events", get(list::show))
        .route("/event", get(event::show))
        .route("/group", get(group::show))
        .route("/retry", post(event::retry))
        .route("/discard", post(event::discard))
        .route("/retry-group", post(group::retry))
        .route("/discard-group", post(group::discard))
        .fallback(async || {
            problem_page(SITE, StatusCode::NOT_FOUND, "There is no page under this address.")
        })
        .with_state(inbox);
    Access::to_hosts(hosts).protect(SITE.router(pages))
}
