CREATE TABLE room_hooks_events (
    -- The order of arrival.
    sequence INTEGER PRIMARY KEY,
    id BLOB,
    signature BLOB,
    -- For how long id and signature are remembered, and until when it is, at least.
    retention INTEGER NOT NULL,
    keep_until INTEGER NOT NULL,
    kind TEXT NOT NULL,
    format INTEGER NOT NULL,
    room TEXT,
    received_at INTEGER NOT NULL,
    -- What it counts against the bound in bytes.
    size INTEGER NOT NULL,
    -- ready, leased, done or dead.
    state TEXT NOT NULL,
    -- When it is due, or its lease ends; NULL once it is finished.
    next_at INTEGER,
    worker INTEGER,
    -- Whether its worker runs nothing else.
    is_alone INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    finished_at INTEGER,
    error TEXT,
    -- Last, so that the rest is read without it.
    payload BLOB NOT NULL
) STRICT;

-- What is unfinished has indexes of its own, so that they stay small when much is done.
CREATE INDEX room_hooks_events_due ON room_hooks_events (state, next_at, sequence, kind, format)
    WHERE next_at IS NOT NULL;
CREATE INDEX room_hooks_events_rooms ON room_hooks_events (room, sequence, kind, format)
    WHERE next_at IS NOT NULL;
CREATE INDEX room_hooks_events_finished ON room_hooks_events (state, finished_at)
    WHERE finished_at IS NOT NULL;
CREATE INDEX room_hooks_events_forgettable ON room_hooks_events (keep_until)
    WHERE state = 'done';

-- What is remembered by a digest: ids of events, signatures with the ids that they belong to, and deliveries with the
-- tokens that claim them. What does not expire has NULL.
CREATE TABLE room_hooks_keys (
    kind TEXT NOT NULL,
    key BLOB NOT NULL,
    owner BLOB,
    expires_at INTEGER,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
-- The same, of those that are not new any more: a digest is in one of them.
CREATE TABLE room_hooks_old_keys (
    kind TEXT NOT NULL,
    key BLOB NOT NULL,
    owner BLOB,
    expires_at INTEGER,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- One row: how many there are of what, and the time of the last transaction.
CREATE TABLE room_hooks_totals (
    -- The last sequence. None is given twice, since an attempt is named by it.
    sequence INTEGER NOT NULL,
    ready INTEGER NOT NULL,
    leased INTEGER NOT NULL,
    done INTEGER NOT NULL,
    dead INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    ids INTEGER NOT NULL,
    signatures INTEGER NOT NULL,
    deliveries INTEGER NOT NULL,
    -- Those of the latter three that are new.
    recent INTEGER NOT NULL,
    last_now INTEGER NOT NULL,
    -- How often the clock was set back.
    set_backs INTEGER NOT NULL
) STRICT;
INSERT INTO room_hooks_totals VALUES (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
