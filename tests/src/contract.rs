use std::{
    net::{SocketAddr, TcpListener},
    process::ExitCode,
    sync::mpsc::{self, Receiver as Reports},
    thread,
    time::Duration,
};

use libtest_mimic::{Arguments, Trial};
use room_hooks::{Receiver, RoomCreated, RoomEvent, RoomInfoUpdated, tencent, zego};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::{
    Seen,
    case::{Case, ProviderName, Transport},
    client::{self, Request, Response},
    delivery::{Delivery, TENCENT_EVENT, ZEGO_EVENT},
    receivers::{self, TENCENT_APP, ZEGO_APP},
};

/// What connects the suite to a framework.
pub trait Driver: 'static {
    /// The framework's name.
    const NAME: &'static str;

    /// The ways in that its adapter has.
    const WAYS: &'static [Way];

    /// Serves at `/`, on a thread of its own, until it is told to stop.
    fn serve<E: RoomEvent + Serialize>(
        listener: TcpListener,
        mount: Mount,
        receiver: Receiver<E::Provider>,
        seen: Seen,
        stop: oneshot::Receiver<()>,
    );
}

/// What is put at `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver that forgets one must not compile")]
pub enum Mount {
    /// A handler that extracts `E`.
    Extractor,
    /// A handler that extracts nothing but the body, behind the guard.
    Guard,
    /// A handler that extracts `E`, behind the guard.
    GuardAndExtractor,
}

/// A way into a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Way {
    /// The handler asks for all that the provider sends.
    Extractor,
    /// The handler asks for the one kind that has a type.
    OneKind,
    /// The handler asks for nothing and is guarded.
    Guard,
    /// The handler asks for all and is guarded as well.
    GuardAndExtractor,
}

/// Sends every case to a framework in every way.
#[must_use]
pub fn run<D: Driver>() -> ExitCode {
    let trials = Case::all().into_iter().flat_map(|case| {
        let ways =
            D::WAYS.iter().filter(|&way| case.ways.as_ref().is_none_or(|ways| ways.contains(way)));
        let trials: Vec<_> = ways
            .map(|&way| {
                let case = case.clone();
                let name = format!("{}, {way:?}, {:?}: {}", D::NAME, case.provider, case.name);
                Trial::test(name, move || {
                    play::<D>(&case, way);
                    Ok(())
                })
            })
            .collect();
        trials
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn play<D: Driver>(case: &Case, way: Way) {
    match case.provider {
        ProviderName::Zego => {
            let receiver = receivers::zego(case.receiver);
            play_to::<D, zego::Event, RoomCreated>(case, way, receiver);
        }
        ProviderName::Tencent => {
            let receiver = receivers::tencent(case.receiver);
            play_to::<D, tencent::Event, RoomInfoUpdated>(case, way, receiver);
        }
    }
}

fn play_to<D, All, One>(case: &Case, way: Way, receiver: Receiver<All::Provider>)
where
    D: Driver,
    All: RoomEvent + Serialize,
    One: RoomEvent<Provider = All::Provider> + Serialize,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, reports) = mpsc::channel();
    let (stop, stopped) = oneshot::channel();
    let seen = Seen(sender);
    let server = thread::spawn(move || match way {
        Way::Extractor => D::serve::<All>(listener, Mount::Extractor, receiver, seen, stopped),
        Way::OneKind => D::serve::<One>(listener, Mount::Extractor, receiver, seen, stopped),
        Way::Guard => D::serve::<All>(listener, Mount::Guard, receiver, seen, stopped),
        Way::GuardAndExtractor => {
            D::serve::<All>(listener, Mount::GuardAndExtractor, receiver, seen, stopped);
        }
    });
    check(case, way, address, &reports);
    drop(stop);
    server.join().unwrap();
}

fn check(case: &Case, way: Way, address: SocketAddr, reports: &Reports<Value>) {
    let delivery = Delivery::of(case);
    let request = Request {
        method: &case.method,
        query: &delivery.query,
        content_type: case.content_type.as_deref(),
        body: &delivery.body,
    };
    let responses = client::send(address, &request, case.transport).unwrap();

    let expected = match case.transport {
        Transport::BrokenOff => 0,
        Transport::Pipelined => 2,
        _ => 1,
    };
    assert_eq!(responses.len(), expected, "{responses:?}");
    responses.iter().for_each(|response| check_answer(case, response));

    let called = case.is_handled() && (case.typed || way != Way::OneKind);
    for _ in 0..if called { expected } else { 0 } {
        let report = reports.recv_timeout(Duration::from_secs(5)).expect("the handler is called");
        match way {
            Way::Guard => assert_eq!(report["body_bytes"], delivery.body.len()),
            _ => check_event(case, &report),
        }
    }
    let grace = if expected == 0 { 200 } else { 0 };
    let more = reports.recv_timeout(Duration::from_millis(grace));
    assert!(more.is_err(), "the handler is called too often: {more:?}");
}

fn check_answer(case: &Case, response: &Response) {
    assert_eq!(response.status, case.status, "{response:?}");
    let allow = (case.status == 405).then_some("POST");
    assert_eq!(response.header("allow"), allow);
    match case.provider {
        ProviderName::Zego => assert_eq!(response.body, ""),
        ProviderName::Tencent => {
            assert_eq!(response.header("content-type"), Some("application/json"));
            let body = match case.status {
                200 => r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#,
                _ => r#"{"ActionStatus":"FAIL","ErrorInfo":"refused","ErrorCode":1}"#,
            };
            assert_eq!(response.body, body);
        }
    }
}

fn check_event(case: &Case, report: &Value) {
    let (event, app_id) = match case.provider {
        ProviderName::Zego => (ZEGO_EVENT, ZEGO_APP),
        ProviderName::Tencent => (TENCENT_EVENT, TENCENT_APP),
    };
    assert_eq!(report["event"], case.event.as_deref().unwrap_or(event));
    assert_eq!(report["app_id"], case.app_id.unwrap_or(app_id));
    assert_eq!(report["room_id"], case.room_id.as_deref().unwrap_or("lobby"));
    if !case.data.is_empty() {
        let data: Value = serde_json::from_str(report["data"].as_str().unwrap()).unwrap();
        for (name, value) in &case.data {
            assert_eq!(&data[name], value, "{name}");
        }
    }
}
