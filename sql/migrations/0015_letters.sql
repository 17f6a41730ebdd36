-- Letters as their senders have changed them, and what lists of matches are searched and counted by.
-- depends: 0012_feedback

-- A posting may go; what somebody wrote stays theirs.
CREATE TABLE letters (
    profile_id   uuid NOT NULL REFERENCES profile_documents ON DELETE CASCADE,
    posting_id   uuid NOT NULL,
    language     text NOT NULL CHECK (language IN ('de', 'en')),
    text         text NOT NULL,
    draft_hash   bytea NOT NULL,                -- of the draft that it began as
    saved_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (profile_id, posting_id, language)
);

-- The words of the postings that somebody searches among their matches: filled when they do, since most postings are
-- nobody's, and stemming a text takes as long as storing it.
CREATE TABLE posting_words (
    posting_id   uuid PRIMARY KEY REFERENCES postings ON DELETE CASCADE,
    content_hash bytea NOT NULL,                -- of the text that they are of
    words        tsvector NOT NULL
);

-- A list shows how many, and would unpack both documents to count.
ALTER TABLE profile_posting_matches
    ADD COLUMN matched_count integer GENERATED ALWAYS AS (jsonb_array_length(matched)) STORED,
    ADD COLUMN missing_count integer GENERATED ALWAYS AS (jsonb_array_length(missing)) STORED;

-- A person's list is counted from this index alone: the rows with their reasons are as large as a page.
DROP INDEX profile_posting_matches_rank;
CREATE INDEX profile_posting_matches_rank
    ON profile_posting_matches (profile_id, passed_gates DESC, score DESC, posting_id) INCLUDE (tier, day);

-- Whether a posting is listed, for each of somebody's matches, without its text.
CREATE INDEX postings_status ON postings (posting_id) INCLUDE (status);

-- A match as lists show it.
CREATE VIEW match_rows AS
SELECT m.profile_id, m.posting_id, m.day, m.score, m.tier, m.passed_gates, m.gate_reasons, m.basis,
       m.matched_count, m.missing_count,
       o.title, o.employer, o.city, o.region, o.country, o.remote, o.published_on, o.pay,
       -- A posting counts as active while one of its duplicates is.
       CASE WHEN o.status <> 'active' AND EXISTS (SELECT FROM postings d
                WHERE d.duplicate_of = o.posting_id AND d.status = 'active' OFFSET 0)
            THEN 'active' ELSE o.status END AS status,
       a.recommendation, r.adjustment, r.personal_score, COALESCE(r.hidden_by, '{}') AS hidden_by,
       CASE WHEN u.profile_id IS NOT NULL THEN to_json(u) END AS said
FROM profile_posting_matches m
JOIN postings o USING (posting_id)
LEFT JOIN match_analyses a USING (profile_id, posting_id)
LEFT JOIN personal_matches r USING (profile_id, posting_id)
LEFT JOIN match_ratings u USING (profile_id, posting_id);
