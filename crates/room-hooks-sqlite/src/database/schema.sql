CREATE TABLE room_hooks_events (
    -- The order of arrival.
    sequence INTEGER PRIMARY KEY,
    id BLOB,
    signature BLOB,
    -- How long the id and the signature are remembered, in milliseconds, and until when at least.
    retention INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    kind TEXT NOT NULL,
    format INTEGER NOT NULL,
    room TEXT,
    received_at INTEGER NOT NULL,
    -- The bytes that the event counts against the bound.
    size INTEGER NOT NULL,
    -- One of ready, leased, done and dead.
    state TEXT NOT NULL,
    -- When the event is due, or its lease ends. NULL once the event is done or dead.
    next_at INTEGER,
    worker INTEGER,
    -- Whether its worker runs nothing else.
    is_alone INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    finished_at INTEGER,
    error TEXT,
    -- The last column, so that SQLite can read the others without it.
    payload BLOB NOT NULL
) STRICT;

-- Unfinished events have partial indexes, which stay small while finished events accumulate.
CREATE INDEX room_hooks_events_due ON room_hooks_events (state, next_at, sequence, kind, format)
    WHERE next_at IS NOT NULL;
CREATE INDEX room_hooks_events_rooms ON room_hooks_events (room, sequence, kind, format)
    WHERE next_at IS NOT NULL;
CREATE INDEX room_hooks_events_finished ON room_hooks_events (state, finished_at)
    WHERE finished_at IS NOT NULL;
CREATE INDEX room_hooks_events_forgettable ON room_hooks_events (keep_until)
    WHERE state = 'done';

-- Digests that are remembered: ids of events, signatures with the ids that they belong to, and
-- deliveries with the tokens that claim them. A NULL in expires_at means that the key does not
-- expire.
CREATE TABLE room_hooks_keys (
    kind TEXT NOT NULL,
    key BLOB NOT NULL,
    owner BLOB,
    expires_at INTEGER,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
-- Older keys. A digest is in only one of the two tables.
CREATE TABLE room_hooks_old_keys (
    kind TEXT NOT NULL,
    key BLOB NOT NULL,
    owner BLOB,
    expires_at INTEGER,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- One row: the number of events in each state and of keys of each kind, and the time of the last
-- transaction.
CREATE TABLE room_hooks_totals (
    -- The last sequence. No sequence is used again, because it identifies attempts.
    sequence INTEGER NOT NULL,
    ready INTEGER NOT NULL,
    leased INTEGER NOT NULL,
    done INTEGER NOT NULL,
    dead INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    ids INTEGER NOT NULL,
    signatures INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    -- The number of those keys that are in room_hooks_keys.
    recent INTEGER NOT NULL,
    last_now INTEGER NOT NULL,
    -- How often the clock was set back.
    set_backs INTEGER NOT NULL
) STRICT;
INSERT INTO room_hooks_totals VALUES (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
