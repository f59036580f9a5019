//! Unusual settings of a server, a database or a user.

use std::time::Duration;

use libtest_mimic::Trial;
use room_hooks::{
    inbox::{Ending, InboxStore, PutOutcome, Retention, WorkerId},
    testing::{acceptance, inbox_acceptance},
};
use room_hooks_postgres::{PostgresInbox, PostgresStore};

use crate::{chain, claim, event, in_room, request, with_postgres};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        with_postgres("functions_and_operators_in_public_are_not_called", search_path),
        with_postgres("a_publication_for_all_tables_does_not_stop_the_migration", publication),
        with_postgres("an_ordered_claim_needs_few_locks", max_locks_per_transaction),
        with_postgres("the_stores_work_with_unusual_settings", unusual_settings),
        with_postgres("errors_do_not_quote_user_data", errors_do_not_quote_data),
    ]
}

/// Otherwise, anyone who can create objects in `public` could run code with the rights of this
/// user.
async fn search_path() {
    let url = test_postgres::database().await;
    let trap = |name: &str, arguments: &str, returns: &str| {
        format!(
            "CREATE FUNCTION public.{name}({arguments}) RETURNS {returns} LANGUAGE plpgsql
                AS 'BEGIN RAISE EXCEPTION ''{name} in public was called''; END';"
        )
    };
    let mut sql = String::new();
    for (operator, left, right, returns) in [
        ("*", "double precision", "integer", "double precision"),
        ("*", "numeric", "integer", "numeric"),
        ("||", "text", "bigint", "text"),
        ("||", "text", "integer", "text"),
        ("||", "bytea", "text", "bytea"),
        ("-", "bigint", "integer", "bigint"),
        ("<=", "bigint", "numeric", "boolean"),
        ("=", "text", "name", "boolean"),
        ("=", "name", "varchar", "boolean"),
    ] {
        let name = format!("trap_{}", sql.len());
        sql += &trap(&name, &format!("{left}, {right}"), returns);
        sql += &format!(
            "CREATE OPERATOR public.{operator}
                (FUNCTION = public.{name}, LEFTARG = {left}, RIGHTARG = {right});"
        );
    }
    for (name, arguments, returns) in [
        ("pg_advisory_xact_lock", "text", "void"),
        ("pg_try_advisory_xact_lock", "text", "boolean"),
        ("hashtextextended", "text, integer", "bigint"),
        ("pg_notify", "varchar, varchar", "void"),
        ("set_config", "varchar, varchar, boolean", "text"),
        ("date_part", "varchar, timestamptz", "double precision"),
        ("floor", "integer", "double precision"),
        ("unnest", "text[], text[]", "text"),
    ] {
        sql += &trap(name, arguments, returns);
    }
    test_postgres::client(&url).await.batch_execute(&sql).await.unwrap();
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    for number in 0..2 {
        assert_eq!(inbox.put(in_room(number, "a")).await.unwrap(), PutOutcome::New);
    }
    let mut ordered = request(1, 1);
    ordered.is_ordered = true;
    ordered.max_crashes = 1;
    ordered.lease = Duration::from_secs(1);
    let claimed = claim(&inbox, &ordered).await;
    assert!(inbox.finish(claimed[0].attempt, Ending::Done).await.unwrap());
    // A crash, and a second one while the event runs alone.
    for worker in 1..4 {
        ordered.worker = WorkerId(worker);
        claim(&inbox, &ordered).await;
        inbox.advance_clock(Duration::from_secs(2));
    }
    let stats = inbox.stats().await.unwrap();
    assert_eq!((stats.done, stats.dead), (1, 1));
    let retention = Retention::new(Duration::ZERO, Duration::ZERO);
    assert_eq!(inbox.prune(retention, 10).await.unwrap(), 2);
}

/// PostgreSQL refuses `DELETE` from a published table without a primary key.
async fn publication() {
    let server = test_postgres::Server::start_with(&["wal_level=logical"]);
    let publish = "CREATE PUBLICATION everything FOR ALL TABLES";
    server.client().await.batch_execute(publish).await.unwrap();
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    assert_eq!(inbox.put(event(1)).await.unwrap(), PutOutcome::New);
}

/// All sessions of a server share a fixed number of locks. Here it is about 500.
async fn max_locks_per_transaction() {
    let server =
        test_postgres::Server::start_with(&["max_connections=10", "max_locks_per_transaction=10"]);
    let inbox = PostgresInbox::connect(&server.url()).await.unwrap();
    inbox.put(in_room(0, "a")).await.unwrap();
    let fill = "INSERT INTO room_hooks.events
            (retention, keep_until, kind, format, room, received_at, size, state, next_at, payload)
        SELECT 0, 0, kind, 1, 'room ' || number, 0, 0, state, next_at, payload
        FROM room_hooks.events, generate_series(1, 3000) AS number";
    server.client().await.batch_execute(fill).await.unwrap();
    let mut ordered = request(1, 1000);
    ordered.is_ordered = true;
    assert!(!claim(&inbox, &ordered).await.is_empty());
}

/// The server quotes a row that violates a constraint in the details of the error.
async fn errors_do_not_quote_data() {
    let url = test_postgres::database().await;
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    let constraint = "ALTER TABLE room_hooks.events ADD CHECK (room <> 'private')";
    test_postgres::client(&url).await.batch_execute(constraint).await.unwrap();
    let error = inbox.put(in_room(1, "private")).await.unwrap_err();
    let shown = format!("{error:?}: {}", chain(&error));
    assert!(shown.contains("violates check constraint"), "{shown}");
    assert!(!shown.contains("private"), "{shown}");
}

async fn unusual_settings() {
    let url = test_postgres::database().await;
    let client = test_postgres::client(&url).await;
    let database: String = client.query_one("SELECT current_database()", &[]).await.unwrap().get(0);
    for setting in [
        "array_nulls = off",
        "bytea_output = escape",
        "datestyle = 'German'",
        "default_transaction_deferrable = on",
        "idle_in_transaction_session_timeout = '1s'",
        "idle_session_timeout = '500ms'",
        "lock_timeout = '1s'",
        "plan_cache_mode = force_custom_plan",
        "row_security = off",
        "search_path = ''",
        "session_replication_role = replica",
        "standard_conforming_strings = off",
        "statement_timeout = '5s'",
        "synchronous_commit = local",
        "timezone = 'Asia/Kathmandu'",
        "transform_null_equals = on",
    ] {
        let alter = format!("ALTER DATABASE {database} SET {setting}");
        // Older servers lack some of these settings.
        let _ = client.batch_execute(&alter).await;
    }
    let inbox = PostgresInbox::connect(&url).await.unwrap();
    inbox_acceptance(&inbox, async |span| inbox.advance_clock(span)).await;
    let store = PostgresStore::connect(&url).await.unwrap();
    store.stop_clock();
    acceptance(&store, async |span| store.advance_clock(span)).await;
}
