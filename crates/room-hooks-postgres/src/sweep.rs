//! Removes expired rows in batches. Operations that add rows start a sweep.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    database::Pool,
    error::Failure,
    sql::{clock, now},
};

const PERIOD: Duration = Duration::from_secs(1);

/// The number of rows to delete at once: more than arrive in a period, but few enough to delete
/// quickly.
const BATCH: i64 = 5000;

/// The time of this process's next sweep.
#[derive(Debug)]
pub(crate) struct SweepSchedule(Mutex<Instant>);

impl Default for SweepSchedule {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl SweepSchedule {
    /// Runs [`KEYS`], [`DELIVERIES`] or both in the background, once per period.
    pub(crate) fn start_if_due(&self, pool: &Pool, statements: &'static [&'static str]) {
        let now = Instant::now();
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *next > now {
            return;
        }
        *next = now + PERIOD;
        let pool = pool.clone();
        tokio::spawn(async move {
            if let Err(failure) = pool.run(sweep(&pool, statements)).await {
                tracing::debug!(%failure, "could not remove expired rows");
            }
        });
    }
}

macro_rules! sweep {
    ($table:literal, $key:literal) => {
        concat!(
            clock!(),
            ", expired AS MATERIALIZED (
                SELECT ",
            $key,
            " FROM room_hooks.",
            $table,
            " WHERE expires_at <=",
            now!(),
            "ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
            DELETE FROM room_hooks.",
            $table,
            " AS row USING expired WHERE row.",
            $key,
            " = expired.",
            $key
        )
    };
}

pub(crate) const KEYS: &str = sweep!("keys", "key");
pub(crate) const DELIVERIES: &str = sweep!("deliveries", "id");

async fn sweep(pool: &Pool, statements: &[&str]) -> Result<(), Failure> {
    let mut connection = pool.connection().await?;
    for statement in statements {
        connection.query(statement, &[&pool.clock().offset(), &BATCH]).await?;
    }
    Ok(())
}
