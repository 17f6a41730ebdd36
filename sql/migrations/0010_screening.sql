-- Screening: what a posting pays, and which postings have changed, for those who keep them in memory.
-- depends: 0009_rankers

ALTER TABLE postings ADD COLUMN pay real;       -- the most it offers, euros gross a year; null: it does not say

-- Postings of which anything that matching reads has changed, by the transaction that did it. A reader remembers its
-- snapshot: what came since is what that snapshot does not see. A number in the order of insertion would not do, since
-- a lower one may be committed after a higher one was read.
CREATE TABLE posting_changes (
    xact         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    posting_id   uuid NOT NULL,                 -- of duplicates the canonical one; it may be gone
    changed_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX posting_changes_xact ON posting_changes (xact);
CREATE INDEX posting_changes_changed_at ON posting_changes (changed_at);

CREATE FUNCTION note_new_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO posting_changes (posting_id) SELECT COALESCE(duplicate_of, posting_id) FROM came;
    RETURN NULL;
END $$;
CREATE FUNCTION note_gone_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO posting_changes (posting_id) SELECT COALESCE(duplicate_of, posting_id) FROM went;
    RETURN NULL;
END $$;
-- That a posting was seen again is no change: every night would touch them all. The plan is made once a session, maybe
-- for a statement that changed nothing: without nested loops it is right for one that changes everything, too.
CREATE FUNCTION note_changed_postings() RETURNS trigger LANGUAGE plpgsql
SET enable_nestloop = off SET jit = off AS $$
BEGIN
    INSERT INTO posting_changes (posting_id)
    SELECT both_of.posting_id FROM came JOIN went USING (posting_id),
    LATERAL (VALUES (COALESCE(came.duplicate_of, posting_id)), (COALESCE(went.duplicate_of, posting_id)))
        AS both_of (posting_id)
    WHERE (came.first_seen_on, came.title_hash, came.language, came.city, came.region, came.remote, came.pay,
           came.in_scope, came.duplicate_of, came.available, came.status, came.valid_through)
        IS DISTINCT FROM
          (went.first_seen_on, went.title_hash, went.language, went.city, went.region, went.remote, went.pay,
           went.in_scope, went.duplicate_of, went.available, went.status, went.valid_through)
    GROUP BY both_of.posting_id;
    RETURN NULL;
END $$;
CREATE TRIGGER postings_came AFTER INSERT ON postings
    REFERENCING NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION note_new_postings();
CREATE TRIGGER postings_went AFTER DELETE ON postings
    REFERENCING OLD TABLE AS went FOR EACH STATEMENT EXECUTE FUNCTION note_gone_postings();
CREATE TRIGGER postings_changed AFTER UPDATE ON postings
    REFERENCING NEW TABLE AS came OLD TABLE AS went FOR EACH STATEMENT EXECUTE FUNCTION note_changed_postings();

CREATE FUNCTION note_parts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO posting_changes (posting_id) SELECT posting_id FROM parts;
    RETURN NULL;
END $$;
CREATE TRIGGER posting_professions_came AFTER INSERT ON posting_professions
    REFERENCING NEW TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION note_parts();
CREATE TRIGGER posting_professions_changed AFTER UPDATE ON posting_professions
    REFERENCING NEW TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION note_parts();
CREATE TRIGGER posting_professions_went AFTER DELETE ON posting_professions
    REFERENCING OLD TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION note_parts();
CREATE TRIGGER posting_llm_analysis_came AFTER INSERT ON posting_llm_analysis
    REFERENCING NEW TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION note_parts();
CREATE TRIGGER posting_llm_analysis_changed AFTER UPDATE ON posting_llm_analysis
    REFERENCING NEW TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION note_parts();
CREATE TRIGGER posting_llm_analysis_went AFTER DELETE ON posting_llm_analysis
    REFERENCING OLD TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION note_parts();

-- Facets are replaced as a whole, and their derivation is written with them.
CREATE FUNCTION note_facets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO posting_changes (posting_id) SELECT subject FROM parts WHERE stage = 'posting_facets';
    RETURN NULL;
END $$;
CREATE TRIGGER derivations_came AFTER INSERT ON derivations
    REFERENCING NEW TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION note_facets();
CREATE TRIGGER derivations_changed AFTER UPDATE ON derivations
    REFERENCING NEW TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION note_facets();
CREATE TRIGGER derivations_went AFTER DELETE ON derivations
    REFERENCING OLD TABLE AS parts FOR EACH STATEMENT EXECUTE FUNCTION note_facets();
