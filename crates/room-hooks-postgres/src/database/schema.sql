CREATE TABLE room_hooks.events (
    -- Order of arrival.
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    id bytea,
    signature bytea,
    -- How long the id and the signature are kept, and until when at least. All spans and times are
    -- in milliseconds.
    retention bigint NOT NULL,
    keep_until bigint NOT NULL,
    -- Collation "C" compares bytes. Other collations can change with an update of the operating
    -- system.
    kind text COLLATE "C" NOT NULL,
    format bigint NOT NULL,
    room text COLLATE "C",
    received_at bigint NOT NULL,
    -- Bytes that count toward the bound.
    size bigint NOT NULL,
    -- `waiting` (for a retry), `ready`, `leased`, `done` or `dead`.
    state text COLLATE "C" NOT NULL,
    -- Since when the event is ready, or until when it waits or is leased. NULL once it is done or
    -- dead.
    next_at bigint,
    worker bigint,
    -- Whether the worker runs nothing else.
    is_alone boolean NOT NULL DEFAULT false,
    attempts bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    crashes bigint NOT NULL DEFAULT 0,
    finished_at bigint,
    error text,
    payload bytea NOT NULL,
    -- Includes the size, so that counting does not read the table.
    PRIMARY KEY (sequence) INCLUDE (size)
)
-- Each event is updated at least twice, and claims skip the dead index entries until a vacuum
-- removes them.
WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);

-- Partial indexes of unfinished events stay small, however many events are done.
CREATE INDEX events_ready ON room_hooks.events (next_at, sequence) WHERE state = 'ready';
CREATE INDEX events_waiting ON room_hooks.events (next_at) WHERE state = 'waiting';
CREATE INDEX events_leased ON room_hooks.events (next_at, sequence) WHERE state = 'leased';
CREATE INDEX events_leased_rooms ON room_hooks.events (room) WHERE state = 'leased';
CREATE INDEX events_rooms ON room_hooks.events (room, sequence) WHERE next_at IS NOT NULL;
CREATE INDEX events_finished ON room_hooks.events (state, finished_at, sequence) WHERE finished_at IS NOT NULL;
CREATE INDEX events_forgettable ON room_hooks.events (keep_until, sequence) WHERE state = 'done';

-- Known ids and signatures. The key is `e` and the id of an event, or `s` and a signature whose
-- owner is an id. One table serves both, since most puts insert one of each. The ids of stored
-- events do not expire.
CREATE TABLE room_hooks.keys (
    key bytea PRIMARY KEY,
    owner bytea,
    expires_at bigint
);
CREATE INDEX keys_expiring ON room_hooks.keys (expires_at) WHERE expires_at IS NOT NULL;

-- Deliveries of `PostgresStore`: claimed by a token, or settled if the token is NULL.
CREATE TABLE room_hooks.deliveries (
    id bytea PRIMARY KEY,
    token bigint,
    expires_at bigint NOT NULL
);
CREATE INDEX deliveries_expiring ON room_hooks.deliveries (expires_at);
