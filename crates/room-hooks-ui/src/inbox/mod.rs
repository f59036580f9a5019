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

/// The maximum number of events per state that a page reads, so that a large inbox costs at most a
/// second.
const MAX_SCANNED: usize = 10_000;

/// Creates the page of an inbox. It shows how many events wait, which events are dead and why, and
/// each event with its payload. Its buttons retry and discard events.
///
/// **Mount it behind your own login.** Anyone who can open it can read all events, which contain
/// personal data, and discard them.
///
/// The page accepts only requests for one of the `hosts`, as they appear in the `Host` header:
/// `admin.example.com`, or `127.0.0.1:3000` with a port that is not the scheme's default. It
/// accepts actions only from its own forms, by the `Origin` header, so a login with a cookie needs
/// no additional CSRF token. Other requests get 403.
///
/// The page works under any path, because its links are relative. It loads nothing from other
/// hosts, and works without JavaScript.
///
/// ```
/// use std::sync::Arc;
///
/// use axum::{
///     Router,
///     extract::Request,
///     http::StatusCode,
///     middleware::{Next, from_fn},
///     response::Response,
/// };
/// use room_hooks::inbox::MemoryInbox;
/// use room_hooks_ui::inbox_page;
///
/// async fn require_login(request: Request, next: Next) -> Result<Response, StatusCode> {
/// #   let is_operator = |_: &Request| true;
///     // Replace this with your own check.
///     if !is_operator(&request) {
///         return Err(StatusCode::UNAUTHORIZED);
///     }
///     Ok(next.run(request).await)
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
            problem_page(SITE, StatusCode::NOT_FOUND, "There is no page at this address.")
        })
        .with_state(inbox);
    Access::to_hosts(hosts).protect(SITE.router(pages))
}
