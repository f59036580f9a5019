//! Questions: each is answered by its handler or by its failure policy.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod here;
mod zego_hooks;

use std::{
    future::pending,
    io,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};
use tokio::{
    sync::Notify,
    task::{JoinSet, yield_now},
    time::sleep,
};

use room_hooks::{
    Delivery, FailurePolicy, Hooks, NotDelivered, Question, Receiver, Verified,
    adapter::CallbackResponse,
    hooks::MemoryStore,
    tencent::{self, Decision, Tencent, group::BeforeSendMsg, live::BeforeSendGift},
    testing::SignedDelivery,
    zego::{self, Zego},
};

use here::hooks_here;
use zego_hooks::{Counter, now, zego};

const ALLOWED: &str = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#;
const DENIED: &str = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":1}"#;
const NEUTRAL: &str = r#"{"result":0}"#;
const NOT_SENT: &str = r#"{"result":3}"#;

fn tencent() -> Tencent {
    Tencent::new(1, "token").unwrap()
}

fn gift() -> SignedDelivery {
    let gift = json!({
        "CallbackCommand": "Live.CallbackBeforeSendGift", "Operator_Account": "bob", "RoomId": "lobby",
        "GiftWater": {
            "From_Account": "bob", "To_Account": ["ada"], "Time": 1_700_000_000, "GiftId": "rose",
            "Count": 1, "Coins": 10,
        },
    });
    tencent().sign(&gift, now()).unwrap()
}

fn message() -> SignedDelivery {
    let message = json!({
        "CallbackCommand": "Group.CallbackBeforeSendMsg", "GroupId": "lobby", "MsgId": "1",
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hello"}}],
    });
    tencent().sign(&message, now()).unwrap()
}

fn zim_message() -> SignedDelivery {
    zego().sign(&zim_body(), now()).unwrap()
}

fn zim_body() -> Value {
    json!({
        "event": "before_send_msg", "conv_id": "lobby", "conv_type": 1, "msg_id": "1", "msg_type": 1,
        "msg_body": "hello",
    })
}

async fn ask<P: room_hooks::Provider>(
    hooks: &Hooks<P>,
    question: &SignedDelivery,
) -> CallbackResponse {
    hooks.deliver(question.as_delivery(), now()).await
}

#[track_caller]
fn assert_answered(answer: &CallbackResponse, body: &str, context: &str) {
    assert_eq!((answer.status, &*answer.body), (200, body), "{context}");
    let headers: Vec<_> = answer.headers().collect();
    assert_eq!(headers, [("content-type", "application/json")], "{context}");
}

/// Two gifts within a second may be identical byte for byte.
#[tokio::test(start_paused = true)]
async fn identical_questions_at_once_are_all_answered_and_none_waits_for_another() {
    let (calls, begun) = (Counter::default(), tokio::time::Instant::now());
    let counter = calls.clone();
    let hooks = hooks_here(tencent()).answer(move |_: Verified<BeforeSendGift>| {
        let number = counter.count();
        async move {
            sleep(Duration::from_secs(1)).await;
            if number % 2 == 0 { Decision::deny() } else { Decision::allow() }
        }
    });
    let mut asked = JoinSet::new();
    for _ in 0..24 {
        asked.spawn(hooks.deliver(gift().as_delivery(), now()));
    }
    let answers = asked.join_all().await;
    assert_eq!(begun.elapsed(), Duration::from_secs(1));
    assert_eq!(calls.get(), 24);
    for body in [ALLOWED, DENIED] {
        assert_eq!(answers.iter().filter(|answer| answer.body == body).count(), 12);
    }
}

#[tokio::test(start_paused = true)]
async fn no_question_is_claimed_or_stored() {
    for store in [MemoryStore::new(), MemoryStore::with_capacity(0)] {
        let hooks = hooks_here(tencent())
            .with_store(store.clone())
            .with_store_failure_policy(FailurePolicy::Closed)
            .answer(async |_: Verified<BeforeSendGift>| Decision::allow());
        for _ in 0..2 {
            assert_answered(&ask(&hooks, &gift()).await, ALLOWED, "");
        }
        assert_eq!(store.entries(), 0);
    }
}

/// A failure to provoke.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Fails,
    Panics,
    Sleeps,
    IsMissing,
    HasNoTurn,
}

fn troubled<P, Q>(provider: P, trouble: Trouble) -> Hooks<P>
where
    P: room_hooks::Provider,
    Q: Question<Provider = P>,
{
    let hooks = hooks_here(provider);
    match trouble {
        Trouble::IsMissing => hooks,
        Trouble::HasNoTurn => hooks
            .with_question_concurrency(0)
            .answer(async |_: Verified<Q>| unreachable!() as Result<Q::Decision, io::Error>),
        _ => hooks.answer(move |_: Verified<Q>| async move {
            match trouble {
                Trouble::Fails => Err(io::Error::other("the moderation service is unavailable")),
                Trouble::Panics => panic!("on purpose"),
                _ => pending::<Result<Q::Decision, io::Error>>().await,
            }
        }),
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_a_handler_is_always_answered_by_the_failure_policy() {
    use Trouble::{Fails, HasNoTurn, IsMissing, Panics, Sleeps};
    for trouble in [Fails, Panics, Sleeps, IsMissing, HasNoTurn] {
        let begun = tokio::time::Instant::now();
        let gifts = troubled::<_, BeforeSendGift>(tencent(), trouble);
        let messages = troubled::<_, zego::BeforeSendMsg>(zego(), trouble);
        let context = format!("{trouble:?}");
        // By default, the question is allowed.
        assert_answered(&ask(&gifts, &gift()).await, ALLOWED, &context);
        assert_answered(&ask(&messages, &zim_message()).await, NEUTRAL, &context);
        for (policy, gift_body, message_body) in
            [(FailurePolicy::Open, ALLOWED, NEUTRAL), (FailurePolicy::Closed, DENIED, NOT_SENT)]
        {
            let gifts = gifts.clone().with_question_failure_policy::<BeforeSendGift>(policy);
            assert_answered(&ask(&gifts, &gift()).await, gift_body, &context);
            let messages =
                messages.clone().with_question_failure_policy::<zego::BeforeSendMsg>(policy);
            assert_answered(&ask(&messages, &zim_message()).await, message_body, &context);
        }
        // Three times each: less than the 2 s that Tencent waits, and the 2.5 s that ZIM waits.
        let most = if matches!(trouble, Sleeps | HasNoTurn) { 3 * (1500 + 2000) } else { 0 };
        assert!(begun.elapsed() <= Duration::from_millis(most), "{context}: {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn the_failure_policy_for_one_kind_takes_precedence_over_the_general_one() {
    let hooks = || hooks_here(tencent());
    let of_one = |hooks: Hooks<Tencent>| {
        hooks.with_question_failure_policy::<BeforeSendMsg>(FailurePolicy::Closed)
    };
    let of_all = |hooks: Hooks<Tencent>, policy| {
        hooks.with_question_failure_policy::<tencent::Question>(policy)
    };
    let unknown = json!({"CallbackCommand": "C2C.CallbackBeforeSendMsg"});
    let unknown = tencent().sign(&unknown, now()).unwrap();
    for (hooks, [gifts, messages, others]) in [
        (of_one(hooks()), [ALLOWED, DENIED, ALLOWED]),
        (of_one(of_all(hooks(), FailurePolicy::Open)), [ALLOWED, DENIED, ALLOWED]),
        (of_all(of_one(hooks()), FailurePolicy::Open), [ALLOWED, DENIED, ALLOWED]),
        (of_all(hooks(), FailurePolicy::Closed), [DENIED; 3]),
        (of_all(of_all(hooks(), FailurePolicy::Closed), FailurePolicy::Open), [ALLOWED; 3]),
    ] {
        for (question, body) in [(gift(), gifts), (message(), messages), (unknown.clone(), others)]
        {
            assert_answered(&ask(&hooks, &question).await, body, &question.query);
        }
    }
}

/// A sender must not get a message past the handler of messages with a shape that it cannot read.
#[tokio::test(start_paused = true)]
async fn a_question_that_cannot_be_read_as_its_type_gets_the_failure_policy_for_that_type() {
    let hooks = hooks_here(tencent())
        .with_question_failure_policy::<BeforeSendMsg>(FailurePolicy::Closed)
        .answer(async |_: Verified<BeforeSendMsg>| Decision::allow())
        .answer(async |_: Verified<tencent::Question>| Decision::allow());
    for odd in [
        json!({"CallbackCommand": "Group.CallbackBeforeSendMsg", "MsgBody": "hello"}),
        json!({"CallbackCommand": "Group.CallbackBeforeSendMsg", "GroupId": "lobby", "MsgBody": {}}),
    ] {
        let odd = tencent().sign(&odd, now()).unwrap();
        assert_answered(&ask(&hooks, &odd).await, DENIED, "");
    }
    // A body that other code in the server has consumed does not get past it either.
    let empty = Delivery::new(b"").with_query("");
    let query = message().query;
    let consumed = empty.with_query(&query);
    assert_answered(&hooks.deliver(consumed, now()).await, DENIED, "consumed");
    let forged = query.replace("Sign=", "Sign=0");
    assert_eq!(hooks.deliver(empty.with_query(&forged), now()).await.status, 401);
    // A handler of all questions receives a question without its own handler as it arrived.
    let odd = json!({"CallbackCommand": "Live.CallbackBeforeSendGift", "RoomId": []});
    let odd = tencent().sign(&odd, now()).unwrap();
    let hooks = hooks.with_question_failure_policy::<BeforeSendGift>(FailurePolicy::Closed);
    assert_answered(&ask(&hooks, &odd).await, ALLOWED, "");
}

#[tokio::test(start_paused = true)]
async fn a_late_handler_is_aborted_and_so_is_one_whose_sender_hangs_up() {
    struct Aborted(Counter);

    impl Drop for Aborted {
        fn drop(&mut self) {
            self.0.count();
        }
    }

    let aborted = Counter::default();
    let hooks = hooks_here(tencent()).answer_with(
        aborted.clone(),
        async |aborted, _: Verified<BeforeSendGift>| -> Decision<BeforeSendGift> {
            let _aborted = Aborted(aborted);
            pending().await
        },
    );
    assert_answered(&ask(&hooks, &gift()).await, ALLOWED, "");
    yield_now().await;
    assert_eq!(aborted.get(), 1);
    let hung_up = tokio::time::timeout(Duration::from_secs(1), ask(&hooks, &gift())).await;
    assert!(hung_up.is_err());
    hooks.wait_idle().await;
    assert_eq!(aborted.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_questions_cannot_exceed_the_vendors_timeout() {
    for (timeout, tencents, zims) in
        [(None, 1500, 2000), (Some(9000), 1500, 2000), (Some(400), 400, 400)]
    {
        let mut gifts = troubled::<_, BeforeSendGift>(tencent(), Trouble::Sleeps);
        let mut messages = troubled::<_, zego::BeforeSendMsg>(zego(), Trouble::Sleeps);
        if let Some(timeout) = timeout.map(Duration::from_millis) {
            gifts = gifts.with_question_timeout(timeout);
            messages = messages.with_question_timeout(timeout);
        }
        let begun = tokio::time::Instant::now();
        ask(&gifts, &gift()).await;
        assert_eq!(begun.elapsed(), Duration::from_millis(tencents));
        ask(&messages, &zim_message()).await;
        assert_eq!(begun.elapsed(), Duration::from_millis(tencents + zims));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_answers_as_many_questions_at_once_as_its_concurrency_allows() {
    let running = Counter::default();
    let release = std::sync::Arc::new(Notify::new());
    let state = (running.clone(), release.clone());
    let hooks = hooks_here(tencent())
        .with_question_concurrency(2)
        .answer_with(state, async |(running, release), _: Verified<BeforeSendGift>| {
            running.count();
            release.notified().await;
            Decision::deny()
        })
        .answer(async |_: Verified<BeforeSendMsg>| Decision::deny());
    let mut gifts = JoinSet::new();
    for _ in 0..3 {
        gifts.spawn(hooks.deliver(gift().as_delivery(), now()));
    }
    sleep(Duration::from_millis(100)).await;
    assert_eq!(running.get(), 2);
    // Gifts do not keep messages from being answered.
    assert_answered(&ask(&hooks, &message()).await, DENIED, "");
    release.notify_one();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(running.get(), 3, "the third handler runs");
    release.notify_waiters();
    release.notify_one();
    for answer in gifts.join_all().await {
        assert_answered(&answer, DENIED, "");
    }
}

#[tokio::test(start_paused = true)]
async fn no_event_handler_receives_a_question() {
    let (events, questions) = (Counter::default(), Counter::default());
    let hooks = hooks_here(tencent())
        .on_with(events.clone(), async |events, _: Verified<tencent::Event>| {
            events.count();
        })
        .answer_with(questions.clone(), async |questions, _: Verified<tencent::Question>| {
            questions.count();
            Decision::deny()
        });
    assert_answered(&ask(&hooks, &gift()).await, DENIED, "");
    assert_eq!((events.get(), questions.get()), (0, 1));
    // Commands without a type, whose names mark them as questions.
    for command in ["Live.CallbackBeforeCallBackNotBlock", "Sns.CallbackPrevFriendAdd", "x.Before"]
    {
        let asked = tencent().sign(&json!({"CallbackCommand": command}), now()).unwrap();
        assert_answered(&ask(&hooks, &asked).await, DENIED, command);
    }
    let told = json!({"CallbackCommand": "Group.CallbackAfterSendMsg"});
    ask(&hooks, &tencent().sign(&told, now()).unwrap()).await;
    assert_eq!((events.get(), questions.get()), (1, 4));
}

/// An extractor of events never receives a question. Tencent's question is allowed, and ZIM
/// receives a neutral `result`.
#[test]
fn a_question_that_no_extractor_takes_is_allowed() {
    let asked = gift();
    let not_delivered =
        Receiver::new(tencent()).receive::<tencent::Event>(asked.as_delivery(), now()).unwrap_err();
    let name = "Live.CallbackBeforeSendGift".into();
    assert_eq!(not_delivered, NotDelivered::Question { name });
    assert_answered(&not_delivered.response::<Tencent>(), ALLOWED, "");
    let asked = zim_message();
    let not_delivered =
        Receiver::new(zego()).receive::<zego::Event>(asked.as_delivery(), now()).unwrap_err();
    assert_answered(&not_delivered.response::<Zego>(), NEUTRAL, "");
    let gift = Receiver::new(tencent()).receive::<BeforeSendGift>(gift().as_delivery(), now());
    assert_eq!(gift.unwrap().event.gift_water.gift_id.as_deref(), Some("rose"));
    let event = json!({"CallbackCommand": "Room.CallbackAfterMemberEnter", "RoomId": "lobby"});
    let event = tencent().sign(&event, now()).unwrap();
    let other = Receiver::new(tencent()).receive::<BeforeSendGift>(event.as_delivery(), now());
    assert_eq!(other.unwrap_err(), NotDelivered::OtherKind);
}

fn zim_hooks() -> Hooks<Zego> {
    hooks_here(zego()).answer(async |_: Verified<zego::BeforeSendMsg>| zego::Decision::send())
}

/// ZEGO's signature covers only a timestamp and a nonce, so anyone who observes one can attach
/// another question to it.
#[tokio::test(start_paused = true)]
async fn a_signature_of_a_question_is_bound_to_the_first_content_received_with_it() {
    let hooks = zim_hooks().fallback(async |_: Verified<zego::Event>| {});
    let honest = zim_message();
    let replaced = |from: &str, to: &str| {
        let body = String::from_utf8(honest.body.clone()).unwrap();
        SignedDelivery::new(String::new(), Vec::new(), body.replace(from, to).into_bytes())
    };
    let forged = replaced("hello", "spam");
    let event = replaced("before_send_msg", "room_create");
    for _ in 0..2 {
        // ZIM asks once more if it receives no response.
        assert_answered(&ask(&hooks, &honest).await, r#"{"result":1}"#, "");
        for forged in [&forged, &event] {
            let refused = ask(&hooks, forged).await;
            assert_eq!((refused.status, &*refused.body), (401, ""));
        }
    }
    // The other way around, also without a handler: an event's signature is not valid for a
    // question.
    for hooks in [zim_hooks().fallback(async |_: Verified<zego::Event>| {}), zim_hooks()] {
        assert_eq!(ask(&hooks, &event).await.status, 200);
        assert_eq!(ask(&hooks, &honest).await.status, 401);
    }
}

/// ZIM's own nonces have six digits, so valid questions within a second can share a signature.
#[tokio::test(start_paused = true)]
async fn signatures_with_short_nonces_are_not_bound() {
    let zego = Zego::new(123_456_789, "made-up-secret-for-tests").unwrap();
    let hooks = hooks_here(zego)
        .answer(async |_: Verified<zego::BeforeSendMsg>| zego::Decision::do_not_send());
    let sent_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    for text in ["hello", "bye"] {
        let mut body = zim_body();
        body["msg_body"] = text.into();
        body["appid"] = "123456789".into();
        body["timestamp"] = 1_767_225_600.into();
        body["nonce"] = "350177".into();
        body["signature"] = "9572576aa529630e032b9d928123c1db3daf7058".into();
        let body = body.to_string();
        let answer = hooks.deliver(Delivery::new(body.as_bytes()), sent_at).await;
        assert_answered(&answer, NOT_SENT, text);
    }
}
