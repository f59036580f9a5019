//! Questions over a socket: each is answered in time, by its handler or by its failure policy.

use std::{
    future::pending,
    io,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use libtest_mimic::Trial;
use room_hooks::{
    FailurePolicy, Hooks, Verified,
    tencent::{self, Decision, DenyCode, Tencent, group, live},
    testing::SignedDelivery,
    trtc::Trtc,
    zego::{self, Zego},
};
use serde_json::{Value, json};
use tokio::{sync::oneshot, time::sleep};

use crate::{
    case::{Setup, Transport},
    client::{self, Request, Response},
    driver::Driver,
    receivers,
    server::serve_while,
};

const ALLOWED: &str = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#;
const DENIED: &str = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":1}"#;
const NEUTRAL: &str = r#"{"result":0}"#;
const NOT_SENT: &str = r#"{"result":3}"#;

/// A failure to provoke.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Fails,
    Panics,
    Sleeps,
    BlocksItsThread,
    IsMissing,
    BodyIsConsumed,
}

pub(crate) fn trials<D: Driver>() -> Vec<Trial> {
    use Trouble::{BlocksItsThread, BodyIsConsumed, Fails, IsMissing, Panics, Sleeps};
    let trial = |name: &str, run: Box<dyn FnOnce() + Send>| {
        Trial::test(format!("{}, questions: {name}", D::NAME), || {
            run();
            Ok(())
        })
    };
    let mut trials = vec![
        trial("identical gifts at once", Box::new(equal_gifts_at_once::<D>)),
        trial("identical messages at once", Box::new(equal_messages_at_once::<D>)),
        trial("identical gifts at once, extracted", Box::new(equal_gifts_extracted_at_once::<D>)),
        trial("Tencent's decisions", Box::new(tencents_decisions::<D>)),
        trial("ZIM's decisions", Box::new(zims_decisions::<D>)),
        trial("forged questions", Box::new(forged_questions::<D>)),
        trial("a question that no extractor takes", Box::new(questions_of_another_kind::<D>)),
    ];
    for trouble in [Fails, Panics, Sleeps, BlocksItsThread, IsMissing, BodyIsConsumed] {
        for policy in [FailurePolicy::Open, FailurePolicy::Closed] {
            let run = move || with_trouble::<D>(trouble, policy);
            trials.push(trial(&format!("{trouble:?}, {policy:?}"), Box::new(run)));
        }
    }
    trials
}

fn tencent() -> Tencent {
    receivers::tencent(Setup::Standard).provider().clone()
}

fn zego() -> Zego {
    receivers::zego(Setup::Standard).provider().clone()
}

fn gift() -> SignedDelivery {
    let gift = json!({
        "CallbackCommand": "Live.CallbackBeforeSendGift", "Operator_Account": "bob", "RoomId": "lobby",
        "GiftWater": {
            "From_Account": "bob", "To_Account": ["ada"], "Time": 1_767_225_600, "GiftId": "rose",
            "Count": 1, "Coins": 10,
        },
    });
    tencent().sign(&gift, SystemTime::now()).unwrap()
}

fn group_message(text: &str) -> SignedDelivery {
    let message = json!({
        "CallbackCommand": "Group.CallbackBeforeSendMsg", "GroupId": "lobby", "Type": "Live",
        "From_Account": "bob", "Random": 123_456, "MsgId": text,
        "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": text}}],
        "EventTime": "1767225600123",
    });
    tencent().sign(&message, SystemTime::now()).unwrap()
}

fn zim_message(text: &str) -> SignedDelivery {
    let message = json!({
        "event": "before_send_msg", "from_user_id": "bob", "conv_id": "lobby", "conv_type": 1,
        "request_id": "3501907290370176", "msg_id": text, "msg_type": 1, "sub_msg_type": 0,
        "msg_body": text, "payload": "",
    });
    zego().sign(&message, SystemTime::now()).unwrap()
}

fn ask(address: SocketAddr, question: &SignedDelivery) -> Response {
    let SignedDelivery { query, headers, body, .. } = question;
    let request = Request { path: "/", method: "POST", query, headers, body };
    client::send(address, &request, Transport::Whole).unwrap().pop().unwrap()
}

#[track_caller]
fn assert_answered(response: &Response, body: &str) {
    assert_eq!((response.status, &*response.body), (200, body));
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("retry-after"), None);
}

/// Serves Tencent hooks at their own URL, and at a URL that they share with TRTC hooks.
fn with_tencent<D: Driver>(hooks: &Hooks<Tencent>, ask: impl Fn(SocketAddr)) {
    let own = hooks.clone();
    serve_while(|listener, stop| D::serve_hooks(listener, own, false, stop), &ask);
    let shared = hooks.clone();
    let trtc = Hooks::<Trtc>::new(receivers::trtc(Setup::Standard));
    serve_while(|listener, stop| D::serve_tencent(listener, shared, trtc, stop), &ask);
}

fn with_zego<D: Driver>(hooks: Hooks<Zego>, ask: impl FnOnce(SocketAddr)) {
    serve_while(|listener, stop| D::serve_hooks(listener, hooks, false, stop), ask);
}

/// Asks the same question 24 times at once. The handlers take 200 ms, so the calls overlap. Every
/// response must arrive within the 2 s that Tencent waits.
fn at_once(address: SocketAddr, question: &SignedDelivery, answers: &[&str]) {
    thread::scope(|scope| {
        let begun = Instant::now();
        let asked: Vec<_> = (0..24).map(|_| scope.spawn(|| ask(address, question))).collect();
        let answered: Vec<_> = asked.into_iter().map(|asked| asked.join().unwrap()).collect();
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        for response in &answered {
            assert!(answers.contains(&&*response.body), "{response:?}");
            assert_answered(response, &response.body);
        }
        for answer in answers {
            let count = answered.iter().filter(|response| response.body == *answer).count();
            assert_eq!(count, 24 / answers.len(), "{answer}");
        }
    });
}

fn equal_gifts_at_once<D: Driver>() {
    // Denying every second gift requires a call for each of them.
    let calls = Arc::new(AtomicUsize::new(0));
    let hooks = Hooks::new(tencent()).answer_with(
        calls,
        async |calls, _: Verified<live::BeforeSendGift>| {
            let call = calls.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(200)).await;
            if call % 2 == 0 { Decision::allow() } else { Decision::deny() }
        },
    );
    with_tencent::<D>(&hooks, |address| at_once(address, &gift(), &[ALLOWED, DENIED]));
}

fn equal_messages_at_once<D: Driver>() {
    let calls = Arc::new(AtomicUsize::new(0));
    let hooks =
        Hooks::new(zego()).answer_with(calls, async |calls, _: Verified<zego::BeforeSendMsg>| {
            let call = calls.fetch_add(1, Ordering::SeqCst);
            sleep(Duration::from_millis(200)).await;
            if call % 2 == 0 { zego::Decision::neutral() } else { zego::Decision::do_not_send() }
        });
    with_zego::<D>(hooks, |address| at_once(address, &zim_message("hello"), &[NEUTRAL, NOT_SENT]));
}

fn equal_gifts_extracted_at_once<D: Driver>() {
    let serve = |listener: TcpListener, stop: oneshot::Receiver<()>| {
        let receiver = receivers::tencent(Setup::Standard);
        D::serve_questions::<live::BeforeSendGift>(listener, receiver, |_| Decision::deny(), stop);
    };
    serve_while(serve, |address| at_once(address, &gift(), &[DENIED]));
}

/// Decides by the text of the message.
fn decide_on_group_message(
    asked: &Verified<group::BeforeSendMsg>,
) -> Decision<group::BeforeSendMsg> {
    match asked.event.texts().next().unwrap() {
        "deny" => Decision::deny(),
        "deny with" => Decision::deny_with(DenyCode::new(10_100).unwrap(), "no \"links\" here"),
        "drop" => Decision::drop_silently(),
        "replace" => Decision::replace(vec![group::MessageElement::from_text("h***o")], "{}"),
        _ => Decision::allow(),
    }
}

fn tencents_decisions<D: Driver>() {
    let check = |address| {
        for (word, answer) in [
            ("allow", json!({"ActionStatus": "OK", "ErrorInfo": "", "ErrorCode": 0})),
            ("deny", json!({"ActionStatus": "OK", "ErrorInfo": "", "ErrorCode": 1})),
            (
                "deny with",
                json!({"ActionStatus": "OK", "ErrorInfo": "no \"links\" here", "ErrorCode": 10100}),
            ),
            ("drop", json!({"ActionStatus": "OK", "ErrorInfo": "", "ErrorCode": 2})),
            (
                "replace",
                json!({
                    "ActionStatus": "OK", "ErrorInfo": "", "ErrorCode": 0, "CloudCustomData": "{}",
                    "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "h***o"}}],
                }),
            ),
        ] {
            let response = ask(address, &group_message(word));
            assert_answered(&response, &response.body);
            assert_eq!(serde_json::from_str::<Value>(&response.body).unwrap(), answer, "{word}");
        }
    };
    let hooks = Hooks::new(tencent())
        .answer(async |asked: Verified<group::BeforeSendMsg>| decide_on_group_message(&asked));
    with_tencent::<D>(&hooks, check);
    let serve = |listener: TcpListener, stop: oneshot::Receiver<()>| {
        let receiver = receivers::tencent(Setup::Standard);
        D::serve_questions(listener, receiver, decide_on_group_message, stop);
    };
    serve_while(serve, check);
}

fn decide_on_zim_message(asked: &Verified<zego::BeforeSendMsg>) -> zego::Decision {
    match &*asked.event.msg_body {
        "send" => zego::Decision::send(),
        "silently" => zego::Decision::send_silently(),
        "not" => zego::Decision::do_not_send().with_reason("no links here"),
        "replace" => zego::Decision::send().with_msg_body("h***o").with_payload("masked"),
        _ => zego::Decision::neutral(),
    }
}

fn zims_decisions<D: Driver>() {
    let check = |address| {
        for (word, answer) in [
            ("neutral", r#"{"result":0}"#),
            ("send", r#"{"result":1}"#),
            ("silently", r#"{"result":2}"#),
            ("not", r#"{"result":3,"reason":"no links here"}"#),
            ("replace", r#"{"result":1,"new_msg_body":"h***o","new_payload":"masked"}"#),
        ] {
            assert_answered(&ask(address, &zim_message(word)), answer);
        }
    };
    let hooks = Hooks::new(zego())
        .answer(async |asked: Verified<zego::BeforeSendMsg>| decide_on_zim_message(&asked));
    with_zego::<D>(hooks, check);
    let serve = |listener: TcpListener, stop: oneshot::Receiver<()>| {
        let receiver = receivers::zego(Setup::Standard);
        D::serve_questions(listener, receiver, decide_on_zim_message, stop);
    };
    serve_while(serve, check);
}

/// The response to a forged question reveals no more than the response to a forged event.
fn forged_questions<D: Driver>() {
    let hooks = Hooks::new(tencent()).answer(async |_: Verified<tencent::Question>| -> Decision {
        unreachable!("the question is forged")
    });
    with_tencent::<D>(&hooks, |address| {
        let mut forged = gift();
        forged.query = forged.query.replace("Sign=", "Sign=0");
        let response = ask(address, &forged);
        let refused = r#"{"ActionStatus":"FAIL","ErrorInfo":"refused","ErrorCode":1}"#;
        assert_eq!((response.status, &*response.body), (401, refused));
    });
    let hooks = Hooks::new(zego()).answer(async |_: Verified<zego::Question>| -> zego::Decision {
        unreachable!("the question is forged")
    });
    with_zego::<D>(hooks, |address| {
        let mut forged = zim_message("hello");
        let mut body: Value = serde_json::from_slice(&forged.body).unwrap();
        body["signature"] = "0".repeat(40).into();
        forged.body = serde_json::to_vec(&body).unwrap();
        let response = ask(address, &forged);
        assert_eq!((response.status, &*response.body), (401, ""));
    });
}

fn questions_of_another_kind<D: Driver>() {
    let serve = |listener: TcpListener, stop: oneshot::Receiver<()>| {
        let receiver = receivers::tencent(Setup::Standard);
        D::serve_questions::<live::BeforeSendGift>(listener, receiver, |_| Decision::deny(), stop);
    };
    serve_while(serve, |address| {
        assert_answered(&ask(address, &gift()), DENIED);
        assert_answered(&ask(address, &group_message("hello")), ALLOWED);
    });
}

async fn go_wrong<T>(trouble: Trouble) -> io::Result<T> {
    match trouble {
        Trouble::Fails => Err(io::Error::other("not to be echoed")),
        Trouble::Panics => panic!("not to be echoed"),
        Trouble::BlocksItsThread => {
            thread::sleep(Duration::from_secs(3));
            pending().await
        }
        Trouble::Sleeps => pending().await,
        Trouble::IsMissing | Trouble::BodyIsConsumed => unreachable!("no handler is called"),
    }
}

/// Checks that a failure leads to the policy's answer, within the time that the provider waits.
fn with_trouble<D: Driver>(trouble: Trouble, policy: FailurePolicy) {
    let is_open = policy == FailurePolicy::Open;
    let is_consumed = matches!(trouble, Trouble::BodyIsConsumed);
    let hooks = Hooks::new(tencent()).with_question_failure_policy::<live::BeforeSendGift>(policy);
    let hooks = match trouble {
        Trouble::IsMissing => hooks,
        _ => hooks.answer(move |_: Verified<live::BeforeSendGift>| go_wrong(trouble)),
    };
    serve_while(
        move |listener, stop| D::serve_hooks(listener, hooks, is_consumed, stop),
        |address| assert_answered(&ask(address, &gift()), if is_open { ALLOWED } else { DENIED }),
    );
    if is_consumed {
        return; // A ZIM question is only in the body.
    }
    let hooks = Hooks::new(zego()).with_question_failure_policy::<zego::Question>(policy);
    let hooks = match trouble {
        Trouble::IsMissing => hooks,
        _ => hooks.answer(move |_: Verified<zego::BeforeSendMsg>| go_wrong(trouble)),
    };
    with_zego::<D>(hooks, |address| {
        let body = if is_open { NEUTRAL } else { NOT_SENT };
        assert_answered(&ask(address, &zim_message("hello")), body);
    });
}
