-- What people say of their matches, and what is learned from it. All of it is a person's and goes with the person.
-- depends: 0010_screening

-- A rating of 1 or -1 may be a thumb; scale says so. Null: taken over, to be told from the person's other ratings.
ALTER TABLE match_ratings
    ADD COLUMN scale      text CHECK (scale IN ('points', 'thumbs')),
    ADD COLUMN applied_at timestamptz,          -- when the person applied there
    ADD COLUMN hidden_at  timestamptz;          -- not to be shown again; null: shown
ALTER TABLE match_ratings DROP CONSTRAINT match_ratings_check;
ALTER TABLE match_ratings ADD CONSTRAINT match_ratings_says_something CHECK (
    num_nonnulls(rating, decision, comment, applied_at, hidden_at) > 0
);

-- Every change of a rating, so that it can be undone.
CREATE TABLE match_rating_events (
    event_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    profile_id   uuid NOT NULL REFERENCES profile_documents ON DELETE CASCADE,
    posting_id   uuid NOT NULL,
    action       text NOT NULL CHECK (action IN ('rate', 'delete', 'undo')),
    was          jsonb,                         -- the rating before; null: there was none
    became       jsonb,                         -- and after; null: it is gone
    source       text NOT NULL,                 -- where it was given
    happened_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    undone_at    timestamptz
);
CREATE INDEX match_rating_events_of_person ON match_rating_events (profile_id, event_id DESC);

-- The rules that a comment states, read once for each comment.
CREATE TABLE comment_readings (
    profile_id   uuid NOT NULL,
    posting_id   uuid NOT NULL,
    comment_hash bytea NOT NULL,                -- of the comment that was read
    rules        jsonb NOT NULL,                -- [{"kind":, "value":, "quote":}]; quotes are verbatim in the comment
    removed      integer NOT NULL,              -- claims without evidence
    model        text NOT NULL,
    task_version text NOT NULL,
    PRIMARY KEY (profile_id, posting_id),
    FOREIGN KEY (profile_id, posting_id) REFERENCES match_ratings ON DELETE CASCADE
);

-- That a person has feedback: only then is there an order of their own.
CREATE TABLE feedback_states (
    profile_id   uuid PRIMARY KEY REFERENCES profile_documents ON DELETE CASCADE,
    version      text NOT NULL,                 -- of the rules of learning
    ratings      integer NOT NULL,
    learned_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE learned_preferences (
    profile_id   uuid NOT NULL REFERENCES profile_documents ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('cutoff', 'occupation', 'term', 'direction', 'rule')),
    key          text NOT NULL,                 -- within the kind: a KldB code, a term, a model, a rule's name
    value        jsonb NOT NULL,                -- what was learned
    evidence     uuid[] NOT NULL,               -- the rated postings that it was learned from
    PRIMARY KEY (profile_id, kind, key)
);

-- What a person has switched off; it stays off when the same is learned again.
CREATE TABLE switched_off_preferences (
    profile_id   uuid NOT NULL REFERENCES profile_documents ON DELETE CASCADE,
    kind         text NOT NULL,
    key          text NOT NULL,
    switched_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (profile_id, kind, key)
);

-- Towards which titles a person's ratings point, one vector for each embedding model; never compared across models.
CREATE TABLE preference_directions (
    profile_id   uuid NOT NULL REFERENCES profile_documents ON DELETE CASCADE,
    model        text NOT NULL,
    direction    halfvec NOT NULL,              -- unit length
    centre       real NOT NULL,                 -- mean similarity of the rated titles ...
    spread       real NOT NULL,                 -- ... and its standard deviation
    trust        real NOT NULL,                 -- 0 .. 1: how well it tells liked from disliked titles it has not seen
    PRIMARY KEY (profile_id, model)
);
ALTER TABLE preference_directions ALTER COLUMN direction SET STORAGE PLAIN;

-- The order of matches for who has feedback. The score of profile_posting_matches stays as it is.
CREATE TABLE personal_matches (
    profile_id     uuid NOT NULL REFERENCES profile_documents ON DELETE CASCADE,
    posting_id     uuid NOT NULL,
    passed_gates   boolean NOT NULL,            -- as in profile_posting_matches when this was made ...
    score          real NOT NULL,               -- ... likewise
    adjustment     real NOT NULL,               -- bounded; see ty_assets/feedback/direction.py
    personal_score real NOT NULL,               -- score + adjustment: what the list is ordered by
    hidden_by      text[] NOT NULL,             -- empty: shown; else "kind:key" of each lesson, or "person"
    hidden         boolean NOT NULL GENERATED ALWAYS AS (cardinality(hidden_by) > 0) STORED,
    PRIMARY KEY (profile_id, posting_id)
);
CREATE INDEX personal_matches_shown ON personal_matches (profile_id, passed_gates DESC, personal_score DESC, posting_id)
    WHERE NOT hidden;
CREATE INDEX personal_matches_hidden ON personal_matches (profile_id, passed_gates DESC, personal_score DESC, posting_id)
    WHERE hidden;
CREATE INDEX personal_matches_rank ON personal_matches (profile_id, passed_gates DESC, personal_score DESC, posting_id);

-- What an advertisement states of hours and place of work, for rules that people state. Null or empty: it does not say.
CREATE TABLE posting_facts (
    posting_id    uuid PRIMARY KEY REFERENCES postings ON DELETE CASCADE,
    conditions    text[] NOT NULL,              -- canonical terms, beside those of its facets
    working_times text[] NOT NULL,              -- full, part, mini
    hours         real,                         -- a week, the least that is offered
    office_days   real,                         -- a week, the fewest that are asked for
    agency        boolean NOT NULL,             -- whether it hires for others
    task_version  text NOT NULL,
    input_hash    bytea NOT NULL                -- postings.content_hash
);

-- For the view: the pairs of a day from either side, and an occupation group's course.
CREATE INDEX profession_similarity_b ON profession_similarity (day, kldb_b);
CREATE INDEX demand_snapshot_group ON demand_snapshot (occupation_group, region, day);
