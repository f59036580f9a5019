//! The thread that runs a database's operations in groups: all that wait share one commit and one
//! fsync.

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

/// The largest number of operations that are committed together.
const GROUP: usize = 256;

/// How often the thread yields while the group is smaller than the last one.
const YIELDS: usize = 10;

pub(super) struct Writer {
    pub(super) path: PathBuf,
    /// `None` until the first operation, if the handle connects lazily.
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
            // The callers that were just answered often send another operation, in less time than
            // an fsync takes.
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
        // `BEGIN` may have waited for the lock. Meanwhile, callers may have given up and others
        // arrived.
        receive(queue, &mut jobs);
        let failure = self.transact(connection, &mut jobs).err();
        if failure.is_some() && !connection.is_autocommit() {
            // If this fails, the next `BEGIN` fails, too, and reports it to its callers.
            let _ = connection.execute_batch("ROLLBACK");
        }
        answer(jobs, failure.as_ref());
    }

    fn transact(&mut self, connection: &Connection, jobs: &mut Jobs) -> Result<(), Failure> {
        let changes_before = changes(connection)?;
        let turn = self.watch.write(connection, &self.clock)?;
        for job in jobs.iter_mut().filter(|job| !job.is_abandoned()) {
            // The job keeps its own failure as its result.
            let _ = apart(connection, &turn, |turn| job.run(turn))?;
        }
        // Without a change, the commit needs no fsync.
        if changes(connection)? != changes_before {
            self.sweep(connection, &turn, jobs.len())?;
            turn.totals().write(connection)?;
        }
        connection.execute_batch("COMMIT")?;
        self.watch.saw(&turn);
        Ok(())
    }

    /// Sweeps the keys from time to time. The jobs do not depend on it, so a failure is only
    /// logged.
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
            tracing::error!(%error, "failed to remove expired keys");
        }
        Ok(())
    }
}

/// Runs a part of a transaction in a savepoint, and undoes it if it fails. The outer result is an
/// error if the whole transaction has failed, since some errors, such as a full disk, may end it.
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

/// Takes the jobs that wait, up to the size of a group.
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
