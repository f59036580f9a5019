use super::*;

#[tokio::test]
async fn only_the_actions_that_a_state_allows_are_offered() {
    let rooms = Rooms::new();
    rooms.put("lobby").await;
    let has =
        |page: &str| [r#"action="retry""#, r#"action="discard""#].map(|form| page.contains(form));
    assert_eq!(has(&rooms.get("/event?sequence=1").await.text), [false, true], "ready");
    let request = ClaimRequest::new(WorkerId(1), 1, Duration::from_secs(60));
    let claimed = rooms.inbox.claim(request).await.unwrap().events.remove(0);
    assert_eq!(has(&rooms.get("/event?sequence=1").await.text), [false, false], "leased");
    rooms.inbox.finish(claimed.attempt, Ending::Done).await.unwrap();
    assert_eq!(has(&rooms.get("/event?sequence=1").await.text), [false, false], "done");
}

#[tokio::test]
async fn an_event_is_retried_and_discarded() {
    let rooms = Rooms::new();
    rooms.put("lobby").await;
    rooms.kill("timed out").await;
    let retried = rooms.post("/retry", &[("sequence", "1")]).await;
    assert_eq!(retried.status, StatusCode::SEE_OTHER);
    assert_eq!(retried.headers["location"], "event?sequence=1&outcome=retry,1,0");
    assert_eq!(rooms.counts().await, [1, 0, 0, 0]);
    let page = rooms.get("/event?sequence=1&outcome=retry,1,0").await.text;
    assert!(page.contains(r#"<p role="status">1 event retried.</p>"#), "{page}");

    let again = rooms.post("/retry", &[("sequence", "1")]).await;
    assert_eq!(again.headers["location"], "event?sequence=1&outcome=retry,0,1");
    let page = rooms.get("/event?sequence=1&outcome=retry,0,1").await.text;
    assert!(
        page.contains("0 events retried. 1 event skipped: no longer in the expected state."),
        "{page}"
    );

    let discarded = rooms.post("/discard", &[("sequence", "1")]).await;
    assert_eq!(discarded.headers["location"], "overview?outcome=discard,1,0");
    assert_eq!(rooms.counts().await, [0, 0, 0, 0]);
    assert_eq!(rooms.get("/event?sequence=1").await.status, StatusCode::NOT_FOUND);
    let discarded = rooms.post("/discard", &[("sequence", "1")]).await;
    assert_eq!(discarded.headers["location"], "event?sequence=1&outcome=discard,0,1");
}

#[tokio::test]
async fn a_group_action_is_for_the_events_that_were_shown_only() {
    let rooms = Rooms::new();
    for room in ["a", "b", "c", "d"] {
        rooms.put(room).await;
    }
    let error =
        |sequence| if sequence == 3 { "refused".into() } else { format!("late {sequence}") };
    rooms.end(|sequence| Ending::Dead { error: error(sequence) }).await;
    let page = rooms.get("/group?of=4").await.text;
    assert!(page.contains("3 events failed permanently"), "{page}");
    let form = [("error", field(&page, "error")), ("events", field(&page, "events"))];
    assert_eq!(form, [("error", "late #"), ("events", "1-2,4")]);

    // Meanwhile, one event is retried and dies of another error, and a new event dies of the same
    // error.
    rooms.inbox.retry(1).await.unwrap();
    rooms.kill("refused").await;
    rooms.put("e").await;
    rooms.kill("late 5").await;
    let discarded = rooms.post("/discard-group", &form).await;
    assert_eq!(discarded.headers["location"], "overview?outcome=discard,2,1");
    let left = rooms.inbox.list(Some(EventState::Dead), 0, 10).await.unwrap();
    assert_eq!(left.iter().map(|record| record.sequence).collect::<Vec<_>>(), [1, 3, 5]);
    let page = rooms.get("/overview?outcome=discard,2,1").await.text;
    assert!(
        page.contains("2 events discarded. 1 event skipped: no longer in the expected state."),
        "{page}"
    );

    rooms.inbox.retry(5).await.unwrap();
    assert_eq!(rooms.get("/group?of=5").await.status, StatusCode::NOT_FOUND);
    for events in ["", "x", "1-", "2,1", "0", "1-99999999", "1-9223372036854775807"] {
        let answer = rooms.post("/retry-group", &[("error", ""), ("events", events)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{events}");
    }
}
