use super::*;

const SCRIPT: &str = "<script>alert(1)</script>";
const SHELL: &str = "'; rm -rf x; '";

#[tokio::test]
async fn the_overview_counts_and_groups() {
    let rooms = Rooms::new();
    for room in ["lobby", "hall", "lobby"] {
        rooms.put(room).await;
    }
    rooms.end(|sequence| Ending::Dead { error: format!("attempt {sequence} fails") }).await;
    rooms.put("lobby").await;
    rooms.kill("timed out").await;
    rooms.put("lobby").await;
    let page = rooms.get("/overview").await.text;
    for part in [
        r#"<a href="events?state=dead"><strong>4</strong>dead"#,
        r#"<a href="events?state=ready"><strong>1</strong>ready"#,
        "The oldest ready event has been due for 0s.",
        r#"<td class="number">3</td>"#,
        r#"<a href="group?of=1">attempt # fails</a>"#,
        r#"<a href="group?of=4">timed out</a>"#,
        r#"<a href="events?room=zego%2F1%2F%22lobby%22">zego/1/&quot;lobby&quot;</a>"#,
        r#"<a href="events?state=dead&amp;room=zego%2F1%2F%22lobby%22">3</a>"#,
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.find("lobby") < page.find("hall"), "the room with the most comes first");
    assert!(!page.contains("Only the first"), "{page}");
}

#[tokio::test]
async fn an_empty_inbox_has_pages_too() {
    let rooms = Rooms::new();
    assert!(rooms.get("/overview").await.text.contains("None."));
    assert!(
        rooms.get("/events?state=&kind=&room=&error=").await.text.contains("No event matches.")
    );
}

#[tokio::test]
async fn scanning_is_bounded_and_the_page_says_so() {
    let rooms = Rooms::new();
    for number in 0..MAX_SCANNED + 1 {
        let mut event = NewEvent::new("zego/room_create", Vec::new(), SystemTime::now());
        event.room = Some(format!("zego/1/{number}"));
        rooms.inbox.put(event).await.unwrap();
    }
    let page = rooms.get("/events?room=none").await.text;
    assert!(page.contains("No event matches among the 10000 that were examined."), "{page}");
    assert!(page.contains(r#"<a href="events?room=none&amp;after=10000" rel="next">"#), "{page}");
    let rest = rooms.get("/events?room=none&after=10000").await.text;
    assert!(rest.contains("No event matches.") && !rest.contains(r#"rel="next""#), "{rest}");
    rooms.kill("timed out").await;
    let page = rooms.get("/overview").await.text;
    assert!(page.contains("Only the first 10000 dead events were examined."), "{page}");
    assert!(page.contains("The first 20 of 10000 rooms."), "{page}");
    let page = rooms.get("/group?of=1").await.text;
    assert!(page.contains("Only the first 10000 dead events were examined."), "{page}");
    let form = [("error", field(&page, "error")), ("events", field(&page, "events"))];
    assert_eq!(form[1].1, "1-10000");
    let answer = rooms.post("/retry-group", &form).await;
    assert_eq!(answer.headers["location"], "overview?outcome=retry,10000,0");
    assert_eq!(rooms.counts().await, [10_000, 0, 0, 1]);
}

#[tokio::test]
async fn filters_select_the_listed_events() {
    let rooms = Rooms::new();
    for _ in 0..60 {
        rooms.put("lobby").await;
    }
    rooms.put("hall").await;
    rooms.kill("Connection refused").await;
    rooms.put("hall").await;
    let sequences = |page: &str| -> Vec<i64> {
        let links = page.split("event?sequence=").skip(1);
        links.map(|link| link.split('"').next().unwrap().parse().unwrap()).collect()
    };
    let first = rooms.get("/events?room=lobby&state=dead&error=REFUSED").await.text;
    assert_eq!(sequences(&first), (1..=50).collect::<Vec<_>>());
    let next = "events?state=dead&amp;room=lobby&amp;error=REFUSED&amp;after=50";
    assert!(first.contains(&format!(r#"<a href="{next}" rel="next">Next</a>"#)), "{first}");
    let second = rooms.get(&format!("/{}", next.replace("&amp;", "&"))).await.text;
    assert_eq!(sequences(&second), (51..=60).collect::<Vec<_>>());
    assert!(!second.contains(r#"rel="next""#));
    assert!(second.contains(r#"<option value="dead" selected>"#), "{second}");
    assert!(second.contains(r#"value="REFUSED""#), "{second}");
    for (query, found) in [
        ("state=ready", &[62][..]),
        ("kind=room_create&after=60", &[61, 62]),
        ("kind=zego/room_create&room=hall", &[61, 62]),
        ("kind=room", &[]),
        ("state=done", &[]),
    ] {
        assert_eq!(sequences(&rooms.get(&format!("/events?{query}")).await.text), found, "{query}");
    }
}

#[tokio::test]
async fn an_event_has_all_its_fields() {
    let rooms = Rooms::new();
    rooms.put("lobby").await;
    rooms.kill("not stored: connection refused").await;
    let page = rooms.get("/event?sequence=1").await.text;
    for part in [
        "<h1>Event 1</h1>",
        "dead, for 0s",
        "zego/room_create",
        "1 in all; 1 failed and 0 crashed since it was stored or retried",
        "not stored: connection refused",
        "&quot;room_id&quot;: &quot;lobby&quot;",
        "<dt>tenant</dt><dd>lobby</dd>",
        "The provider did not sign it.",
        "&quot;app_id&quot;: 1",
        r#"<form method="post" action="retry">"#,
        r#"<form method="post" action="discard">"#,
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.find("<details>") < page.find("<button>"), "a button is behind a confirmation");
}

#[tokio::test]
async fn markup_from_outside_is_text() {
    let rooms = Rooms::new();
    for hostile in [SCRIPT, SHELL, "\"><img src=x onerror=alert(1)>"] {
        rooms.put(hostile).await;
        rooms.kill(&format!("no room {hostile}")).await;
    }
    let room =
        "/events?room=%3Cscript%3Ealert(1)%3C/script%3E&error=%22%3E%3Cscript%3E&kind=%3Cscript%3E";
    let paths =
        ["/overview", "/events", "/event?sequence=1", "/event?sequence=3", "/group?of=1", room];
    for path in paths {
        let Answer { status, text, .. } = rooms.get(path).await;
        assert_eq!(status, StatusCode::OK);
        assert!(!text.contains("<script>") && !text.contains("<img"), "{path}: {text}");
        assert!(text.contains("&lt;script&gt;") || text.contains("&lt;img"), "{path}: {text}");
    }
    assert!(rooms.get("/event?sequence=2").await.text.contains(SHELL));
}

#[tokio::test]
async fn head_is_answered_without_a_body() {
    let rooms = Rooms::new();
    for (path, status) in [("/overview", 200), ("/events", 200), ("/event?sequence=1", 404)] {
        let answer = ask(&rooms.page, Request::head(path).header("host", HOST), "").await;
        assert_eq!((answer.status.as_u16(), &*answer.text), (status, ""), "{path}");
    }
}

#[tokio::test]
async fn pages_work_when_they_are_nested() {
    let page = Router::new().nest("/admin/inbox", Rooms::new().page);
    for (path, status) in [("", 307), ("/overview", 200), ("/style.css", 200), ("/x", 404)] {
        let request = Request::get(format!("/admin/inbox{path}")).header("host", HOST);
        assert_eq!(ask(&page, request, "").await.status.as_u16(), status, "{path}");
    }
}
