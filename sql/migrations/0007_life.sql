-- The life of a posting: from when until when it is open, who said so, and why.
-- depends: 0003_sources

ALTER TABLE postings
    ADD COLUMN status_since  date,              -- null: active since it came
    ADD COLUMN status_by     text CHECK (status_by IN ('sweep', 'import', 'person')),
    ADD COLUMN status_reason text,
    -- Whether the job is open: it, or any copy of it, is active. On the canonical posting, which stands for them all.
    ADD COLUMN available     boolean NOT NULL DEFAULT true;
CREATE INDEX postings_not_active ON postings (status) WHERE status <> 'active' OR NOT available;

-- Partitions whose postings have changed with a run of another day; they want a run of their own.
CREATE TABLE touched_days (
    day          date PRIMARY KEY,
    touched_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE posting_status_changes (
    posting_id   uuid NOT NULL REFERENCES postings ON DELETE CASCADE,
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    day          date NOT NULL,
    was          text NOT NULL,
    status       text NOT NULL,
    decided_by   text NOT NULL,
    reason       text NOT NULL,
    PRIMARY KEY (posting_id, changed_at)
);
CREATE INDEX posting_status_changes_day ON posting_status_changes (day);
CREATE INDEX posting_status_changes_changed_at ON posting_status_changes (changed_at);
