-- Operations: what is wrong and who was told, which input failed, and when a row was last made.
-- depends: 0003_sources

-- What is wrong from when until when: a run that failed, a check that does not pass, a source that is silent.
CREATE TABLE incidents (
    incident_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('run', 'check', 'source')),
    subject      text NOT NULL,                 -- job and partitions, asset.check, or the source
    opened_at    timestamptz NOT NULL,          -- when it began to be wrong
    closed_at    timestamptz,                   -- null: still wrong
    message      text NOT NULL,                 -- what, without anything of a person
    link         text NOT NULL DEFAULT '',      -- path in the Dagster UI
    told_opened  timestamptz,                   -- when every receiver had heard of it ...
    told_closed  timestamptz,                   -- ... and that it is over
    reached      text[] NOT NULL DEFAULT '{}',  -- receivers that have what is being told now
    attempts     integer NOT NULL DEFAULT 0,    -- at telling it
    next_tell_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX incidents_open ON incidents (kind, subject) WHERE closed_at IS NULL;
CREATE INDEX incidents_opened_at ON incidents (opened_at);

-- What had failed: a subject that was given up is tried again when its input is another one.
ALTER TABLE failures ADD COLUMN input_hash bytea;
CREATE INDEX failures_last_at ON failures (last_at);

-- A renewed row counts for the rate as a new one does; an upsert names only the columns that it brings.
CREATE FUNCTION made_now() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.made_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER derivations_made_now BEFORE UPDATE ON derivations FOR EACH ROW EXECUTE FUNCTION made_now();
CREATE TRIGGER posting_readings_made_now BEFORE UPDATE ON posting_readings FOR EACH ROW EXECUTE FUNCTION made_now();

-- Counted on every look at the health page: without them the wide rows themselves would be read.
CREATE INDEX postings_derived ON postings (posting_id) WHERE in_scope AND duplicate_of IS NULL;
CREATE INDEX postings_left_out ON postings (posting_id) WHERE NOT (in_scope AND duplicate_of IS NULL);

ALTER TABLE embeddings ADD COLUMN made_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX embeddings_made_at ON embeddings (made_at);
