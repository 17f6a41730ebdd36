-- Near duplicates: by what they are found, and how each link came about. Relevance: what is read first, what not at all.
-- depends: 0003_sources

-- One row for each posting in scope that is the first of its very text.
CREATE TABLE posting_signatures (
    posting_id   uuid PRIMARY KEY REFERENCES postings ON DELETE CASCADE,
    made_of      bytea NOT NULL,                -- hash of what a comparison rests on: text, title, place, employer, day
    task_version text  NOT NULL,
    place        text,                          -- a city's first word, folded; null for anywhere
    bands        integer[]                      -- MinHash; null: linked to another, so nobody is compared with it
);
-- Two postings are candidates when their arrays overlap. Without a pending list, so that a look-up costs the same always.
CREATE INDEX posting_signatures_bands ON posting_signatures USING gin (bands) WITH (fastupdate = off);

-- How each postings.duplicate_of came about.
CREATE TABLE posting_links (
    posting_id   uuid PRIMARY KEY REFERENCES postings ON DELETE CASCADE,
    canonical    uuid NOT NULL REFERENCES postings ON DELETE CASCADE,
    similarity   real NOT NULL,                 -- to the canonical posting, 0 .. 1
    method       text NOT NULL CHECK (method IN ('exact', 'near')),
    doubtful     boolean NOT NULL DEFAULT false -- the canonical one has changed since: to be compared again
);
CREATE INDEX posting_links_canonical ON posting_links (canonical);
CREATE INDEX posting_links_doubtful ON posting_links (posting_id) WHERE doubtful;

INSERT INTO posting_links (posting_id, canonical, similarity, method)
SELECT posting_id, duplicate_of, 1, 'exact' FROM postings WHERE duplicate_of IS NOT NULL;

-- Whether a posting is near to what anybody here looks for, judged before a language model sees it.
CREATE TABLE posting_relevance (
    posting_id   uuid PRIMARY KEY REFERENCES postings ON DELETE CASCADE,
    relevance    real NOT NULL,                 -- 0 .. 1
    decision     text NOT NULL CHECK (decision IN ('first', 'later', 'out')),
    reason       text NOT NULL,
    model        text NOT NULL,
    task_version text NOT NULL,
    input_hash   bytea NOT NULL
);
