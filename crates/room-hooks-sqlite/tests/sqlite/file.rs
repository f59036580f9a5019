use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use room_hooks_sqlite::SqliteInbox;
use rusqlite::Connection;

/// A database file in its own directory, which is removed when this is dropped.
pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn new() -> Self {
        static FILES: AtomicU32 = AtomicU32::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let directory =
            env::temp_dir().join(format!("room-hooks-sqlite-{}-{number}", process::id()));
        fs::create_dir(&directory).unwrap();
        Self(directory.join("rooms.db"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// An inbox in the file, with a stopped clock.
    pub(crate) fn inbox(&self) -> SqliteInbox {
        let inbox = SqliteInbox::open(&self.0).unwrap();
        inbox.stop_clock();
        inbox
    }

    /// A connection that bypasses the crate.
    pub(crate) fn connection(&self) -> Connection {
        Connection::open(&self.0).unwrap()
    }

    /// Moves the contents of the write-ahead log into the file, and truncates the log.
    pub(crate) fn checkpoint(&self) {
        let busy: i64 = self
            .connection()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .unwrap();
        assert_eq!(busy, 0);
    }

    /// Waits until the thread of the last handle, which was dropped, has closed the file.
    pub(crate) fn wait_until_closed(&self) {
        let begun = Instant::now();
        while self.0.with_extension("db-wal").exists() {
            assert!(begun.elapsed() < Duration::from_secs(10), "the file stays open");
            sleep(Duration::from_millis(1));
        }
    }

    /// Checks that all pages are intact and that the totals match the rows.
    pub(crate) fn check(&self) {
        let connection = self.connection();
        let check: String =
            connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        let differing: String = connection
            .query_row(
                "WITH keys AS (SELECT * FROM room_hooks_keys UNION ALL SELECT * FROM room_hooks_old_keys),
                 counted(name, number) AS (
                    SELECT 'ready', count(*) FROM room_hooks_events WHERE state = 'ready'
                    UNION ALL SELECT 'leased', count(*) FROM room_hooks_events WHERE state = 'leased'
                    UNION ALL SELECT 'done', count(*) FROM room_hooks_events WHERE state = 'done'
                    UNION ALL SELECT 'dead', count(*) FROM room_hooks_events WHERE state = 'dead'
                    UNION ALL SELECT 'bytes', ifnull(sum(size), 0) FROM room_hooks_events
                    UNION ALL SELECT 'ids', count(*) FROM keys WHERE kind = 'event'
                    UNION ALL SELECT 'signatures', count(*) FROM keys WHERE kind = 'signature'
                    UNION ALL SELECT 'deliveries', count(*) FROM keys WHERE kind = 'delivery'
                    UNION ALL SELECT 'recent', count(*) FROM room_hooks_keys),
                 kept(name, number) AS (
                    SELECT 'ready', ready FROM room_hooks_totals
                    UNION ALL SELECT 'leased', leased FROM room_hooks_totals
                    UNION ALL SELECT 'done', done FROM room_hooks_totals
                    UNION ALL SELECT 'dead', dead FROM room_hooks_totals
                    UNION ALL SELECT 'ids', ids FROM room_hooks_totals
                    UNION ALL SELECT 'bytes', bytes FROM room_hooks_totals
                    UNION ALL SELECT 'signatures', signatures FROM room_hooks_totals
                    UNION ALL SELECT 'deliveries', deliveries FROM room_hooks_totals
                    UNION ALL SELECT 'recent', recent FROM room_hooks_totals)
                 SELECT ifnull(group_concat(name || ': ' || counted.number || ', not ' || kept.number), '')
                 FROM counted JOIN kept USING (name) WHERE counted.number <> kept.number",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(differing, "");
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().unwrap());
    }
}
