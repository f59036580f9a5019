mod away;
mod changed;
mod refused;
mod shown;

use std::time::{Duration, SystemTime};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, request::Builder},
};
use http_body_util::BodyExt;
use room_hooks::inbox::{
    ClaimRequest, Ending, EventState, InboxStats, MemoryInbox, NewEvent, WorkerId,
};
use serde_json::json;
use tower::ServiceExt;

use super::*;

const HOST: &str = "admin.example.com";

/// An inbox, and its page.
struct Rooms {
    inbox: MemoryInbox,
    page: Router,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Rooms {
    fn new() -> Self {
        let inbox = MemoryInbox::new();
        let page = inbox_page(Arc::new(inbox.clone()), [HOST]);
        Self { inbox, page }
    }

    /// Puts an event of a room.
    async fn put(&self, room: &str) {
        let document = json!({"event": "room_create", "room_id": room}).to_string();
        let payload = json!({
            "provider": "zego", "document": document, "request": [["tenant", room]], "app_id": 1,
        });
        let mut event =
            NewEvent::new("zego/room_create", payload.to_string().into(), SystemTime::now());
        event.room = Some(format!("zego/1/{}", json!(room)));
        self.inbox.put(event).await.unwrap();
    }

    /// Finishes all ready events with these endings.
    async fn end(&self, ending: impl Fn(i64) -> Ending) {
        let request = ClaimRequest::new(WorkerId(1), 20_000, Duration::from_secs(60));
        for claimed in self.inbox.claim(request).await.unwrap().events {
            let ending = ending(claimed.attempt.sequence);
            assert!(self.inbox.finish(claimed.attempt, ending).await.unwrap());
        }
    }

    async fn kill(&self, error: &str) {
        self.end(|_| Ending::Dead { error: error.into() }).await;
    }

    async fn get(&self, path: &str) -> Answer {
        ask(&self.page, Request::get(path).header("host", HOST), "").await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post(path).header("host", HOST);
        let request = request.header("origin", format!("https://{HOST}"));
        ask(&self.page, request.header("content-type", FORM), &body).await
    }

    /// The counts of ready, leased, done and dead events.
    async fn counts(&self) -> [u64; 4] {
        let InboxStats { ready, leased, done, dead, .. } = self.inbox.stats().await.unwrap();
        [ready, leased, done, dead]
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

async fn ask(page: &Router, request: Builder, body: &str) -> Answer {
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let (parts, body) = page.clone().oneshot(request).await.unwrap().into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap();
    let policy =
        parts.headers.get("content-security-policy").map(|policy| policy.to_str().unwrap());
    assert!(policy.is_some_and(|policy| policy.starts_with("default-src 'none'")), "{text}");
    assert_eq!(parts.headers["cache-control"], "no-store");
    assert_eq!(parts.headers["x-content-type-options"], "nosniff");
    Answer { status: parts.status, headers: parts.headers, text }
}

/// The value of a hidden field of a form.
fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!(r#"name="{name}" value=""#)).unwrap();
    rest.split_once('"').unwrap().0
}
