use axum::http::Method;

use super::*;

#[tokio::test]
async fn a_foreign_host_is_refused() {
    let rooms = Rooms::new();
    for host in ["evil.example.com", "admin.example.com:81", "admin.example.com.evil.com", ""] {
        for path in ["/overview", "/style.css", "/nowhere"] {
            let answer = ask(&rooms.page, Request::get(path).header("host", host), "").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{host}{path}");
        }
    }
    assert_eq!(ask(&rooms.page, Request::get("/overview"), "").await.status, StatusCode::FORBIDDEN);
    let upper = Request::get("/overview").header("host", "ADMIN.example.com");
    assert_eq!(ask(&rooms.page, upper, "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_forged_request_from_another_origin_is_refused() {
    let rooms = Rooms::new();
    rooms.put("lobby").await;
    rooms.kill("timed out").await;
    for path in ["/retry", "/discard", "/retry-group", "/discard-group"] {
        for origin in [
            None,
            Some("null"),
            Some("https://evil.example.com"),
            Some("https://admin.example.com.evil.com"),
            Some("https://admin.example.com:81"),
            Some("file://admin.example.com"),
            Some("admin.example.com"),
        ] {
            let mut request = Request::post(path).header("host", HOST).header("content-type", FORM);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let answer = ask(&rooms.page, request, "sequence=1&error=timed+out&events=1").await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {origin:?}");
        }
    }
    assert_eq!(rooms.counts().await, [0, 0, 0, 1]);
}

#[tokio::test]
async fn a_wrong_method_is_405() {
    let rooms = Rooms::new();
    for path in ["/retry", "/discard", "/retry-group", "/discard-group"] {
        assert_eq!(rooms.get(path).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    for path in ["/overview", "/events", "/event?sequence=1", "/group?of=1"] {
        assert_eq!(rooms.post(path, &[]).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        for method in [Method::DELETE, Method::PUT, Method::OPTIONS] {
            let request = Request::builder().method(method).uri(path).header("host", HOST);
            let request = request.header("origin", format!("https://{HOST}"));
            let status = ask(&rooms.page, request, "").await.status;
            assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        }
    }
}

#[tokio::test]
async fn a_missing_page_or_event_is_404() {
    let rooms = Rooms::new();
    for path in ["/event?sequence=17", "/group?of=17", "/event?sequence=9223372036854775807", "/x"]
    {
        let answer = rooms.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.text.contains("<h1>Not Found</h1>"), "{}", answer.text);
    }
}

#[tokio::test]
async fn parameters_that_cannot_be_read_are_400() {
    let rooms = Rooms::new();
    for path in [
        "/event",
        "/event?sequence=",
        "/event?sequence=-1",
        "/event?sequence=x",
        "/event?sequence=9223372036854775808",
        "/event?sequence=1&sequence=2",
        "/event?sequence=1&outcome=retried",
        "/overview?outcome=retry,1",
        "/overview?outcome=retry,99999999999,0",
        "/overview?outcome=%3Cscript%3E,1,0",
        "/group",
        "/group?of=-9223372036854775808",
        "/events?after=-1",
        "/events?after=1e3",
        "/events?after=99999999999999999999",
        "/events?state=lost",
        "/events?state=%00",
        "/events?room=a&room=b",
    ] {
        let answer = rooms.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {}", answer.text);
    }
    for form in [&[][..], &[("sequence", "")], &[("sequence", "x")], &[("sequence", "-1")]] {
        assert_eq!(rooms.post("/retry", form).await.status, StatusCode::BAD_REQUEST, "{form:?}");
    }
    for path in ["/events?room=%ff", "/events?room=%", "/events?after=9223372036854775807"] {
        assert_eq!(rooms.get(path).await.status, StatusCode::OK, "{path}");
    }
}
