//! Tenants at `/hooks/{tenant}/{provider}`, whose apps are looked up: a tenant's signature is valid
//! only at its own path.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, mpsc},
    time::SystemTime,
};

use libtest_mimic::Trial;
use room_hooks::{
    App, Hooks, Provider, Receiver, RequestData, Secrets, Verified, tencent::Tencent,
    testing::SignedDelivery, trtc::Trtc, zego::Zego,
};
use serde_json::{Value, json};

use crate::{
    case::Transport,
    client::{self, Request, Response},
    driver::Driver,
    server::serve_while,
};

/// Two tenants: the decoded path segment, app id and secret of each.
const TENANTS: [(&str, u64, &str); 2] =
    [("acme", 1, "acme's secret"), ("b e&a", 2, "bea's secret")];

pub(crate) fn trials<D: Driver>() -> Vec<Trial> {
    let trial = |name: &str, run: fn()| {
        Trial::test(format!("{}, tenants: {name}", D::NAME), move || {
            run();
            Ok(())
        })
    };
    vec![
        trial("ZEGO", zego::<D>),
        trial("Tencent", tencent::<D>),
        trial("TRTC", trtc::<D>),
        trial("Tencent's probe", probes::<D>),
        trial("request data", request_data::<D>),
    ]
}

/// The app of the tenant in the path.
fn app(request: &RequestData, secrets: &HashMap<&str, (u64, Arc<Secrets>)>) -> Option<App> {
    let (app_id, secrets) = secrets.get(request.get("tenant")?)?;
    Some(App::new(*app_id, Arc::clone(secrets)))
}

fn secrets() -> HashMap<&'static str, (u64, Arc<Secrets>)> {
    let secrets = |secret| Arc::new(Secrets::new(secret).unwrap());
    TENANTS.map(|(tenant, app_id, secret)| (tenant, (app_id, secrets(secret)))).into()
}

fn hooks<P: Provider>(provider: P) -> Hooks<P> {
    Hooks::new(Receiver::new(provider).with_request_data(|head, data| {
        data.insert("tenant", head.segment(1));
        data.insert("forwarded_for", head.header("X-Forwarded-For"));
        data.insert("authorization", head.header("Authorization"));
        data.insert("from", head.parameter("from"));
        data.insert("sign", head.parameter("Sign"));
        data.insert("peer", head.peer().map(|peer| peer.ip()));
    }))
}

fn post(address: SocketAddr, path: &str, signed: &SignedDelivery) -> Response {
    let SignedDelivery { query, headers, body, .. } = signed;
    let request = Request { path, method: "POST", query, headers, body };
    client::send(address, &request, Transport::Whole).unwrap().pop().unwrap()
}

/// Posts deliveries signed by each tenant to each path.
fn check<D: Driver, P: Provider>(provider: P, sign: impl Fn(u64, &str) -> SignedDelivery) {
    let (seen, handled) = mpsc::channel();
    let hooks = hooks(provider).fallback(move |verified: Verified<P::Event>| {
        seen.send(verified.app_id).unwrap();
        async {}
    });
    serve_while(
        |listener, stop| D::serve_tenants(listener, hooks, stop),
        |address| {
            for (path, app_id, secret, status) in [
                ("/hooks/acme/x", 1, "acme's secret", 200),
                ("/hooks/b%20e%26a/x", 2, "bea's secret", 200),
                // Signed by the other tenant, as itself and as this one.
                ("/hooks/acme/x", 2, "bea's secret", 401),
                ("/hooks/acme/x", 1, "bea's secret", 401),
                ("/hooks/b%20e%26a/x", 1, "acme's secret", 401),
                // An unknown tenant, and an unknown app.
                ("/hooks/unknown/x", 1, "acme's secret", 401),
                ("/hooks/acme/x", 3, "acme's secret", 401),
            ] {
                let response = post(address, path, &sign(app_id, secret));
                assert_eq!(response.status, status, "{path} {app_id} {secret}");
            }
        },
    );
    assert_eq!(handled.iter().collect::<Vec<_>>(), [1, 2]);
}

fn zego<D: Driver>() {
    let secrets = secrets();
    check::<D, _>(
        Zego::with_lookup(move |claimant| app(claimant.request, &secrets)),
        |id, secret| {
            let created = json!({"event": "room_create", "room_id": secret});
            Zego::new(id, secret).unwrap().sign(&created, SystemTime::now()).unwrap()
        },
    );
}

fn tencent<D: Driver>() {
    let secrets = secrets();
    let tencent = Tencent::with_lookup(move |claimant| app(claimant.request, &secrets));
    check::<D, _>(tencent, |id, token| {
        let left = json!({"CallbackCommand": "Room.CallbackAfterMemberLeave", "RoomId": "lobby"});
        Tencent::new(id, token).unwrap().sign(&left, SystemTime::now()).unwrap()
    });
}

fn trtc<D: Driver>() {
    let secrets = secrets();
    check::<D, _>(Trtc::with_lookup(move |claimant| app(claimant.request, &secrets)), |id, key| {
        let entered = json!({"EventType": 103, "EventInfo": {"RoomId": "lobby", "UserId": "ada"}});
        Trtc::new(id, key).unwrap().sign(&entered, SystemTime::now()).unwrap()
    });
}

/// A console's probe may name no app. The path then identifies it.
fn probes<D: Driver>() {
    let secrets = secrets();
    let hooks = hooks(Tencent::with_lookup(move |claimant| app(claimant.request, &secrets)));
    let probe = |token: &str| {
        let mut probe =
            Tencent::new(1, token).unwrap().sign(&json!({}), SystemTime::now()).unwrap();
        let parameters = probe.query.split('&').filter(|parameter| {
            parameter.starts_with("Sign=") || parameter.starts_with("RequestTime=")
        });
        probe.query = parameters.collect::<Vec<_>>().join("&");
        probe.body = b"{}".to_vec();
        probe
    };
    serve_while(
        |listener, stop| D::serve_tenants(listener, hooks, stop),
        |address| {
            for (path, token, status) in [
                ("/hooks/acme/tencent", "acme's secret", 200),
                ("/hooks/b%20e%26a/tencent", "bea's secret", 200),
                ("/hooks/acme/tencent", "bea's secret", 401),
                ("/hooks/unknown/tencent", "acme's secret", 401),
            ] {
                assert_eq!(post(address, path, &probe(token)).status, status, "{path} {token}");
            }
        },
    );
}

/// Request data is the same in each framework, and contains no signature or credential.
fn request_data<D: Driver>() {
    let (seen, handled) = mpsc::channel();
    let tencent = Tencent::new(1, "token").unwrap();
    let hooks = hooks(tencent.clone()).fallback(move |verified| {
        let data: HashMap<_, _> = verified.request.iter().collect();
        seen.send(json!(data)).unwrap();
        async {}
    });
    let left = json!({"CallbackCommand": "Room.CallbackAfterMemberLeave", "RoomId": "lobby"});
    let mut signed = tencent.sign(&left, SystemTime::now()).unwrap();
    signed.query.push_str("&from=the%20proxy");
    signed.headers = [("X-Forwarded-For", "192.0.2.7"), ("Authorization", "Bearer 5ec2e7")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    serve_while(
        |listener, stop| D::serve_tenants(listener, hooks, stop),
        |address| assert_eq!(post(address, "/hooks/b%20e%26a/tencent", &signed).status, 200),
    );
    let data: Value = handled.recv().unwrap();
    let expected = json!({
        "tenant": "b e&a", "forwarded_for": "192.0.2.7", "from": "the proxy", "peer": "127.0.0.1",
    });
    assert_eq!(data, expected);
}
