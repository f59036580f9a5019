//! What is warp's own about the adapter: rejections, and who takes bodies.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::SystemTime;

use room_hooks::{Hooks, Receiver, RoomCreated, Verified, zego::Zego};
use room_hooks_warp::{IntoFilter, RoomHookRejection, recover, room_hook};
use serde_json::json;
use warp::{Filter, Rejection, Reply, http::StatusCode, reply::Response, test::RequestBuilder};

fn zego() -> Zego {
    Zego::new(1, "secret").unwrap()
}

fn hook() -> impl Filter<Extract = (String,), Error = Rejection> + Clone {
    // Answers with the room, so that it shows whether the handler was called.
    room_hook(Receiver::new(zego())).map(|created: Verified<RoomCreated>| created.event.room_id)
}

fn request(event: &str) -> RequestBuilder {
    let event = json!({"event": event, "room_id": "lobby"});
    let body = zego().sign(&event, SystemTime::now()).unwrap().body;
    warp::test::request().method("POST").header("content-length", body.len()).body(body)
}

#[tokio::test]
async fn a_refusal_is_recovered_before_the_next_route_sees_it() {
    let app = hook().recover(recover).or(warp::any().map(|| "anything goes"));
    let response = warp::test::request().method("POST").body("forged").reply(&app).await;
    assert_eq!((response.status(), &response.body()[..]), (StatusCode::BAD_REQUEST, &b""[..]));
}

#[tokio::test]
async fn an_event_of_another_kind_is_acknowledged_before_the_next_route_sees_it() {
    let app = hook().recover(recover).or(warp::any().map(|| "anything goes"));
    let response = request("room_exit").reply(&app).await;
    assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, &b""[..]));
}

#[tokio::test]
async fn another_filters_rejection_passes() {
    let app = warp::path("elsewhere").and(hook()).recover(recover);
    assert_eq!(request("room_create").reply(&app).await.status(), StatusCode::NOT_FOUND);
    let app = app.or(warp::any().map(|| "the next route"));
    assert_eq!(request("room_create").reply(&app).await.body(), "the next route");
}

#[tokio::test]
async fn the_reason_stays_here() {
    async fn reason(rejection: Rejection) -> Result<Response, Rejection> {
        let refusal = rejection.find::<RoomHookRejection>().unwrap().refusal().unwrap();
        Ok(refusal.to_string().into_response())
    }
    let app = hook().recover(reason);
    let response = warp::test::request().method("POST").body("{}").reply(&app).await;
    assert_eq!(response.body(), "unreadable: the body names no event");
}

/// An empty body would be Tencent's probe, and be acknowledged.
#[tokio::test]
async fn a_body_that_another_filter_has_taken_is_no_empty_body() {
    let app = warp::body::bytes().and(hook()).map(|_, room| room).recover(recover);
    let response = request("room_create").reply(&app).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn hooks_are_at_their_path_with_and_without_a_slash_and_nowhere_else() {
    let hooks = Hooks::new(zego()).fallback(async |_| {});
    let app = warp::path!("hooks" / "zego" / ..).and(hooks.into_filter());
    for (path, status) in [
        ("/hooks/zego", StatusCode::OK),
        ("/hooks/zego/", StatusCode::OK),
        ("/hooks/zego/elsewhere", StatusCode::NOT_FOUND),
        ("/hooks/zegos", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(request("room_create").path(path).reply(&app).await.status(), status, "{path}");
    }
}
