-- Remote sources: what is asked of them, how far a listing came, and when to ask again.
-- depends: 0002_models

-- One listing of a source: of all it has (full), or of what was published lately (new). Only a complete full round
-- says that a posting which it did not list is missing.
CREATE TABLE source_rounds (
    round_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source       text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('full', 'new')),
    day          date NOT NULL,                 -- the partition that it was fetched into
    started_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,                   -- null: open, and resumed by the next run
    complete     boolean NOT NULL DEFAULT false,
    listed       integer NOT NULL DEFAULT 0,    -- distinct postings
    new          integer NOT NULL DEFAULT 0,
    changed      integer NOT NULL DEFAULT 0,
    gone         integer NOT NULL DEFAULT 0,    -- listed, but the detail is not there (404)
    failed       integer NOT NULL DEFAULT 0,
    error        text
);
CREATE INDEX source_rounds_source ON source_rounds (source, started_at);

-- Pages of an open round that are in: a killed run goes on after them.
CREATE TABLE source_pages (
    round_id     bigint NOT NULL REFERENCES source_rounds ON DELETE CASCADE,
    page         text NOT NULL,                 -- what was asked
    search       text NOT NULL,                 -- the configured search that it is part of
    hits         integer NOT NULL,
    total        integer,                       -- what there is, by the answer; null: it does not say
    facets       jsonb NOT NULL DEFAULT '{}',   -- of a result set that was too large: what it was parted by
    external_ids text[] NOT NULL,
    listed_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (round_id, page)
);

-- Hits of an open round whose detail is wanted, because they are new or changed.
CREATE TABLE source_hits (
    round_id     bigint NOT NULL REFERENCES source_rounds ON DELETE CASCADE,
    external_id  text NOT NULL,
    mark         bytea NOT NULL,                -- of the hit: an unchanged one needs no detail
    hit          jsonb NOT NULL,
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'gone', 'failed')),
    PRIMARY KEY (round_id, external_id)
);

-- Hits that no posting came of: the detail is not there, or cannot be read. Not asked for again before its time, unless
-- the hit changes.
CREATE TABLE source_misses (
    source       text NOT NULL,
    external_id  text NOT NULL,
    mark         bytea NOT NULL,
    reason       text NOT NULL CHECK (reason IN ('gone', 'failed')),
    attempts     integer NOT NULL DEFAULT 1,
    missed_at    timestamptz NOT NULL,
    try_again_at timestamptz,                   -- null: not again
    PRIMARY KEY (source, external_id)
);

-- When each source is asked next: sooner while something comes, later when it is quiet or fails.
CREATE TABLE source_states (
    source           text PRIMARY KEY,
    polled_at        timestamptz,
    next_poll_at     timestamptz,
    interval_seconds double precision,
    failures         integer NOT NULL DEFAULT 0, -- in a row
    last_error       text,
    succeeded_at     timestamptz,
    silent_since     timestamptz                 -- first failure of the row; null while it answers
);

-- What Berufenet has said about each occupation, as far as the catalogue needs it.
CREATE TABLE berufenet_answers (
    berufenet_id integer PRIMARY KEY,
    answer       jsonb NOT NULL,
    validator    jsonb,                         -- ETag and Last-Modified
    asked_at     timestamptz NOT NULL
);

ALTER TABLE sightings ADD COLUMN mark bytea,     -- of the listing's hit
    ADD COLUMN validator jsonb,                  -- ETag and Last-Modified of its detail, where the source gives them
    ADD COLUMN last_round bigint,                -- the last round that listed it; null for files
    ADD COLUMN gone_at timestamptz;              -- its detail said that it is gone
