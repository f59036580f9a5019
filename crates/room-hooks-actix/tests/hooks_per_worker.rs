//! The warning about hooks that every worker creates, and the cases in which it must not appear.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{App, HttpServer, test::init_service};
use room_hooks_actix::{Hooks, hooks::MemoryStore, resource, tencent::Tencent, zego::Zego};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn warnings(&self) -> usize {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        log.matches("each worker creates hooks with its own delivery store").count()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn hooks() -> Hooks<Zego> {
    Hooks::new(Zego::new(1, "secret").unwrap())
}

/// Runs a server until all its workers have called the closure.
async fn serve(workers: usize, hooks: impl Fn() -> Hooks<Zego> + Clone + Send + 'static) {
    let created = Arc::new(Mutex::new(0));
    let count = Arc::clone(&created);
    let app = move || {
        let app = App::new().service(resource("/hooks/zego", hooks()));
        *count.lock().unwrap() += 1;
        app
    };
    let server = HttpServer::new(app).workers(workers).disable_signals();
    let server = server.bind("127.0.0.1:0").unwrap().run();
    let handle = server.handle();
    let serving = tokio::task::spawn_local(server);
    while *created.lock().unwrap() < workers {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    handle.stop(true).await;
    serving.await.unwrap().unwrap();
}

/// One test, because the warning appears once per process.
#[test]
fn only_hooks_created_by_every_worker_cause_a_warning_and_only_once() {
    let log = Log::default();
    tracing_subscriber::fmt().with_writer(log.clone()).init();

    for _ in 0..3 {
        // Every test in a binary has its own thread and actix system. A tokio program has none.
        let test = std::thread::spawn(|| {
            let shared = hooks();
            actix_web::rt::System::new().block_on(async move {
                serve(3, move || shared.clone()).await;
                let store = MemoryStore::new();
                serve(3, move || hooks().with_store(store.clone())).await;
                serve(1, hooks).await;
                init_service(App::new().service(resource("/", hooks()))).await;
                init_service(App::new().service(resource("/", hooks()))).await;
            });
        });
        test.join().unwrap();
        let program = std::thread::spawn(|| {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            tokio::task::LocalSet::new().block_on(&runtime, serve(1, hooks));
        });
        program.join().unwrap();
    }
    // One worker creates hooks for two providers.
    actix_web::rt::System::new().block_on(serve(1, || {
        let _ = resource("/tencent", Hooks::new(Tencent::new(1, "token").unwrap()));
        hooks()
    }));
    assert_eq!(log.warnings(), 0);

    for _ in 0..2 {
        actix_web::rt::System::new().block_on(serve(3, hooks));
        assert_eq!(log.warnings(), 1);
    }
}
