-- Batches of candidates: files, batches and their requests, as OpenAI's Batch API has them, and what their execution
-- needs beyond it.
-- depends: 0016_notices

-- Batches keep models busy for hours: not everybody who signs up may start one.
ALTER TABLE accounts ADD COLUMN is_recruiter boolean NOT NULL DEFAULT false;

CREATE TABLE api_files (
    file_id     text PRIMARY KEY,               -- "file-" and 24 letters and digits
    account_id  uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    purpose     text NOT NULL CHECK (purpose IN ('batch', 'batch_output', 'user_data')),
    filename    text NOT NULL,
    bytes       bigint NOT NULL DEFAULT 0,
    is_complete boolean NOT NULL DEFAULT false, -- false: its upload is under way, or was broken off
    of_batch    text,                           -- whose results it is, which it has no parts for; null: uploaded
    is_error    boolean NOT NULL DEFAULT false, -- which of them
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz
);
CREATE INDEX api_files_of_account ON api_files (account_id, created_at DESC, file_id DESC);
CREATE INDEX api_files_of_batch ON api_files (of_batch) WHERE of_batch IS NOT NULL;
CREATE INDEX api_files_expiry ON api_files (expires_at) WHERE expires_at IS NOT NULL;

-- An uploaded file in parts of one size, but for its last: a place in the file is found by division. Output files have
-- none: what they contain is their batch's results.
CREATE TABLE api_file_parts (
    file_id     text NOT NULL REFERENCES api_files ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    content     bytea NOT NULL,
    PRIMARY KEY (file_id, ordinal)
);
-- Compressing takes most of an upload's time, and finds little: what repeats itself lies further apart than it looks.
ALTER TABLE api_file_parts ALTER content SET STORAGE EXTERNAL;

-- What many candidates are judged by; kept for the page, which offers it again.
CREATE TABLE rubrics (
    rubric_id   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id  uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name        text NOT NULL,
    content     text NOT NULL,                  -- YAML
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name)
);

CREATE TABLE batches (
    batch_id          text PRIMARY KEY,         -- "batch_" and 32 hexadecimal digits
    account_id        uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    endpoint          text NOT NULL,
    input_file_id     text NOT NULL,            -- no foreign key: a file may be deleted before its batch
    completion_window text NOT NULL,
    metadata          jsonb,
    rubric            text,                     -- YAML, where the page or `ty batch` made the batch from one
    priority          smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN -1 AND 1),
    status            text NOT NULL DEFAULT 'validating' CHECK (status IN (
                          'validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling',
                          'cancelled')),
    paused_at         timestamptz,              -- requests wait until it is resumed; the status stays
    errors            jsonb,                    -- of the validation: [{code, message, param, line}]
    model             text,                     -- of all requests; known once validated
    output_file_id    text,
    error_file_id     text,
    output_expires_seconds integer,             -- after the output file is complete; null: as uploaded files do
    total             integer NOT NULL DEFAULT 0,
    completed         integer NOT NULL DEFAULT 0,
    failed            integer NOT NULL DEFAULT 0,
    prompt_tokens     bigint NOT NULL DEFAULT 0,
    cached_tokens     bigint NOT NULL DEFAULT 0, -- of the prompt tokens, as the server reports them
    output_tokens     bigint NOT NULL DEFAULT 0,
    cached_known      boolean NOT NULL DEFAULT false, -- whether the server reports them at all
    model_seconds     double precision NOT NULL DEFAULT 0, -- sum over requests
    pace_at           timestamptz,              -- what the shown rate is made of: when so many were done
    pace_done         integer NOT NULL DEFAULT 0,
    pace_rate         double precision,         -- requests a second, of the last minutes
    created_at        timestamptz NOT NULL DEFAULT now(),
    expires_at        timestamptz NOT NULL,
    in_progress_at    timestamptz,
    finalizing_at     timestamptz,
    completed_at      timestamptz,
    failed_at         timestamptz,
    expired_at        timestamptz,
    cancelling_at     timestamptz,
    cancelled_at      timestamptz
);
CREATE INDEX batches_of_account ON batches (account_id, created_at DESC, batch_id DESC);
CREATE INDEX batches_unfinished ON batches (priority DESC, created_at)
    WHERE status IN ('validating', 'in_progress', 'finalizing', 'cancelling');

-- Where each request stands in the input file, and how far it has come. Its text is only in the file.
CREATE TABLE batch_requests (
    batch_id    text NOT NULL REFERENCES batches ON DELETE CASCADE,
    line        integer NOT NULL,               -- of the file, from 1
    custom_id   text NOT NULL,
    at_byte     bigint NOT NULL,
    bytes       integer NOT NULL,
    prefix      bytea NOT NULL,                 -- hash of all messages but the last: alike ones go one after the other
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'taken', 'done', 'failed')),
    attempts    smallint NOT NULL DEFAULT 0,
    next_try_at timestamptz,                    -- not before
    losses      smallint NOT NULL DEFAULT 0,    -- connections that broke while it was in flight
    taken_by    text,                           -- of batch_workers; one that is not there any more loses it
    PRIMARY KEY (batch_id, line)                -- custom_id is unique too, which the validation sees to as a whole
);
CREATE INDEX batch_requests_waiting ON batch_requests (batch_id, prefix, line) WHERE state = 'waiting';
CREATE INDEX batch_requests_taken ON batch_requests (batch_id, taken_by) WHERE state = 'taken';
CREATE INDEX batch_requests_later ON batch_requests (batch_id, next_try_at)
    WHERE state = 'waiting' AND next_try_at IS NOT NULL;

-- Who is at work on a batch. Their lease is renewed every few seconds; a killed one's runs out.
CREATE TABLE batch_workers (
    batch_id    text NOT NULL REFERENCES batches ON DELETE CASCADE,
    holder      text NOT NULL,
    seen_until  timestamptz NOT NULL,
    in_flight   integer NOT NULL DEFAULT 0,
    vram        bigint,                         -- bytes that the models take, as their server says
    trouble     text,                           -- why it waits: see ty_assets/candidate_evaluations/trouble.py
    PRIMARY KEY (batch_id, holder)
);

-- A batch as it is shown, with who works on it and its place in the queue: 1 has its turn. One has it at a time, since
-- two would push each other's prefix out of the server's cache.
CREATE VIEW batches_shown AS
SELECT b.*, w.workers, w.in_flight, w.vram_bytes, w.trouble,
       CASE WHEN b.status IN ('validating', 'in_progress', 'finalizing') AND b.paused_at IS NULL THEN (
           SELECT count(*) + 1 FROM batches o
           WHERE o.status IN ('validating', 'in_progress', 'finalizing') AND o.paused_at IS NULL
             AND (-o.priority, o.created_at, o.batch_id) < (-b.priority, b.created_at, b.batch_id)
       ) END AS queue_position
FROM batches b
CROSS JOIN LATERAL (
    SELECT count(*) AS workers, COALESCE(sum(in_flight), 0) AS in_flight, max(vram) AS vram_bytes,
           max(trouble) AS trouble
    FROM batch_workers WHERE batch_id = b.batch_id AND seen_until > now()
) w;

-- Each request's line of the output file or the error file, committed with its state.
CREATE TABLE batch_results (
    batch_id      text NOT NULL REFERENCES batches ON DELETE CASCADE,
    line          integer NOT NULL,
    is_error      boolean NOT NULL,
    content       text NOT NULL,                -- JSON, without its line end
    prompt_tokens integer,
    cached_tokens integer,
    output_tokens integer,
    finished_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (batch_id, line)
);
CREATE INDEX batch_results_of_file ON batch_results (batch_id, is_error, line);

-- What is to be told of a batch, until it has been: webhooks and alerts.
CREATE TABLE batch_events (
    event_id    text PRIMARY KEY,               -- "evt_" and 32 hexadecimal digits
    batch_id    text NOT NULL REFERENCES batches ON DELETE CASCADE,
    kind        text NOT NULL,                  -- batch.completed, batch.failed, batch.expired, batch.cancelled
    receiver    text NOT NULL,                  -- "webhook" or "alert", a colon, and a hash of the address
    created_at  timestamptz NOT NULL DEFAULT now(),
    attempts    smallint NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT now(),
    told_at     timestamptz,
    given_up_at timestamptz,
    error       text
);
CREATE INDEX batch_events_waiting ON batch_events (next_try_at) WHERE told_at IS NULL AND given_up_at IS NULL;

-- Candidates asked about again, to see what an answer hangs on: unchanged (consistency), or with another name or gender
-- (bias).
CREATE TABLE batch_probes (
    batch_id    text NOT NULL REFERENCES batches ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('consistency', 'bias')),
    line        integer NOT NULL,
    variant     text NOT NULL,                  -- "2" for the second repeat; "name:female" for what was changed
    scores      jsonb,                          -- {criterion: score, "overall": score}; null: it got no answer
    error       text,
    finished_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (batch_id, kind, line, variant)
);
