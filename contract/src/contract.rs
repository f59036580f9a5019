use std::{
    net::{SocketAddr, TcpListener},
    process::ExitCode,
    sync::mpsc::{self, Receiver as Reports},
    thread,
    time::{Duration, SystemTime},
};

use libtest_mimic::{Arguments, Trial};
use room_hooks::{
    Receiver, RoomCreated, RoomEvent, RoomInfoUpdated,
    tencent::{self, Tencent},
    testing::SignedDelivery,
    trtc::{self, Trtc},
    zego,
};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::{
    Driver, Mount, Seen, Way,
    case::{Case, Handler, ProviderName, Setup, Transport},
    client::{self, Request, Response},
    delivery::{Delivery, TENCENT_EVENT, TRTC_EVENT, ZEGO_EVENT},
    inbox, nesting, questions,
    receivers::{self, TENCENT_APP, TRTC_APP, ZEGO_APP},
    server::serve_while,
    tenants,
};

/// Sends every case to a framework in every way that its adapter supports.
#[must_use]
pub fn run<D: Driver>() -> ExitCode {
    let trials = Case::all().into_iter().flat_map(|case| {
        let ways = D::WAYS.iter().chain(&[Way::Shared]).filter(|&&way| case.is_sent(way));
        ways.map(|&way| trial::<D>(&case, way)).collect::<Vec<_>>()
    });
    let nesting = [ProviderName::Zego, ProviderName::Tencent, ProviderName::Trtc].map(|provider| {
        let name = format!("{}, Hooks, {provider:?}: the nesting table", D::NAME);
        let trial = Trial::test(name, move || {
            play_nesting::<D>(provider);
            Ok(())
        });
        // Timing is meaningful only in a release build.
        trial.with_ignored_flag(cfg!(debug_assertions))
    });
    libtest_mimic::run(
        &Arguments::from_args(),
        trials
            .chain(nesting)
            .chain(inbox::trials::<D>())
            .chain(questions::trials::<D>())
            .chain(tenants::trials::<D>())
            .collect(),
    )
    .exit_code()
}

/// Sends the cases for events, duplicates and questions to hooks behind a program that verifies
/// deliveries and forwards them. The program has the secrets and defaults of the standard
/// receivers, so cases with other receivers are left out.
#[must_use]
pub fn run_behind_proxy<D: Driver>() -> ExitCode {
    let cases = Case::all().into_iter();
    let cases = cases.filter(|case| case.receiver == Setup::Standard && case.is_sent(Way::Hooks));
    let trials = cases.map(|case| trial::<D>(&case, Way::Hooks)).chain(questions::trials::<D>());
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn trial<D: Driver>(case: &Case, way: Way) -> Trial {
    let case = case.clone();
    let name = format!("{}, {way:?}, {:?}: {}", D::NAME, case.provider, case.name);
    Trial::test(name, move || {
        play::<D>(&case, way);
        Ok(())
    })
}

fn play_nesting<D: Driver>(provider: ProviderName) {
    match provider {
        ProviderName::Zego => {
            nest::<D, zego::Event>(provider, receivers::zego(Setup::Standard));
        }
        ProviderName::Tencent => {
            nest::<D, tencent::Event>(provider, receivers::tencent(Setup::Standard));
        }
        ProviderName::Trtc => {
            nest::<D, trtc::Event>(provider, receivers::trtc(Setup::Standard));
        }
    }
}

fn nest<D, All>(provider: ProviderName, receiver: Receiver<All::Provider>)
where
    D: Driver,
    All: RoomEvent + Serialize,
{
    let receiver = receiver.with_body_limit(nesting::BODY_LIMIT);
    serve::<D, All, All>(Way::Hooks, receiver, Handler::Returns, |address, reports| {
        nesting::check(provider, |signed| {
            let SignedDelivery { query, headers, body, .. } = signed;
            let request = Request { path: "/", method: "POST", query, headers, body };
            let responses = client::send(address, &request, Transport::Whole).unwrap();
            // Free the memory of the large reports.
            reports.try_iter().for_each(drop);
            responses[0].status
        });
    });
}

fn play<D: Driver>(case: &Case, way: Way) {
    match case.provider {
        ProviderName::Tencent if way == Way::Shared => {
            play_shared::<D>(
                case,
                receivers::tencent(case.receiver),
                receivers::trtc(Setup::Standard),
            );
        }
        ProviderName::Trtc if way == Way::Shared => {
            play_shared::<D>(
                case,
                receivers::tencent(Setup::Standard),
                receivers::trtc(case.receiver),
            );
        }
        ProviderName::Zego => {
            let receiver = receivers::zego(case.receiver);
            play_to::<D, zego::Event, RoomCreated>(case, way, receiver);
        }
        ProviderName::Tencent => {
            let receiver = receivers::tencent(case.receiver);
            play_to::<D, tencent::Event, RoomInfoUpdated>(case, way, receiver);
        }
        ProviderName::Trtc => {
            let receiver = receivers::trtc(case.receiver);
            play_to::<D, trtc::Event, trtc::UserEntered>(case, way, receiver);
        }
    }
}

fn play_to<D, All, One>(case: &Case, way: Way, receiver: Receiver<All::Provider>)
where
    D: Driver,
    All: RoomEvent + Serialize,
    One: RoomEvent<Provider = All::Provider> + Serialize,
{
    serve::<D, All, One>(way, receiver, case.handler, |address, reports| {
        check(case, way, address, reports);
    });
}

fn play_shared<D: Driver>(case: &Case, tencent: Receiver<Tencent>, trtc: Receiver<Trtc>) {
    let serve = |listener, seen: Seen, stopped| {
        let tencent = seen.clone().hooks::<tencent::Event>(tencent);
        D::serve_tencent(listener, tencent, seen.hooks::<trtc::Event>(trtc), stopped);
    };
    run_server(case.handler, serve, |address, reports| check(case, Way::Hooks, address, reports));
}

/// Serves one way into a handler while `use_it` runs.
fn serve<D, All, One>(
    way: Way,
    receiver: Receiver<All::Provider>,
    handler: Handler,
    use_it: impl FnOnce(SocketAddr, &Reports<Value>),
) where
    D: Driver,
    All: RoomEvent + Serialize,
    One: RoomEvent<Provider = All::Provider> + Serialize,
{
    let serve = move |listener, seen, stopped| match way {
        Way::Extractor => D::serve::<All>(listener, Mount::Extractor, receiver, seen, stopped),
        Way::OneKind => D::serve::<One>(listener, Mount::Extractor, receiver, seen, stopped),
        Way::Guard => D::serve::<All>(listener, Mount::Guard, receiver, seen, stopped),
        Way::GuardAndExtractor => {
            D::serve::<All>(listener, Mount::GuardAndExtractor, receiver, seen, stopped);
        }
        Way::Hooks => D::serve_hooks(listener, seen.hooks::<All>(receiver), false, stopped),
        Way::Consumed => D::serve_hooks(listener, seen.hooks::<All>(receiver), true, stopped),
        Way::Shared => unreachable!("it has its own server"),
    };
    run_server(handler, serve, use_it);
}

/// Runs a server of events while `use_it` runs.
fn run_server(
    handler: Handler,
    serve: impl FnOnce(TcpListener, Seen, oneshot::Receiver<()>) + Send + 'static,
    use_it: impl FnOnce(SocketAddr, &Reports<Value>),
) {
    let (sender, reports) = mpsc::channel();
    let seen = Seen { reports: sender, handler };
    serve_while(
        move |listener, stopped| serve(listener, seen, stopped),
        |address| {
            use_it(address, &reports);
        },
    );
}

/// Sends all deliveries of a case, some while the previous one is being handled.
fn check(case: &Case, way: Way, address: SocketAddr, reports: &Reports<Value>) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    thread::scope(|scope| {
        let mut sending = scope.spawn(move || send(case, way, address, now));
        let mut before = case.clone();
        for then in &case.then {
            check_handler(&before, way, now, reports);
            if let Some(pause) = then.after {
                sending.join().unwrap();
                thread::sleep(Duration::from_millis(pause));
                sending = scope.spawn(|| ());
            }
            before = case.then(then);
            send(&before, way, address, now);
        }
        check_handler(&before, way, now, reports);
        sending.join().unwrap();
    });
    // Without a response to wait for, another call could still arrive.
    let grace = if case.status == 0 { 200 } else { 0 };
    let more = reports.recv_timeout(Duration::from_millis(grace));
    assert!(more.is_err(), "the handler was called too often: {more:?}");
}

/// Sends one delivery and checks the response.
fn send(case: &Case, way: Way, address: SocketAddr, now: u64) {
    let delivery = Delivery::of(case, now);
    let request = Request {
        path: &case.path,
        method: &case.method,
        query: &delivery.query,
        headers: &delivery.headers,
        body: &delivery.body,
    };
    let responses = client::send(address, &request, case.transport).unwrap();
    assert_eq!(responses.len(), answers(case), "{responses:?}");
    responses.iter().for_each(|response| check_answer(case, way, response));
}

fn answers(case: &Case) -> usize {
    match case.transport {
        Transport::BrokenOff | Transport::HungUp => 0,
        Transport::Pipelined => 2,
        _ => 1,
    }
}

/// Checks the handler's calls. `Hooks` handles two equal pipelined deliveries once.
fn check_handler(case: &Case, way: Way, now: u64, reports: &Reports<Value>) {
    if !case.is_handled() || (way == Way::OneKind && !case.is_one_kind()) {
        return;
    }
    let calls = if way == Way::Hooks { 1 } else { answers(case).max(1) };
    for _ in 0..calls {
        let report = reports.recv_timeout(Duration::from_secs(60)).expect("the handler is called");
        match way {
            Way::Guard => assert_eq!(report["body_bytes"], Delivery::of(case, now).body.len()),
            _ => check_event(case, &report),
        }
    }
}

fn check_answer(case: &Case, way: Way, response: &Response) {
    // Of two deliveries at once, one is handled; the other receives 503 while that is in progress.
    let in_progress = way == Way::Hooks && case.transport == Transport::Pipelined;
    let status = if in_progress && response.status == 503 { 503 } else { case.status };
    assert_eq!(response.status, status, "{response:?}");
    // The response is the framework's own, because the path has no route.
    if status == 404 {
        return;
    }
    let allow = (case.status == 405).then_some("POST");
    assert_eq!(response.header("allow"), allow);
    assert_eq!(response.header("retry-after").is_some(), status == 503);
    match case.provider {
        ProviderName::Zego => assert_eq!(response.body, ""),
        ProviderName::Tencent => {
            assert_eq!(response.header("content-type"), Some("application/json"));
            let body = match status {
                200 => r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#,
                500 | 503 => r#"{"ActionStatus":"FAIL","ErrorInfo":"failed","ErrorCode":1}"#,
                _ => r#"{"ActionStatus":"FAIL","ErrorInfo":"refused","ErrorCode":1}"#,
            };
            assert_eq!(response.body, body);
        }
        ProviderName::Trtc => {
            assert_eq!(response.header("content-type"), Some("application/json"));
            let code = u32::from(status != 200);
            assert_eq!(response.body, format!(r#"{{"code":{code}}}"#));
            assert!(format!("{response:?}").len() <= 2000);
        }
    }
}

fn check_event(case: &Case, report: &Value) {
    let (event, app_id) = match case.provider {
        ProviderName::Zego => (ZEGO_EVENT, ZEGO_APP),
        ProviderName::Tencent => (TENCENT_EVENT, TENCENT_APP),
        ProviderName::Trtc => (TRTC_EVENT, TRTC_APP),
    };
    assert_eq!(report["event"], case.event.as_deref().unwrap_or(event));
    assert_eq!(report["app_id"], case.app_id.unwrap_or(app_id));
    assert_eq!(
        report["room_id"].as_str().unwrap_or(""),
        case.room_id.as_deref().unwrap_or("lobby")
    );
    assert_eq!(report["kind"] != "raw", case.typed);
    if !case.nested.is_empty() {
        return; // Too deep for serde_json.
    }
    let data: Value = serde_json::from_str(report["data"].as_str().unwrap()).unwrap();
    for (name, value) in &case.data {
        assert_eq!(&data[name], value, "{name}");
    }
    if let Some(typed) = &case.typed_as {
        assert_eq!(&data, typed);
    }
}
