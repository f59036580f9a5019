//! Request loggers set up as in `docs/recipes.md`: they log the path but not the query, which
//! contains Tencent's signature.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::SystemTime,
};

use axum::{Router, body::Body, http::Request};
use room_hooks_axum::{Hooks, handler, tencent::Tencent, testing::SignedDelivery};
use serde_json::json;
use tower::ServiceExt;
use tower_http::trace::TraceLayer;
use tracing::Level;
use tracing_subscriber::fmt::format::FmtSpan;

const RECIPES: &str = include_str!("../../docs/recipes.md");

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn tencent() -> Tencent {
    Tencent::new(1, "token").unwrap()
}

fn signed() -> SignedDelivery {
    let left = json!({"CallbackCommand": "Room.CallbackAfterMemberLeave", "RoomId": "lobby"});
    tencent().sign(&left, SystemTime::now()).unwrap()
}

fn signature(query: &str) -> &str {
    query.split('&').find_map(|parameter| parameter.strip_prefix("Sign=")).unwrap()
}

/// Sends a request to an app behind a layer. Returns the log and the request's signature.
fn traced(add_layer: impl FnOnce(Router) -> Router) -> (String, String) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let signed = signed();
    let uri = format!("/hooks/tencent?{}", signed.query);
    tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = Router::new().route("/hooks/tencent", handler(Hooks::new(tencent())));
            let request = Request::post(uri).body(Body::from(signed.body)).unwrap();
            assert_eq!(add_layer(app).oneshot(request).await.unwrap().status(), 200);
        });
    });
    (log.text(), signature(&signed.query).to_owned())
}

#[test]
fn a_trace_layer_writes_the_path_and_not_the_query() {
    let (log, signature) = traced(|app| {
        app.layer(TraceLayer::new_for_http().make_span_with(|request: &Request<Body>| {
            tracing::info_span!("request", method = %request.method(), path = request.uri().path())
        }))
    });
    assert!(log.contains("path=\"/hooks/tencent\""), "{log}");
    assert!(!log.contains(&signature) && !log.contains("Sign="), "{log}");
    // Without the recipe, the layer logs the signature.
    let (log, signature) = traced(|app| app.layer(TraceLayer::new_for_http()));
    assert!(log.contains(&signature), "{log}");
    assert!(RECIPES.contains(
        "tracing::info_span!(\"request\", method = %request.method(), path = request.uri().path())"
    ));
}

/// Captures the output of actix-web's `Logger`, which uses the `log` crate.
struct LogCrate(Log);

impl log::Log for LogCrate {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        writeln!(self.0.clone(), "{}", record.args()).unwrap();
    }

    fn flush(&self) {}
}

#[test]
fn the_logger_of_actix_writes_the_path_and_not_the_query() {
    use actix_web::{App, middleware::Logger, test};
    use room_hooks_actix::{Hooks, resource};

    /// The recipe's format.
    const FORMAT: &str = "%a %U %s %b %T";

    let log = Log::default();
    log::set_boxed_logger(Box::new(LogCrate(log.clone()))).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let receive = |logger: Logger| {
        let signed = signed();
        let uri = format!("/hooks/tencent?{}", signed.query);
        let request = test::TestRequest::post().uri(&uri).set_payload(signed.body);
        let app =
            App::new().wrap(logger).service(resource("/hooks/tencent", Hooks::new(tencent())));
        actix_web::rt::System::new().block_on(async {
            let app = test::init_service(app).await;
            let response = test::call_service(&app, request.to_request()).await;
            assert_eq!(response.status(), 200);
            // The logger writes after the body has been sent.
            test::read_body(response).await;
        });
        signature(&signed.query).to_owned()
    };
    let signature = receive(Logger::new(FORMAT));
    let written = log.text();
    assert!(written.contains("/hooks/tencent 200"), "{written}");
    assert!(!written.contains(&signature) && !written.contains("Sign="), "{written}");
    let signature = receive(Logger::default());
    assert!(log.text().contains(&signature), "the default format includes the signature");
    assert!(RECIPES.contains(&format!("Logger::new(\"{FORMAT}\")")));
}
