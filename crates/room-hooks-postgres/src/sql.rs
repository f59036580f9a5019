//! What statements have in common.

/// The time of a statement, in milliseconds, from the database's clock and an offset, `$1`. It is one time, wherever the
/// statement uses it. The commit waits until it is durable, whatever the server's default is.
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

/// What [`clock`] reads.
macro_rules! now {
    () => {
        " (SELECT now FROM clock) "
    };
}

pub(crate) use {clock, now};
