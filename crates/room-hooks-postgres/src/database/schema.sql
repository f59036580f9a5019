CREATE TABLE room_hooks.events (
    -- The order of arrival.
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    id bytea,
    signature bytea,
    -- For how long id and signature are remembered, and until when it is, at least. All spans and times are in ms.
    retention bigint NOT NULL,
    keep_until bigint NOT NULL,
    -- Compared byte by byte: by the rules of a language, two names can be equal, or unequal after an update.
    kind text COLLATE "C" NOT NULL,
    format bigint NOT NULL,
    room text COLLATE "C",
    received_at bigint NOT NULL,
    -- What it counts against the bound in bytes.
    size bigint NOT NULL,
    -- waiting for its next attempt, ready, leased, done or dead.
    state text COLLATE "C" NOT NULL,
    -- Since when it is ready, when it becomes that, or when its lease ends; NULL once it is finished.
    next_at bigint,
    worker bigint,
    -- Whether its worker runs nothing else.
    is_alone boolean NOT NULL DEFAULT false,
    attempts bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0,
    crashes bigint NOT NULL DEFAULT 0,
    finished_at bigint,
    error text,
    payload bytea NOT NULL,
    -- The size, so that all are counted without reading the table.
    PRIMARY KEY (sequence) INCLUDE (size)
)
-- Each event is updated twice at least, and what is no longer ready must not stay in the way of what is.
WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);

-- What is unfinished has indexes of its own, so that they stay small when much is done.
CREATE INDEX events_ready ON room_hooks.events (next_at, sequence) WHERE state = 'ready';
CREATE INDEX events_waiting ON room_hooks.events (next_at) WHERE state = 'waiting';
CREATE INDEX events_leased ON room_hooks.events (next_at, sequence) WHERE state = 'leased';
CREATE INDEX events_leased_rooms ON room_hooks.events (room) WHERE state = 'leased';
CREATE INDEX events_rooms ON room_hooks.events (room, sequence) WHERE next_at IS NOT NULL;
CREATE INDEX events_finished ON room_hooks.events (state, finished_at, sequence) WHERE finished_at IS NOT NULL;
CREATE INDEX events_forgettable ON room_hooks.events (keep_until, sequence) WHERE state = 'done';

-- What is remembered of digests, in one table, since most puts bring one of each kind: `e` and the id of an event, and `s`
-- and a signature, with the id that it belongs to. The id of an event that is stored does not expire.
CREATE TABLE room_hooks.keys (
    key bytea PRIMARY KEY,
    owner bytea,
    expires_at bigint
);
CREATE INDEX keys_expiring ON room_hooks.keys (expires_at) WHERE expires_at IS NOT NULL;

-- Deliveries that are claimed, by a token, or settled.
CREATE TABLE room_hooks.deliveries (
    id bytea PRIMARY KEY,
    token bigint,
    expires_at bigint NOT NULL
);
CREATE INDEX deliveries_expiring ON room_hooks.deliveries (expires_at);
