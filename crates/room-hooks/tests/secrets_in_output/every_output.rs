//! Collects all output of every refusal and every outcome, and searches it for secrets.

use std::{
    collections::BTreeSet,
    fmt::{Debug, Write as _},
    time::{Duration, Instant, SystemTime},
};

use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use serde::Serialize;
use serde_json::json;
use tokio::{runtime::Builder, time::sleep};

use room_hooks::{
    Callback, Delivery, FailurePolicy, NotDelivered, Provider, Receiver, RoomCreated, Verified,
    adapter::CallbackResponse,
    hooks::{ClaimOutcome, ClaimToken, DeliveryKey, DeliveryStore, StoreError},
    tencent::Tencent,
    testing::SignedDelivery,
    trtc::Trtc,
    zego::Zego,
};

use crate::{PREVIOUS, SECRET, captured_log::logged, here::hooks_here, secrets};

/// Text that each forgery contains in one place. No output may repeat it.
const ECHO: &str = "ec40";

/// The names of all refusals.
const REFUSALS: [&str; 16] = [
    "AppNotNamed",
    "BodyAlreadyConsumed",
    "BodyCompressed",
    "BodyIncomplete",
    "BodyTimeout",
    "BodyTooLarge",
    "CommandsDiffer",
    "DuplicateParameter",
    "Malformed",
    "MethodNotAllowed",
    "NotConfigured",
    "NotSigned",
    "Stale",
    "TimestampInFuture",
    "UnknownApp",
    "WrongSignature",
];

/// All values of the `outcome` label in the metrics.
const OUTCOMES: [&str; 9] = [
    "deadline_exceeded",
    "duplicate",
    "failed",
    "handled",
    "in_progress",
    "no_handler",
    "refused",
    "signature_reused",
    "store_unavailable",
];

#[test]
fn no_output_of_any_refusal_or_outcome_contains_a_secret_signature_nonce_or_query() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let mut played = Played::default();
    let (log, ()) = logged(|| {
        metrics::with_local_recorder(&recorder, || {
            played.receive();
            played.refuse_before_a_body_is_there();
            let runtime = Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(played.handle());
        });
    });

    let mut outcomes = BTreeSet::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels = key.key().labels().filter(|label| label.key() == "outcome");
        outcomes.extend(labels.map(|label| label.value().to_owned()));
        played.read(&(&key, matches!(value, DebugValue::Counter(_))));
    }
    for known in ["delivery refused", "delivery verified", "outcome", "handler panicked"] {
        assert!(log.contains(known), "{known} is not in the log");
    }
    played.seen.push_str(&log);

    assert_eq!(outcomes.iter().map(String::as_str).collect::<Vec<_>>(), OUTCOMES);
    let refusals: Vec<_> = played.refusals.iter().map(String::as_str).collect();
    assert_eq!(refusals, REFUSALS);
    let seen = played.seen.to_lowercase();
    for hidden in &played.hidden {
        let around = seen.find(&hidden.to_lowercase()).map(|at| at.saturating_sub(100));
        let shown: Option<String> = around.map(|at| seen[at..].chars().take(300).collect());
        assert_eq!(shown, None, "{hidden} is shown");
    }
}

/// The secrets in the deliveries that were played, and all output about them.
#[derive(Default)]
struct Played {
    seen: String,
    hidden: BTreeSet<String>,
    refusals: BTreeSet<String>,
}

impl Played {
    fn read(&mut self, output: &impl Debug) {
        writeln!(self.seen, "{output:?} {output:#?}").unwrap();
    }

    fn read_not_delivered<P: Provider>(&mut self, not_delivered: &NotDelivered) {
        self.read(not_delivered);
        self.read(&not_delivered.response::<P>());
        writeln!(self.seen, "{not_delivered}").unwrap();
        if let Some(refusal) = &not_delivered.refusal() {
            let shown = format!("{refusal:?}");
            self.refusals.extend(shown.split([' ', '{']).next().map(str::to_owned));
            writeln!(self.seen, "{refusal}").unwrap();
        }
    }

    /// Records the secrets and the signature of `signed`, which no output may contain.
    fn hide(&mut self, signed: &SignedDelivery) {
        self.hidden.extend([SECRET, PREVIOUS, ECHO].map(str::to_owned));
        if !signed.query.is_empty() {
            self.hidden.extend([signed.query.clone(), "RequestTime=".to_owned()]);
            let sign = signed.query.split('&').find_map(|pair| pair.strip_prefix("Sign="));
            self.hidden.extend(sign.map(str::to_owned));
        }
        self.hidden.extend(
            signed.headers.iter().filter(|(name, _)| name == "Sign").map(|(_, sign)| sign.clone()),
        );
        let body: serde_json::Value = serde_json::from_slice(&signed.body).unwrap();
        let members = ["nonce", "signature"].map(|name| body[name].as_str().map(str::to_owned));
        self.hidden.extend(members.into_iter().flatten());
    }

    fn receive(&mut self) {
        let zego = || Zego::new(1, secrets()).unwrap();
        for event in [
            json!({"event": "room_create", "room_id": "r"}),
            json!({"event": "room_create", "room_id": ["another", "shape"]}),
            json!({"event": "unknown"}),
        ] {
            self.receive_honest_and_forged(zego, |zego, now| zego.sign(&event, now).unwrap());
        }
        let old = Zego::new(1, PREVIOUS).unwrap();
        let event = json!({"event": "x"});
        self.receive_honest_and_forged(zego, |_, now| old.sign(&event, now).unwrap());
        let tencent = || Tencent::new(1, secrets()).unwrap();
        let event = json!({"CallbackCommand": "Room.CallbackAfterCreateRoom", "RoomId": "r"});
        self.receive_honest_and_forged(tencent, |tencent, now| tencent.sign(&event, now).unwrap());
        let tolerance = Trtc::MIN_TOLERANCE;
        let trtc = || Trtc::new(1, secrets()).unwrap().with_tolerance(tolerance).unwrap();
        let event = json!({"EventType": 103, "EventInfo": {"RoomId": "r"}});
        self.receive_honest_and_forged(trtc, |trtc, now| trtc.sign(&event, now).unwrap());
    }

    fn receive_honest_and_forged<P>(
        &mut self,
        provider: impl Fn() -> P,
        sign: impl Fn(&P, SystemTime) -> SignedDelivery,
    ) where
        P: Provider<Event: Serialize>,
    {
        let receiver = Receiver::new(provider()).with_body_limit(2000);
        let signed = sign(receiver.provider(), now());
        self.hide(&signed);
        self.receive_one(&receiver, &signed, now());
        let year = Duration::from_secs(365 * 24 * 3600);
        self.receive_one(&receiver, &signed, now() + year);
        self.receive_one(&receiver, &signed, now() - year);
        for forged in forgeries(&signed) {
            self.receive_one(&receiver, &forged, now());
        }
        self.read(&(
            &receiver,
            CallbackResponse::acknowledged::<P>(),
            hooks_here(receiver.clone()),
        ));
    }

    fn receive_one<P>(&mut self, receiver: &Receiver<P>, signed: &SignedDelivery, now: SystemTime)
    where
        P: Provider<Event: Serialize>,
    {
        self.read(&(signed, signed.as_delivery()));
        match receiver.receive::<P::Event>(signed.as_delivery(), now) {
            Ok(verified) => {
                self.read(&(&verified, verified.id(), verified.event.name(), &verified.document));
                self.seen.push_str(&serde_json::to_string(&verified.event).unwrap());
                self.seen.push_str(&serde_json::to_string(&verified.document).unwrap());
            }
            Err(not_delivered) => self.read_not_delivered::<P>(&not_delivered),
        }
    }

    fn refuse_before_a_body_is_there(&mut self) {
        let receiver = Receiver::new(Zego::new(1, secrets()).unwrap());
        let headers = vec![("Content-Length".to_owned(), "9".to_owned())];
        let compressed = vec![("Content-Encoding".to_owned(), ECHO.to_owned())];
        let event = json!({"event": "room_create", "room_id": ECHO});
        let mut unnamed = receiver.provider().sign(&event, now()).unwrap();
        let body = String::from_utf8(unnamed.body).unwrap();
        unnamed.body = body.replace("appid", "applied").into();
        let of_several = Receiver::new(receiver.provider().clone().with_app(2, "other").unwrap());
        let begin =
            || receiver.body_reader("POST", Delivery::new(b"").with_headers(&headers)).unwrap();
        let mut reader = begin();
        reader.push(ECHO.as_bytes()).unwrap();
        self.read(&reader);
        for not_delivered in [
            receiver.body_reader(ECHO, Delivery::new(b"").with_headers(&headers)).unwrap_err(),
            receiver.body_reader("POST", Delivery::new(b"").with_headers(&compressed)).unwrap_err(),
            of_several.receive::<RoomCreated>(unnamed.as_delivery(), now()).unwrap_err(),
            reader.incomplete(),
            reader.timed_out(),
            reader.too_large(),
            reader.finish(now()).unwrap_err(),
            NotDelivered::not_configured::<Zego>(),
        ] {
            self.read_not_delivered::<Zego>(&not_delivered);
        }
    }

    /// Plays every outcome that [`Hooks`](room_hooks::Hooks) have for a verified delivery.
    async fn handle(&mut self) {
        let zego = Zego::new(1, secrets()).unwrap();
        let hooks = hooks_here(zego.clone()).with_handler_timeout(Duration::from_millis(50)).on(
            async |created: Verified<RoomCreated>| match created.event.room_id.as_str() {
                "fails" => Err("it is too late"),
                "panics" => panic!("on purpose"),
                "takes its time" => {
                    sleep(Duration::from_millis(200)).await;
                    Ok(())
                }
                _ => Ok(()),
            },
        );
        let sign = |event: &str, room: &str| {
            zego.sign(&json!({"event": event, "room_id": room}), now()).unwrap()
        };
        let honest = sign("room_create", "r");
        let stolen = String::from_utf8(honest.body.clone()).unwrap().replace("\"r\"", "\"v\"");
        let slow = sign("room_create", "takes its time");
        for signed in [
            honest.clone(),
            honest.clone(),
            SignedDelivery::new(String::new(), Vec::new(), stolen.into_bytes()),
            sign("room_create", "fails"),
            sign("room_create", "panics"),
            slow.clone(),
            slow,
            sign("room_exit", "no handler"),
        ] {
            self.hide(&signed);
            let answer = hooks.deliver(signed.as_delivery(), now()).await;
            self.read(&answer);
        }
        hooks.wait_idle().await;
        self.read(&hooks);

        let hooks = hooks.with_store(Broken).with_store_failure_policy(FailurePolicy::Closed);
        self.read(&hooks.deliver(honest.as_delivery(), now()).await);
        self.read(&hooks);
    }
}

/// Copies of a delivery, most with [`ECHO`] in one part.
fn forgeries(signed: &SignedDelivery) -> Vec<SignedDelivery> {
    let body = String::from_utf8(signed.body.clone()).unwrap();
    let members: serde_json::Value = serde_json::from_str(&body).unwrap();
    let with_body = |body: String| {
        SignedDelivery::new(signed.query.clone(), signed.headers.clone(), body.into_bytes())
    };
    let with_query =
        |query| SignedDelivery::new(query, signed.headers.clone(), signed.body.clone());
    let mut forgeries = vec![
        with_body(format!("{ECHO}{body}")),
        with_body(body.replacen('{', &format!("{{\"{ECHO}\":"), 1)),
        with_body(format!("{body}{}", " ".repeat(2000))),
        with_body(format!("event={ECHO}&event={ECHO}")),
        with_query(signed.query.replace("Sign=", &format!("Sign={ECHO}"))),
        with_query(signed.query.replace("RequestTime=", &format!("RequestTime={ECHO}"))),
        with_query(signed.query.replace("Command=", &format!("Command={ECHO}"))),
        with_query(signed.query.replace("SdkAppid=", &format!("SdkAppid={ECHO}"))),
        with_query(format!("{}&Sign={ECHO}", signed.query)),
        with_query(format!("{}&ClientIP={ECHO}", signed.query)),
        with_query(String::new()),
        SignedDelivery::new(signed.query.clone(), Vec::new(), signed.body.clone()),
    ];
    for name in ["appid", "nonce", "signature", "timestamp"] {
        let Some(value) = members.get(name) else { continue };
        let mut forged = members.clone();
        forged[name] = format!("{ECHO}{}", value.as_str().unwrap_or_default()).into();
        forgeries.push(with_body(forged.to_string()));
        forged.as_object_mut().unwrap().remove(name);
        forgeries.push(with_body(forged.to_string()));
    }
    for index in 0..signed.headers.len() {
        let mut headers = signed.headers.clone();
        headers[index].1 = format!("{ECHO}{}", headers[index].1);
        forgeries.push(SignedDelivery::new(String::new(), headers, signed.body.clone()));
    }
    forgeries
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_757_500_000)
}

/// An unreachable store.
#[derive(Debug)]
struct Broken;

impl DeliveryStore for Broken {
    async fn claim(&self, _: DeliveryKey, _: Instant) -> Result<ClaimOutcome, StoreError> {
        Err(StoreError::Unavailable("connection refused".into()))
    }

    async fn bind(&self, _: DeliveryKey, _: Instant) -> Result<bool, StoreError> {
        Err(StoreError::Unavailable("connection refused".into()))
    }

    async fn settle(&self, _: DeliveryKey, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }

    async fn release(&self, _: DeliveryKey, _: ClaimToken, _: Instant) -> Result<(), StoreError> {
        Ok(())
    }
}
