-- Model servers: readings of postings, leases that make one call of two, and what people ask to have read.
-- depends: 0001_pipeline

CREATE TABLE inference_leases (
    key        bytea PRIMARY KEY,               -- of inference_cache, or of a text to be encoded
    holder     text NOT NULL,                   -- the process that asks
    expires_at timestamptz NOT NULL             -- renewed while it asks; a killed one's runs out
);

ALTER TABLE inference_cache ADD COLUMN last_used_on date NOT NULL DEFAULT CURRENT_DATE;

-- One call of a language model for each posting; its parts are what the stages' rows are made of.
CREATE TABLE posting_readings (
    posting_id   uuid PRIMARY KEY REFERENCES postings ON DELETE CASCADE,
    reading      jsonb NOT NULL,                -- verified: what quotes nothing is gone
    quoted       boolean NOT NULL,              -- false: of many claims none was left; only the summary is used
    model        text NOT NULL,
    task_version text NOT NULL,
    input_hash   bytea NOT NULL,                -- postings.content_hash that was read
    made_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX posting_readings_made_at ON posting_readings (made_at);

-- Postings that somebody has opened: read first.
CREATE TABLE reading_requests (
    posting_id   uuid PRIMARY KEY REFERENCES postings ON DELETE CASCADE,
    requested_at timestamptz NOT NULL DEFAULT now()
);

-- How much of a night the model has worked; a night begins at noon.
CREATE TABLE reading_nights (
    night        date PRIMARY KEY,
    seconds      double precision NOT NULL,     -- wall time
    postings     integer NOT NULL
);
