-- Taking over the replaced system: how far an import came, which old id is which of ours, and people's ratings.
-- depends: 0003_sources

-- One call of the import, and the next calls until it has ended.
CREATE TABLE legacy_imports (
    import_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin       text NOT NULL,                 -- the folder or the database
    started_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz,                   -- null: killed, and continued by the next call
    report       jsonb
);
CREATE INDEX legacy_imports_origin ON legacy_imports (origin) WHERE finished_at IS NULL;

-- Parts of an import that are in, written with their rows; gone when it has ended.
CREATE TABLE legacy_chunks (
    import_id    bigint NOT NULL REFERENCES legacy_imports ON DELETE CASCADE,
    old_table    text NOT NULL,
    chunk        text NOT NULL,                 -- hash of its bytes: another content is another chunk
    counts       jsonb NOT NULL,
    PRIMARY KEY (import_id, old_table, chunk)
);

CREATE TABLE legacy_ids (
    kind         text NOT NULL CHECK (kind IN ('posting', 'profile')),
    old_id       text NOT NULL,
    new_id       uuid NOT NULL,
    PRIMARY KEY (kind, old_id)
);

-- What people think of postings; no asset writes it. The posting may not be derived yet, so it is not a foreign key.
CREATE TABLE match_ratings (
    profile_id   uuid NOT NULL REFERENCES profile_documents ON DELETE CASCADE,
    posting_id   uuid NOT NULL,
    rating       smallint CHECK (rating BETWEEN -1 AND 10), -- 1 not interested .. 10 very; a thumb: 1 up, -1 down
    decision     text,                          -- what the person did: apply, skip, maybe
    comment      text,
    rated_at     timestamptz NOT NULL,
    source       text NOT NULL,                 -- 'legacy', or where it was given
    PRIMARY KEY (profile_id, posting_id),
    CHECK (rating IS NOT NULL OR decision IS NOT NULL OR comment IS NOT NULL)
);
CREATE INDEX match_ratings_posting_id ON match_ratings (posting_id);

-- A posting's row is a little over two kilobytes, where Postgres begins to compress and move it: half of an import's
-- time. Up to a page it stays as it is, which is read faster too.
ALTER TABLE raw_postings SET (toast_tuple_target = 8160);
