-- Explanations with their three classes and traced sentences; a reasoning model's verdicts; how often they agree.
-- depends: 0009_rankers

ALTER TABLE match_analyses
    -- [{"ordinal":, "requirement":, "facet":, "kind":, "must":, "standing":, "credit":, "shown":, "posting_quote":,
    --   "profile_quote":, "gap":}]; standing: matched, partly, missing
    ADD COLUMN points    jsonb NOT NULL DEFAULT '[]',
    -- {"de": [..], "en": [..]} of a letter, {"narrative": [..]} of a skip; a sentence: {"text":, "paragraph":,
    -- "sources": [{"field":, "quote":}]}
    ADD COLUMN sentences jsonb NOT NULL DEFAULT '{}',
    -- model and version of what the explanation was made of
    ADD COLUMN made_from jsonb NOT NULL DEFAULT '{}';

-- What a reasoning model says beside the rule. decision null: it was asked, and nothing that it said stood.
CREATE TABLE match_verdicts (
    profile_id   uuid NOT NULL REFERENCES profiles ON DELETE CASCADE,
    posting_id   uuid NOT NULL REFERENCES postings ON DELETE CASCADE,
    decision     text CHECK (decision IN ('apply', 'skip')),
    confidence   real CHECK (confidence BETWEEN 0 AND 1),
    reasons      jsonb NOT NULL,                -- [{"speaks_for":, "text":, "posting_quote":, "profile_quote":}]
    removed      integer NOT NULL,              -- reasons that quoted what is not there
    model        text NOT NULL,
    task_version text NOT NULL,
    profile_hash bytea NOT NULL,                -- profiles.input_hash that was read
    posting_hash bytea NOT NULL,                -- postings.content_hash that was read
    made_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (profile_id, posting_id),
    CHECK ((decision IS NULL) = (confidence IS NULL)),
    CHECK ((decision IS NULL) = (jsonb_array_length(reasons) = 0))
);
CREATE INDEX match_verdicts_posting ON match_verdicts (posting_id);
CREATE TRIGGER match_verdicts_made_now BEFORE UPDATE ON match_verdicts FOR EACH ROW EXECUTE FUNCTION made_now();

-- A letter in a model's smoother words; shown while the draft is the one that was polished.
CREATE TABLE polished_letters (
    profile_id   uuid NOT NULL REFERENCES profiles ON DELETE CASCADE,
    posting_id   uuid NOT NULL REFERENCES postings ON DELETE CASCADE,
    language     text NOT NULL,
    sentences    jsonb NOT NULL,                -- as in match_analyses; [] where the draft stays
    model        text NOT NULL,
    task_version text NOT NULL,
    draft_hash   bytea NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (profile_id, posting_id, language)
);
CREATE TRIGGER polished_letters_made_now BEFORE UPDATE ON polished_letters FOR EACH ROW EXECUTE FUNCTION made_now();

-- How often a decision and the similarity agree, by the postings' day and by band of the score.
CREATE TABLE decision_agreement (
    day          date NOT NULL,
    decided_by   text NOT NULL,                 -- rule, or the model's name
    band         smallint NOT NULL CHECK (band BETWEEN 0 AND 9), -- tenth of the score: 4 is 0.4 up to 0.5
    decisions    integer NOT NULL,
    apply        integer NOT NULL,              -- of these
    agreed       integer NOT NULL,              -- of these: apply from the threshold on, skip below it
    PRIMARY KEY (day, decided_by, band)
);

-- Of what does not agree, some to look at; they go with the person.
CREATE TABLE disagreement_examples (
    day          date NOT NULL,
    decided_by   text NOT NULL,
    band         smallint NOT NULL,
    profile_id   uuid NOT NULL REFERENCES profiles ON DELETE CASCADE,
    posting_id   uuid NOT NULL REFERENCES postings ON DELETE CASCADE,
    PRIMARY KEY (day, decided_by, band, profile_id, posting_id)
);
