//! Explanations of a delivery, for a user who wants to know why it was refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, SystemTime};

use room_hooks::{
    Delivery, Secrets,
    tencent::Tencent,
    testing::{Explanation, SignedDelivery, samples},
    trtc::Trtc,
    zego::Zego,
};
use serde_json::Value;

const SECRET: &str = "the-current-secret";
const PREVIOUS: &str = "the-previous-secret";

fn secrets() -> Secrets {
    Secrets::new(SECRET).unwrap().with_previous(PREVIOUS).unwrap()
}

/// A signed event, and its explanation.
fn explained(provider: &str, event: &Value) -> (SignedDelivery, Explanation) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_757_500_000);
    match provider {
        "zego" => {
            let zego = Zego::new(1, secrets()).unwrap().with_app(2, "another").unwrap();
            let signed = zego.sign(event, now).unwrap();
            let explanation = zego.explain(signed.as_delivery());
            (signed, explanation)
        }
        "tencent" => {
            let tencent = Tencent::new(1, secrets()).unwrap().with_app(2, "another").unwrap();
            let signed = tencent.sign(event, now).unwrap();
            let explanation = tencent.explain(signed.as_delivery());
            (signed, explanation)
        }
        _ => {
            let trtc = Trtc::new(1, secrets()).unwrap().with_app(2, "another").unwrap();
            let signed = trtc.sign(event, now).unwrap();
            let explanation = trtc.explain(signed.as_delivery());
            (signed, explanation)
        }
    }
}

#[test]
fn an_explanation_computes_the_signature_and_shows_no_secret() {
    for sample in samples() {
        let (signed, explanation) = explained(sample.provider, &sample.event());
        let names: Vec<_> = explanation.expected.iter().map(|e| e.secret.to_string()).collect();
        assert_eq!(names, ["current", "previous-1"], "{sample:?}");
        assert_eq!(explanation.presented.as_deref(), Some(&*explanation.expected[0].signature));
        assert_ne!(explanation.expected[0].signature, explanation.expected[1].signature);
        let event: Value = serde_json::from_slice(&signed.body).unwrap();
        assert_eq!(explanation.event, Some(event));

        let Explanation { read, expected, .. } = &explanation;
        let signed: Vec<_> = expected.iter().map(|expected| &expected.signed).collect();
        let shown = format!("{read:?} {signed:?} {explanation:?} {expected:?}");
        for secret in [SECRET, PREVIOUS, "another"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(!format!("{explanation:?} {expected:?}").contains(&expected[0].signature));
    }
}

#[test]
fn an_explanation_quotes_the_text_that_arrived() {
    let zego = Zego::new(1, SECRET).unwrap();
    let body = "event=x&appid=01&timestamp=1.0&nonce=%2B7&signature=abc";
    let explanation = zego.explain(Delivery::new(body.as_bytes()));
    let read: Vec<_> = explanation.read.iter().map(|(name, text)| (*name, &**text)).collect();
    let expected = [
        ("encoding", "form"),
        ("appid", "01"),
        ("timestamp", "1.0"),
        ("nonce", "+7"),
        ("signature", "abc"),
    ];
    assert_eq!(read, expected);
    // In byte order, as they are signed.
    assert_eq!(explanation.expected[0].signed, ["+7", "1.0", "<CallbackSecret>"]);
}

#[test]
fn an_unreadable_delivery_has_an_explanation_too() {
    for body in [&b""[..], b"\xff", b"{", b"[]", b"null", b"{}", b"a=b", b"%7B%FF"] {
        let zego = Zego::new(1, SECRET).unwrap().explain(Delivery::new(body));
        let tencent =
            Tencent::new(1, SECRET).unwrap().explain(Delivery::new(body).with_query("a=b"));
        let trtc = Trtc::new(1, SECRET).unwrap().explain(Delivery::new(body));
        assert!([&zego, &tencent, &trtc].iter().all(|explanation| explanation.presented.is_none()));
    }
}
