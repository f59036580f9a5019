//! SQL fragments that statements share.

/// Begins a statement with `clock`, a row whose `now` is the database's time plus the offset `$1`,
/// in milliseconds. The time is the same everywhere in the statement.
///
/// Also makes the commit durable if the server's default is weaker. Doing so here saves a round
/// trip, and works behind a pooler that does not keep the settings of a session.
macro_rules! clock {
    ($($recursive:literal)?) => {
        concat!(
            "WITH ",
            $($recursive,)?
            " clock AS MATERIALIZED (
                SELECT floor(date_part('epoch', clock_timestamp()) * 1000)::bigint + $1::bigint AS now,
                    CASE WHEN current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')
                        THEN set_config('synchronous_commit', 'on', true) END) "
        )
    };
}

/// The time of [`clock`].
macro_rules! now {
    () => {
        " (SELECT now FROM clock) "
    };
}

pub(crate) use {clock, now};
