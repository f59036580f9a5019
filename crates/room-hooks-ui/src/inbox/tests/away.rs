use std::{future, pin::Pin};

use room_hooks::{
    DeliveryId, SignatureKey,
    inbox::{AttemptId, Claims, EventRecord, InboxError, InboxOperation, PutOutcome, Retention},
};

use super::*;

#[tokio::test]
async fn an_inbox_that_does_not_respond_is_a_page_without_its_internals() {
    let page = inbox_page(Arc::new(Away), [HOST]);
    for path in ["/overview", "/events", "/event?sequence=1", "/group?of=1"] {
        let answer = ask(&page, Request::get(path).header("host", HOST), "").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.text.contains("The inbox does not respond."), "{}", answer.text);
        assert!(!answer.text.contains("rooms:hunter2"), "{}", answer.text);
    }
    for path in ["/retry", "/discard", "/retry-group"] {
        let request = Request::post(path).header("host", HOST).header("content-type", FORM);
        let request = request.header("origin", format!("http://{HOST}"));
        let answer = ask(&page, request, "sequence=1&error=&events=1").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
}

/// An inbox whose database is unavailable.
#[derive(Debug)]
struct Away;

fn away<'a, T: Send + 'a>() -> InboxOperation<'a, T> {
    let error = "connection to postgres://rooms:hunter2@10.0.0.1 refused";
    Box::pin(future::ready(Err(InboxError::Unavailable(error.into()))))
}

impl InboxStore for Away {
    fn put(&self, _: NewEvent) -> InboxOperation<'_, PutOutcome> {
        away()
    }

    fn bind(&self, _: SignatureKey, _: DeliveryId, _: Duration) -> InboxOperation<'_, bool> {
        away()
    }

    fn claim(&self, _: ClaimRequest) -> InboxOperation<'_, Claims> {
        away()
    }

    fn renew(&self, _: WorkerId, _: Duration) -> InboxOperation<'_, ()> {
        away()
    }

    fn finish(&self, _: AttemptId, _: Ending) -> InboxOperation<'_, bool> {
        away()
    }

    fn retry(&self, _: i64) -> InboxOperation<'_, bool> {
        away()
    }

    fn discard(&self, _: i64) -> InboxOperation<'_, bool> {
        away()
    }

    fn prune(&self, _: Retention, _: usize) -> InboxOperation<'_, usize> {
        away()
    }

    fn list(
        &self,
        _: Option<EventState>,
        _: i64,
        _: usize,
    ) -> InboxOperation<'_, Vec<EventRecord>> {
        away()
    }

    fn get(&self, _: i64) -> InboxOperation<'_, Option<(EventRecord, NewEvent)>> {
        away()
    }

    fn stats(&self) -> InboxOperation<'_, InboxStats> {
        away()
    }

    fn poll_interval(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn notified(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(future::pending())
    }
}
