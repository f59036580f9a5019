//! What has expired is removed, a part at a time, by those who add more.

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

/// More at once than can come in that time, and few enough to be quick.
const BATCH: i64 = 5000;

/// When this process is to sweep.
#[derive(Debug)]
pub(crate) struct Sweeps(Mutex<Instant>);

impl Default for Sweeps {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl Sweeps {
    /// Whether it is time. Then the caller does so, and no other is told.
    pub(crate) fn is_due(&self) -> bool {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = *next <= Instant::now();
        if is_due {
            *next = Instant::now() + PERIOD;
        }
        is_due
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

pub(crate) async fn sweep(pool: &Pool, statements: &[&str]) -> Result<(), Failure> {
    let mut connection = pool.connection().await?;
    for statement in statements {
        connection.query(statement, &[&pool.clock().offset(), &BATCH]).await?;
    }
    Ok(())
}
