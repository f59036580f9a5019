//! Unreadable questions: Tencent's query authenticates the sender, so a question with a malformed
//! body gets its failure policy. With 400, the vendor would decide instead.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;

use std::time::{Duration, SystemTime};

use serde_json::json;

use room_hooks::{
    Delivery, FailurePolicy, Hooks, Receiver, Verified,
    tencent::{self, Decision, Tencent, group::BeforeSendMsg},
};

use here::hooks_here;

const ALLOWED: &str = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#;
const DENIED: &str = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":1}"#;

const UNREADABLE: [&[u8]; 8] = [
    b"\xff",
    b"\xef\xbb\xbf\xef\xbb\xbf{}",
    b"hello",
    b"[]",
    br#"{"CallbackCommand":7}"#,
    br#"{"CallbackCommand":"Room.CallbackAfterMemberEnter"}"#,
    br#"{"CallbackCommand":"Group.CallbackBeforeSendMsg","CallbackCommand":"Group.CallbackBeforeSendMsg"}"#,
    br#"{"CallbackCommand":"Group.CallbackBeforeSendMsg","WebhookCommand":"Group.CallbackBeforeSendMsg"}"#,
];

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

fn tencent() -> Tencent {
    Tencent::new(1, "token").unwrap()
}

fn query_of(command: &str) -> String {
    tencent().sign(&json!({"CallbackCommand": command}), now()).unwrap().query
}

fn hooks(provider: Tencent, policy: FailurePolicy) -> Hooks<Tencent> {
    fn unreachable<D>() -> D {
        unreachable!("the question is unreadable")
    }
    hooks_here(provider)
        .with_question_failure_policy::<BeforeSendMsg>(policy)
        .answer(async |_: Verified<BeforeSendMsg>| unreachable::<Decision<_>>())
        .answer(async |_: Verified<tencent::Question>| unreachable::<Decision<_>>())
}

async fn answer(hooks: &Hooks<Tencent>, query: &str, body: &[u8]) -> (u16, String) {
    let answer = hooks.deliver(Delivery::new(body).with_query(query), now()).await;
    (answer.status, answer.body.into_owned())
}

#[tokio::test(start_paused = true)]
async fn a_verified_question_with_an_unreadable_body_gets_its_failure_policy() {
    let query = query_of(BeforeSendMsg::NAME);
    for (policy, decided) in [(FailurePolicy::Open, ALLOWED), (FailurePolicy::Closed, DENIED)] {
        let hooks = hooks(tencent(), policy);
        for body in UNREADABLE {
            let context = String::from_utf8_lossy(body);
            let expected = (200, decided.to_owned());
            assert_eq!(answer(&hooks, &query, body).await, expected, "{policy:?} {context}");
        }
    }
    // An unsigned app's query is as authentic as its callbacks.
    let hooks = hooks(Tencent::dangerous_unsigned(1), FailurePolicy::Closed);
    let query = format!("SdkAppid=1&CallbackCommand={}", BeforeSendMsg::NAME);
    assert_eq!(answer(&hooks, &query, b"hello").await, (200, DENIED.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_body_is_refused_unless_a_verified_query_names_a_question() {
    let hooks = hooks(tencent(), FailurePolicy::Open);
    let (asked, told) = (query_of(BeforeSendMsg::NAME), query_of("Room.CallbackAfterDestroyRoom"));
    let twice = format!("{asked}&CallbackCommand={}", BeforeSendMsg::NAME);
    for body in UNREADABLE {
        for (query, status) in [
            (&asked.replace("Sign=", "Sign=0"), 401),
            (&asked.replace("Sign=", "Other="), 401),
            (&query_of(BeforeSendMsg::NAME).replace("SdkAppid=1", "SdkAppid=2"), 401),
            (&told, 400),
            (&twice, 400),
        ] {
            let context = String::from_utf8_lossy(body);
            assert_eq!(answer(&hooks, query, body).await.0, status, "{query} {context}");
        }
    }
    let unnamed = asked.replace("CallbackCommand=", "Other=");
    assert_eq!(answer(&hooks, &unnamed, b"hello").await.0, 400);
    let late = now() + Duration::from_secs(3600);
    let stale = hooks.deliver(Delivery::new(b"hello").with_query(&asked), late).await;
    assert_eq!(stale.status, 401);
    // Neither a compressed nor an oversized body is read at all.
    let gzip = vec![("Content-Encoding".to_owned(), "gzip".to_owned())];
    let compressed = Delivery::new(b"hello").with_query(&asked).with_headers(&gzip);
    assert_eq!(hooks.deliver(compressed, now()).await.status, 415);
    let small = hooks_here(Receiver::new(tencent()).with_body_limit(4));
    assert_eq!(answer(&small, &asked, b"hello").await.0, 413);
}

/// An extractor has no failure policy: the question is allowed, like one whose body was consumed.
#[test]
fn an_extractor_allows_a_question_with_an_unreadable_body() {
    let query = query_of(BeforeSendMsg::NAME);
    let delivery = Delivery::new(b"hello").with_query(&query);
    let receiver = Receiver::new(tencent());
    for not_delivered in [
        receiver.receive::<tencent::Event>(delivery, now()).unwrap_err(),
        receiver.receive::<BeforeSendMsg>(delivery, now()).unwrap_err(),
    ] {
        let response = not_delivered.response::<Tencent>();
        assert_eq!((response.status, &*response.body), (200, ALLOWED), "{not_delivered:?}");
    }
}
