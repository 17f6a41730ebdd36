-- Occupations of vague titles: by the description, the web or a model; what editors decide; titles confirmed as synonyms.
-- depends: 0007_life

-- method is also description, web, model, editor. A row decided by more than its title has the words that decided it.
ALTER TABLE posting_professions
    ADD COLUMN verdict     text CHECK (verdict IN ('yes', 'no', 'uncertain')),
    ADD COLUMN quote       text,                -- verbatim in title, description or a search result
    ADD COLUMN answered_by text,                -- rules, a model or an editor; null: the title or its label alone
    ADD COLUMN title_kldb  char(5);             -- best by the title alone; null where the source's label decided
CREATE INDEX posting_professions_undecided ON posting_professions (posting_id) WHERE decision <> 'accepted';

-- What a reasoning model says of postings that title and rules leave open.
CREATE TABLE occupation_readings (
    posting_id   uuid PRIMARY KEY REFERENCES postings ON DELETE CASCADE,
    verdict      text NOT NULL CHECK (verdict IN ('yes', 'no', 'uncertain')),
    kldb         char(5),                       -- with yes
    quote        text,
    with_web     boolean NOT NULL,              -- search results were shown as well
    catalogue    text NOT NULL,                 -- version of the catalogue that the candidates are of
    model        text NOT NULL,
    task_version text NOT NULL,
    input_hash   bytea NOT NULL,                -- the posting's content_hash
    made_at      timestamptz NOT NULL DEFAULT now(),
    CHECK ((verdict = 'yes') = (kldb IS NOT NULL))
);
CREATE TRIGGER occupation_readings_made_now BEFORE UPDATE ON occupation_readings
    FOR EACH ROW EXECUTE FUNCTION made_now();

-- Search results; what was searched for is a title, nothing else of a posting.
CREATE TABLE web_searches (
    query        text PRIMARY KEY,
    snippets     jsonb NOT NULL,                -- [{"title":, "text":, "url":}]; empty: nothing was found
    searched_at  timestamptz NOT NULL DEFAULT now()
);

-- What editors decide. No asset writes here, and nothing is deleted: undoing is a line of its own time.
CREATE TABLE occupation_decisions (
    decision_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title        text NOT NULL,                 -- as the editor saw it; its key is made when it is read
    kldb         char(5) NOT NULL,
    decision     text NOT NULL CHECK (decision IN ('confirmed', 'rejected')),
    decided_by   text NOT NULL,
    decided_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_by    text,
    undone_at    timestamptz
);
CREATE INDEX occupation_decisions_in_force ON occupation_decisions (title) WHERE undone_at IS NULL;

-- Accepted mappings of titles that were not in the dictionary: what confirms or contradicts a synonym. They outlive
-- their postings, and the mappings that a synonym decides afterwards are no observations.
CREATE TABLE occupation_observations (
    posting_id   uuid PRIMARY KEY,
    title        text NOT NULL,
    kldb         char(5) NOT NULL,
    title_kldb   char(5),
    evidence     text NOT NULL,                 -- hint, candidates, description, web, model
    employer     text NOT NULL,                 -- the source's name where it names none
    text_hash    bytea NOT NULL,                -- of the description
    quote        text,
    observed_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE confirmed_synonyms (
    title_key    text NOT NULL,
    kldb         char(5) NOT NULL,
    title        text NOT NULL,
    evidence     uuid[] NOT NULL,               -- the two observations
    confirmed_at timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    reason       text,                          -- why it was withdrawn
    PRIMARY KEY (title_key, kldb)
);
