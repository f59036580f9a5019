//! Errors when a database cannot be used. They never contain the password.

use std::{env, error::Error, process::Command};

use libtest_mimic::Trial;
use room_hooks::inbox::{InboxStore, PutOutcome};
use room_hooks_postgres::{ConnectError, Database, PostgresInbox, PostgresStore};
use test_postgres::{Server, unused_port};
use tokio::task::JoinSet;

use crate::{chain, event, unavailable, with_postgres, without_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        without_postgres("an_unreachable_server_is_reported", an_unreachable_server_is_reported),
        without_postgres("an_invalid_schema_name_is_rejected", an_invalid_schema_name_is_rejected),
        with_postgres("a_failed_login_is_reported", a_failed_login_is_reported),
        with_postgres("a_user_with_few_privileges", a_user_with_few_privileges),
        with_postgres("a_newer_schema_is_refused_unless_it_allows_this_version", a_newer_schema),
        with_postgres("a_database_in_another_encoding_is_refused", another_encoding),
        with_postgres("a_tool_creates_no_tables", a_tool_creates_no_tables),
        with_postgres("schemas_are_separate", schemas_are_separate),
        with_postgres(
            "several_processes_create_the_tables_at_once",
            several_processes_create_the_tables_at_once,
        ),
    ]
}

async fn an_unreachable_server_is_reported() {
    let url = format!("postgres://user:hunter2@127.0.0.1:{}/rooms", unused_port());
    let error = PostgresInbox::connect(&url).await.unwrap_err();
    assert!(matches!(error, ConnectError::Unusable(_)));
    assert!(told(&error).contains("refused"), "{}", told(&error));
    let error = PostgresStore::connect(&url).await.unwrap_err();
    assert!(told(&error).contains("refused"), "{}", told(&error));

    let database = Database::new(&url).unwrap();
    let inbox = PostgresInbox::connect_lazily(&database).unwrap();
    let reason = unavailable(inbox.put(event(1)).await);
    assert!(reason.contains("refused") && !reason.contains("hunter2"), "{reason}");
    let store = PostgresStore::connect_lazily(&database).unwrap();
    for shown in [format!("{database:?}"), format!("{inbox:?}"), format!("{store:?}")] {
        assert!(shown.contains("room_hooks") && !shown.contains("hunter2"), "{shown}");
    }

    for url in [
        "hunter2",
        "postgres://user:hunter2@:1:1",
        "http://:hunter2@127.0.0.1",
        "host=127.0.0.1 password=my hunter2 port=1",
        "host=127.0.0.1 hunter2=x",
        "postgres://127.0.0.1/?hunter2=1",
    ] {
        let error = PostgresInbox::connect(url).await.unwrap_err();
        assert!(matches!(error, ConnectError::InvalidUrl), "{url}: {error:?}");
        told(&error);
    }
    // Valid URLs that mean something else: the part after the slash is the database.
    for url in [format!("{url}?sslmode=require"), "postgres://user:1/hunter2@127.0.0.1".into()] {
        told(&PostgresInbox::connect(&url).await.unwrap_err());
    }
}

async fn an_invalid_schema_name_is_rejected() {
    let database = Database::new("postgres://127.0.0.1").unwrap();
    for schema in ["", "1st", "Rooms", "a b", "a\"b", "a;b", "é", &"a".repeat(64)] {
        let error = PostgresInbox::connect_lazily(&database.clone().with_schema(schema));
        assert!(matches!(error.unwrap_err(), ConnectError::InvalidSchema { .. }), "{schema}");
    }
}

async fn a_failed_login_is_reported() {
    let server = Server::start();
    server.allow("host all guarded all scram-sha-256");
    let client = server.client().await;
    client.batch_execute("CREATE ROLE guarded SUPERUSER LOGIN PASSWORD 'hunter2'").await.unwrap();
    let url =
        |password| format!("postgres://guarded:{password}@127.0.0.1:{}/postgres", server.port());
    let error = PostgresInbox::connect(&url("hunter2but")).await.unwrap_err();
    assert!(told(&error).contains("password authentication failed"), "{}", told(&error));
    let inbox = PostgresInbox::connect(&url("hunter2")).await.unwrap();
    inbox.put(event(1)).await.unwrap();
    assert!(!format!("{inbox:?}").contains("hunter2"));

    let missing = url("hunter2").replace("/postgres", "/missing").replace("missing:", "postgres:");
    let error = PostgresInbox::connect(&missing).await.unwrap_err();
    assert!(told(&error).contains("does not exist"), "{}", told(&error));
}

async fn a_user_with_few_privileges() {
    let url = test_postgres::database().await;
    let client = test_postgres::client(&url).await;
    client.batch_execute("CREATE ROLE limited LOGIN").await.unwrap();
    let limited = url.replace("postgres@", "limited@");
    let error = PostgresInbox::connect(&limited).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotAllowed { .. }), "{error:?}");
    assert!(told(&error).contains("permission denied"), "{}", told(&error));

    PostgresInbox::connect(&url).await.unwrap();
    let error = PostgresInbox::connect(&limited).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotAllowed { .. }), "{error:?}");
    client
        .batch_execute(
            "GRANT USAGE ON SCHEMA room_hooks TO limited;
             GRANT ALL ON ALL TABLES IN SCHEMA room_hooks TO limited;",
        )
        .await
        .unwrap();
    let inbox = PostgresInbox::connect(&limited).await.unwrap();
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::New);
    drop(inbox);
    client.batch_execute("DROP OWNED BY limited; DROP ROLE limited").await.unwrap();
}

async fn a_newer_schema() {
    let url = test_postgres::database().await;
    drop(PostgresInbox::connect(&url).await.unwrap());
    let client = test_postgres::client(&url).await;
    let set = async |version: i32, needed: i32| {
        let set = "UPDATE room_hooks.schema_version SET version = $1, needed = $2";
        client.execute(set, &[&version, &needed]).await.unwrap();
    };
    set(7, 1).await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::New);
    set(7, 6).await;
    let error = PostgresInbox::connect(&url).await.unwrap_err();
    assert!(matches!(error, ConnectError::NewerSchema { needed: 6, known: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("update the program"));
    // An inbox that connects lazily reports it at the first operation.
    let inbox = PostgresInbox::connect_lazily(&Database::new(&url).unwrap()).unwrap();
    let reason = unavailable(inbox.put(event(2)).await);
    assert!(reason.contains("update the program"), "{reason}");
}

async fn another_encoding() {
    let url = test_postgres::database().await;
    let client = test_postgres::client(&url).await;
    let create = "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0";
    client.batch_execute(create).await.unwrap();
    let (start, _) = url.rsplit_once('/').unwrap();
    let error = PostgresInbox::connect(&format!("{start}/ascii")).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotUtf8 { .. }), "{error:?}");
}

async fn a_tool_creates_no_tables() {
    let url = test_postgres::database().await;
    let database = Database::new(&url).unwrap();
    let error = PostgresInbox::connect_existing(&database).await.unwrap_err();
    assert!(matches!(error, ConnectError::NoInbox { .. }), "{error:?}");
    let client = test_postgres::client(&url).await;
    let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'room_hooks'";
    assert_eq!(client.query_one(schemas, &[]).await.unwrap().get::<_, i64>(0), 0);
    drop(PostgresInbox::connect(&url).await.unwrap());
    PostgresInbox::connect_existing(&database).await.unwrap();
}

async fn schemas_are_separate() {
    let url = test_postgres::database().await;
    let database = Database::new(&url).unwrap();
    let one = PostgresInbox::connect_with(&database).await.unwrap();
    let other = database.with_schema("_other_2");
    let other = PostgresInbox::connect_with(&other).await.unwrap();
    for inbox in [&one, &other] {
        assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::New);
        assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::Duplicate);
    }
    let both = test_postgres::client(&url).await;
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(both.query_one(tables, &[]).await.unwrap().get::<_, i64>(0), 0);
}

const CHILD_URL: &str = "ROOM_HOOKS_POSTGRES_CHILD_URL";

/// The URL of the database, if this process must only connect to it.
pub(crate) fn child_url() -> Option<String> {
    env::var(CHILD_URL).ok()
}

/// Connects and puts one event. The main function of a child process.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn connect_as_child(url: &str) {
    let inbox = PostgresInbox::connect(url).await.unwrap();
    let put = inbox.put(event(std::process::id().into())).await;
    assert_eq!(put.unwrap(), PutOutcome::New);
}

/// A service may be deployed on several machines at once.
async fn several_processes_create_the_tables_at_once() {
    let url = test_postgres::database().await;
    let start = || Command::new(env::current_exe().unwrap()).env(CHILD_URL, &url).spawn().unwrap();
    let mut children: Vec<_> = (0..6).map(|_| start()).collect();
    let mut connecting = JoinSet::new();
    for _ in 0..6 {
        let url = url.clone();
        connecting.spawn(async move { drop(PostgresInbox::connect(&url).await.unwrap()) });
    }
    connecting.join_all().await;
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    assert_eq!(inbox.stats().await.unwrap().ready, 6);
}

/// The full text of an error. Panics if it contains the password.
#[track_caller]
fn told(error: &(dyn Error + 'static)) -> String {
    let told = format!("{error:?}: {}", chain(error));
    assert!(!told.contains("hunter2"), "{told}");
    told
}
