//! Tests specific to the warp adapter: rejections, and consumed bodies.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::SystemTime;

use room_hooks_warp::{
    Hooks, RoomCreated, RoomHookRejection, Verified, filter, recover, room_hook, zego::Zego,
};
use serde_json::json;
use warp::{Filter, Rejection, Reply, http::StatusCode, reply::Response, test::RequestBuilder};

fn zego() -> Zego {
    Zego::new(1, "secret").unwrap()
}

fn hook() -> impl Filter<Extract = (String,), Error = Rejection> + Clone {
    // Responds with the room's id, which shows that the handler was called.
    room_hook(zego()).map(|created: Verified<RoomCreated>| created.into_inner().room_id)
}

fn request(event: &str) -> RequestBuilder {
    let event = json!({"event": event, "room_id": "lobby"});
    let body = zego().sign(&event, SystemTime::now()).unwrap().body;
    warp::test::request().method("POST").header("content-length", body.len()).body(body)
}

#[tokio::test]
async fn a_refused_request_does_not_reach_the_next_route() {
    let app = hook().recover(recover).or(warp::any().map(|| "anything goes"));
    let response = warp::test::request().method("POST").body("forged").reply(&app).await;
    assert_eq!((response.status(), &response.body()[..]), (StatusCode::BAD_REQUEST, &b""[..]));
}

#[tokio::test]
async fn an_event_of_another_kind_does_not_reach_the_next_route() {
    let app = hook().recover(recover).or(warp::any().map(|| "anything goes"));
    let response = request("room_exit").reply(&app).await;
    assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, &b""[..]));
}

#[tokio::test]
async fn recover_passes_on_the_rejection_of_another_filter() {
    let app = warp::path("elsewhere").and(hook()).recover(recover);
    assert_eq!(request("room_create").reply(&app).await.status(), StatusCode::NOT_FOUND);
    let app = app.or(warp::any().map(|| "the next route"));
    assert_eq!(request("room_create").reply(&app).await.body(), "the next route");
}

#[tokio::test]
async fn the_rejection_has_the_reason() {
    async fn reason(rejection: Rejection) -> Result<Response, Rejection> {
        let refusal = rejection.find::<RoomHookRejection>().unwrap().refusal().unwrap();
        Ok(refusal.to_string().into_response())
    }
    let app = hook().recover(reason);
    let response = warp::test::request().method("POST").body("{}").reply(&app).await;
    assert_eq!(response.body(), "unreadable: the body names no event");
}

/// If it counted as an empty body, Tencent's receiver would acknowledge it as a probe.
#[tokio::test]
async fn a_body_that_another_filter_consumed_is_not_an_empty_body() {
    let app = warp::body::bytes().and(hook()).map(|_, room| room).recover(recover);
    let response = request("room_create").reply(&app).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn hooks_are_a_filter_like_any_other() {
    let hooks = Hooks::new(zego()).fallback(async |_| {});
    let tenants = warp::path!("tenants" / String / "zego").map(|_| ()).untuple_one();
    let app = warp::path!("hooks" / "zego").and(filter(hooks.clone()));
    let app = app.or(tenants.and(filter(hooks)));
    for (path, status) in [
        ("/hooks/zego", StatusCode::OK),
        ("/hooks/zego/", StatusCode::OK),
        ("/tenants/7/zego", StatusCode::OK),
        ("/hooks/zego/elsewhere", StatusCode::NOT_FOUND),
        ("/hooks/zegos", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(request("room_create").path(path).reply(&app).await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_rejection_has_the_status_of_its_response() {
    async fn status(rejection: Rejection) -> Result<Response, Rejection> {
        let rejection = rejection.find::<RoomHookRejection>().unwrap();
        let refused = rejection.refusal().is_some();
        Ok(format!("{} {refused}", rejection.status().as_u16()).into_response())
    }
    let app = hook().recover(status);
    for (request, expected) in [
        (warp::test::request().method("POST").body("{}"), "400 true"),
        (request("room_exit"), "200 false"),
        (warp::test::request().method("GET"), "405 true"),
    ] {
        assert_eq!(request.reply(&app).await.body(), expected);
    }
}
