//! The thread that a database's operations run on, in groups: one commit, and one fsync, for all that wait.

use std::{mem, path::PathBuf, sync::Arc, thread};

use rusqlite::Connection;
use tokio::sync::mpsc::Receiver;

use super::{
    connection,
    job::{Failure, Job},
    keys::{self, OPERATIONS_BETWEEN_SWEEPS},
    turn::{Turn, Watch},
};
use crate::clock::Clock;

/// How many operations are committed together at most.
const GROUP: usize = 256;

/// How often the thread lets others run to have a group as large as the last one.
const YIELDS: usize = 10;

pub(super) struct Writer {
    pub(super) path: PathBuf,
    /// `None` until its first use.
    pub(super) connection: Option<Connection>,
    pub(super) clock: Arc<Clock>,
    pub(super) watch: Watch,
}

type Jobs = Vec<Box<dyn Job>>;

impl Writer {
    /// Runs until all handles are dropped.
    pub(super) fn run(mut self, mut queue: Receiver<Box<dyn Job>>) {
        let (mut jobs, mut last) = (Jobs::new(), 0);
        while queue.blocking_recv_many(&mut jobs, GROUP) > 0 {
            // Those who were just answered are about to ask again. It takes them less time than an fsync.
            for _ in 0..YIELDS {
                if jobs.len() >= last {
                    break;
                }
                thread::yield_now();
                receive(&mut queue, &mut jobs);
            }
            last = jobs.len();
            self.serve(mem::take(&mut jobs), &mut queue);
        }
    }

    fn serve(&mut self, mut jobs: Jobs, queue: &mut Receiver<Box<dyn Job>>) {
        jobs.retain(|job| !job.is_abandoned());
        let connection = match self.connection.take().map_or_else(|| self.connect(), Ok) {
            Ok(connection) => connection,
            Err(failure) => return answer(jobs, Some(&failure)),
        };
        let (reads, writes): (Jobs, Jobs) = jobs.into_iter().partition(|job| job.is_read());
        for mut job in reads {
            let failure = self.read(&connection, &mut *job).err();
            job.answer(failure.as_ref());
        }
        if !writes.is_empty() {
            self.write(&connection, writes, queue);
        }
        self.connection = Some(connection);
    }

    fn connect(&self) -> Result<Connection, Failure> {
        Ok(connection::connect(&self.path)?)
    }

    fn read(&mut self, connection: &Connection, job: &mut dyn Job) -> Result<(), Failure> {
        let turn = self.watch.read(connection, &self.clock)?;
        self.watch.saw(&turn);
        job.run(&turn)
    }

    fn write(
        &mut self,
        connection: &Connection,
        mut jobs: Jobs,
        queue: &mut Receiver<Box<dyn Job>>,
    ) {
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            return answer(jobs, Some(&error.into()));
        }
        // This may have waited for the lock. Callers have gone, and others have come.
        receive(queue, &mut jobs);
        let failure = self.transact(connection, &mut jobs).err();
        if failure.is_some() && !connection.is_autocommit() {
            // If this fails, so does the next `BEGIN`, whose callers are told.
            let _ = connection.execute_batch("ROLLBACK");
        }
        answer(jobs, failure.as_ref());
    }

    fn transact(&mut self, connection: &Connection, jobs: &mut Jobs) -> Result<(), Failure> {
        let changes_before = changes(connection)?;
        let turn = self.watch.write(connection, &self.clock)?;
        for job in jobs.iter_mut().filter(|job| !job.is_abandoned()) {
            // Its own failure is its own answer.
            let _ = apart(connection, &turn, |turn| job.run(turn))?;
        }
        // A transaction that has changed nothing costs no fsync.
        if changes(connection)? != changes_before {
            self.sweep(connection, &turn, jobs.len())?;
            turn.totals().write(connection)?;
        }
        connection.execute_batch("COMMIT")?;
        self.watch.saw(&turn);
        Ok(())
    }

    /// Keeps the keys in order, now and then. Nothing depends on it, so it fails alone.
    fn sweep(
        &self,
        connection: &Connection,
        turn: &Turn<'_>,
        operations: usize,
    ) -> Result<(), Failure> {
        let operations = self.watch.operations.get() + operations;
        let is_time = operations >= OPERATIONS_BETWEEN_SWEEPS;
        self.watch.operations.set(if is_time { 0 } else { operations });
        if is_time && let Err(error) = apart(connection, turn, |turn| Ok(keys::sweep(turn)?))? {
            tracing::error!(%error, "what has expired cannot be removed");
        }
        Ok(())
    }
}

/// Runs a part of a transaction, which leaves nothing behind if it fails. The outer error is that of the whole, which
/// some errors, such as a full disk, may end.
fn apart(
    connection: &Connection,
    turn: &Turn<'_>,
    part: impl FnOnce(&Turn<'_>) -> Result<(), Failure>,
) -> Result<Result<(), Failure>, Failure> {
    let totals = turn.totals();
    turn.run("SAVEPOINT room_hooks")?;
    let result = part(turn);
    if let Err(failure) = &result {
        if connection.is_autocommit() {
            return Err(failure.clone());
        }
        turn.run("ROLLBACK TO room_hooks")?;
        turn.set_totals(totals);
    }
    turn.run("RELEASE room_hooks")?;
    Ok(result)
}

/// Takes what waits.
fn receive(queue: &mut Receiver<Box<dyn Job>>, jobs: &mut Jobs) {
    while jobs.len() < GROUP
        && let Ok(job) = queue.try_recv()
    {
        jobs.push(job);
    }
}

fn changes(connection: &Connection) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT total_changes()")?.query_row([], |row| row.get(0))
}

fn answer(jobs: Jobs, failure: Option<&Failure>) {
    for job in jobs {
        job.answer(failure);
    }
}
