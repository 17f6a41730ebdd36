-- The whole pipeline's tables, in the order the data flows.
-- Every derived row carries its provenance: model, task_version, input_hash.

CREATE TABLE raw_postings (
    source       text        NOT NULL,
    external_id  text        NOT NULL,
    content_hash bytea       NOT NULL,
    fetched_on   date        NOT NULL,          -- the partition: local day of the fetch
    fetched_at   timestamptz NOT NULL,
    origin       text        NOT NULL,          -- file:line or URL, for error messages
    payload      jsonb       NOT NULL,
    PRIMARY KEY (source, external_id, content_hash)
);
CREATE INDEX raw_postings_fetched_on ON raw_postings (fetched_on);

-- raw_postings is append-only; that a posting was there again is kept here.
CREATE TABLE sightings (
    source       text        NOT NULL,
    external_id  text        NOT NULL,
    first_seen_on date       NOT NULL,
    last_seen_on date        NOT NULL,
    content_hash bytea       NOT NULL,          -- of the raw row seen last: a text may go back to an old one
    PRIMARY KEY (source, external_id)
);
CREATE INDEX sightings_last_seen_on ON sightings (last_seen_on);
CREATE INDEX sightings_first_seen_on ON sightings (first_seen_on);

CREATE TABLE postings (
    posting_id       uuid PRIMARY KEY,          -- from (source, external_id)
    source           text NOT NULL,
    external_id      text NOT NULL,
    content_hash     bytea NOT NULL,            -- of the normalised title and description
    raw_hash         bytea NOT NULL,            -- of the raw row it was made from
    task_version     text NOT NULL,             -- of the normalisation that made it
    first_seen_on    date NOT NULL,             -- the partition
    last_seen_on     date NOT NULL,
    status           text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'stale', 'invalidated')),
    title            text NOT NULL,             -- as given
    title_normalised text NOT NULL,             -- for matching: without (m/w/d) and the like
    title_hash       bytea NOT NULL,            -- of title_normalised: the key into embeddings
    description      text NOT NULL,             -- plain text, normalised
    language         text NOT NULL,             -- 'de', 'en', ... by ISO 639-1
    employer         text,
    city             text,
    region           text,
    country          text,
    remote           boolean,
    url              text,
    occupation_hint  text,                      -- the source's own occupation label
    published_on     date,
    valid_through    date,
    in_scope         boolean NOT NULL,          -- the prefilter's decision ...
    scope_reasons    text[] NOT NULL DEFAULT '{}', -- ... and why
    duplicate_of     uuid REFERENCES postings (posting_id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (source, external_id)
);
CREATE INDEX postings_first_seen_on ON postings (first_seen_on);
CREATE INDEX postings_content_hash ON postings (content_hash);
CREATE INDEX postings_duplicate_of ON postings (duplicate_of) WHERE duplicate_of IS NOT NULL;

-- From when until when there is such a job: of duplicates the canonical posting stands for all, and is there
-- while any of them is. closed_on: the first day on which none was; null while one is.
CREATE VIEW posting_life AS
SELECT posting_id, min(first_seen_on) AS first_seen_on,
       CASE WHEN bool_or(closed_on IS NULL) THEN NULL ELSE max(closed_on) END AS closed_on
FROM (SELECT COALESCE(duplicate_of, posting_id) AS posting_id, first_seen_on,
             LEAST(valid_through + 1, CASE WHEN status <> 'active' THEN last_seen_on + 1 END) AS closed_on
      FROM postings) AS members
GROUP BY posting_id;

-- What was derived from what, one row per stage and subject, also where the result was empty.
CREATE TABLE derivations (
    stage        text  NOT NULL,
    subject      uuid  NOT NULL,                -- a posting_id or a profile_id
    model        text  NOT NULL,
    task_version text  NOT NULL,
    input_hash   bytea NOT NULL,
    row_count    integer NOT NULL,
    removed      integer NOT NULL DEFAULT 0,    -- claims without evidence
    made_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stage, subject)
);
CREATE INDEX derivations_made_at ON derivations (stage, made_at);

CREATE TABLE posting_summaries (
    posting_id   uuid PRIMARY KEY REFERENCES postings ON DELETE CASCADE,
    summary      text NOT NULL,
    model        text NOT NULL,
    task_version text NOT NULL,
    input_hash   bytea NOT NULL
);

CREATE TABLE posting_requirements (
    posting_id   uuid NOT NULL REFERENCES postings ON DELETE CASCADE,
    ordinal      smallint NOT NULL,             -- from 0, in the order of the text
    text         text NOT NULL,
    quote        text NOT NULL,                 -- verbatim in postings.description
    must         boolean NOT NULL,              -- false: nice to have
    kind         text NOT NULL,
    model        text NOT NULL,
    task_version text NOT NULL,
    input_hash   bytea NOT NULL,
    PRIMARY KEY (posting_id, ordinal)
);

CREATE TABLE posting_facets (
    posting_id   uuid NOT NULL REFERENCES postings ON DELETE CASCADE,
    ordinal      smallint NOT NULL,
    requirement_ordinal smallint NOT NULL,
    alternative_group   smallint,               -- facets of one group: any of them satisfies
    kind         text NOT NULL,
    term         text NOT NULL,                 -- canonical; what is embedded and compared
    quote        text NOT NULL,                 -- verbatim in the requirement
    text_hash    bytea NOT NULL,                -- of the normalised term: the key into embeddings
    cefr         text,                          -- language: A1 .. C2
    years        real,                          -- experience
    level        smallint,                      -- degree: 1 school .. 4 doctorate
    must         boolean NOT NULL,
    negated      boolean NOT NULL DEFAULT false,
    weight       real NOT NULL,
    model        text NOT NULL,
    task_version text NOT NULL,
    input_hash   bytea NOT NULL,
    PRIMARY KEY (posting_id, ordinal)
);
CREATE INDEX posting_facets_text_hash ON posting_facets (text_hash);

CREATE TABLE embeddings (
    model      text NOT NULL,
    text_hash  bytea NOT NULL,
    text       text NOT NULL,
    embedding  halfvec NOT NULL,
    needed_on  date NOT NULL,                   -- the partition that first needed it
    PRIMARY KEY (model, text_hash)
);
-- 1024 halves are 2,056 bytes, just over the TOAST threshold; in line they read twice as fast.
ALTER TABLE embeddings ALTER COLUMN embedding SET STORAGE PLAIN;

CREATE TABLE occupations (
    berufenet_id integer PRIMARY KEY,
    kind         text NOT NULL,                 -- t: activity, a: training
    name         text NOT NULL,
    short_name   text NOT NULL,
    kldb         char(5) NOT NULL,
    level        smallint NOT NULL,             -- 1 helper, 2 skilled, 3 specialist, 4 expert
    catalogue    text NOT NULL                  -- 'starter' or the file's name
);
CREATE INDEX occupations_kldb ON occupations (kldb);

CREATE TABLE occupation_synonyms (
    title        text NOT NULL,                 -- normalised
    kldb         char(5) NOT NULL,
    source       text NOT NULL,                 -- starter, import, confirmed
    PRIMARY KEY (title, kldb)
);

CREATE TABLE posting_professions (
    posting_id   uuid PRIMARY KEY REFERENCES postings ON DELETE CASCADE,
    decision     text NOT NULL CHECK (decision IN ('accepted', 'uncertain', 'none')),
    method       text NOT NULL,                 -- hint, lookup, candidates
    kldb         char(5),
    berufenet_id integer,
    name         text,
    score        real,                          -- calibrated probability, 0 .. 1
    runner_ups   jsonb NOT NULL DEFAULT '[]',
    model        text NOT NULL,
    task_version text NOT NULL,
    input_hash   bytea NOT NULL
);
CREATE INDEX posting_professions_kldb ON posting_professions (kldb);

CREATE TABLE posting_llm_analysis (
    posting_id   uuid PRIMARY KEY REFERENCES postings ON DELETE CASCADE,
    analysis     jsonb NOT NULL,
    model        text NOT NULL,
    task_version text NOT NULL,
    input_hash   bytea NOT NULL
);

CREATE TABLE demand_snapshot (
    day              date NOT NULL,
    occupation_group char(3) NOT NULL,          -- three digits of the KldB code; '---' for none
    region           text NOT NULL,             -- '' for unknown
    active           integer NOT NULL,
    new              integer NOT NULL,
    closed           integer NOT NULL,
    top_terms        jsonb NOT NULL,            -- [{"term": ..., "postings": ...}]
    PRIMARY KEY (day, occupation_group, region)
);

CREATE TABLE profession_similarity (
    day          date NOT NULL,
    kldb_a       char(5) NOT NULL,
    kldb_b       char(5) NOT NULL,
    similarity   real NOT NULL,                 -- cosine of the term profiles, 0 .. 1
    shared_terms text[] NOT NULL,
    PRIMARY KEY (day, kldb_a, kldb_b),
    CHECK (kldb_a < kldb_b)
);

-- People. Names and contacts are kept apart from what matching and models see.
CREATE TABLE profile_documents (
    profile_id   uuid PRIMARY KEY,
    bucket       smallint NOT NULL,             -- hash(profile_id) mod 256: the partition
    format       text NOT NULL,                 -- 'json-resume'
    origin       text NOT NULL,
    document     jsonb NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX profile_documents_bucket ON profile_documents (bucket);

CREATE TABLE profile_contacts (
    profile_id   uuid PRIMARY KEY REFERENCES profile_documents ON DELETE CASCADE,
    name         text,
    email        text,
    phone        text,
    address      text
);

CREATE TABLE profiles (
    profile_id   uuid PRIMARY KEY REFERENCES profile_documents ON DELETE CASCADE,
    bucket       smallint NOT NULL,
    headline     text NOT NULL,
    summary      text NOT NULL,
    language     text NOT NULL,
    city         text,
    region       text,
    country      text,
    remote_only  boolean NOT NULL DEFAULT false,
    wished_places text[] NOT NULL DEFAULT '{}', -- empty: anywhere
    minimum_pay  real,                          -- euros gross a year
    input_hash   bytea NOT NULL,
    task_version text NOT NULL
);
CREATE INDEX profiles_bucket ON profiles (bucket);

CREATE TABLE profile_work_history (
    profile_id   uuid NOT NULL REFERENCES profiles ON DELETE CASCADE,
    ordinal      smallint NOT NULL,
    kind         text NOT NULL,                 -- work, education, volunteer, project
    position     text NOT NULL,
    organisation text,
    started_on   date,
    ended_on     date,                          -- null: to this day
    description  text NOT NULL,
    PRIMARY KEY (profile_id, ordinal)
);

-- What follows from the whole career; written with the facets.
CREATE TABLE profile_careers (
    profile_id   uuid PRIMARY KEY REFERENCES profiles ON DELETE CASCADE,
    domains      text[] NOT NULL,               -- where the person has worked or trained, the weightiest first
    kldb         text[] NOT NULL,               -- occupations of past titles, the latest first
    kldb_level   smallint,                      -- 1 .. 4, the highest the career supports
    years        real NOT NULL,                 -- of professional experience
    degree_level smallint NOT NULL,             -- 0 none .. 4 doctorate
    model        text NOT NULL,
    task_version text NOT NULL,
    input_hash   bytea NOT NULL
);

CREATE TABLE profile_facets (
    profile_id   uuid NOT NULL REFERENCES profiles ON DELETE CASCADE,
    ordinal      smallint NOT NULL,
    kind         text NOT NULL,
    term         text NOT NULL,
    text_hash    bytea NOT NULL,
    cefr         text,
    years        real,
    level        smallint,
    source       text NOT NULL,                 -- stated, extracted, implied
    reason       text NOT NULL,                 -- the section, the job or the rule it comes from
    quote        text NOT NULL,                 -- verbatim in the profile; '' where implied
    weight       real NOT NULL,
    model        text NOT NULL,
    task_version text NOT NULL,
    input_hash   bytea NOT NULL,
    PRIMARY KEY (profile_id, ordinal)
);

-- Vectors of people's terms go when the person goes, so they are not in embeddings.
CREATE TABLE profile_embeddings (
    profile_id   uuid NOT NULL REFERENCES profiles ON DELETE CASCADE,
    model        text NOT NULL,
    text_hash    bytea NOT NULL,
    embedding    halfvec NOT NULL,
    PRIMARY KEY (profile_id, model, text_hash)
);
ALTER TABLE profile_embeddings ALTER COLUMN embedding SET STORAGE PLAIN;

CREATE TABLE calibrations (
    model      text PRIMARY KEY,                -- an embedding model
    cosines    real[] NOT NULL,                 -- ascending
    credits    real[] NOT NULL,                 -- 0 .. 1, ascending; linear between the points
    pairs      integer NOT NULL,                -- labelled pairs it was fitted on
    version    text NOT NULL
);

CREATE TABLE profile_posting_matches (
    profile_id   uuid NOT NULL REFERENCES profiles ON DELETE CASCADE,
    posting_id   uuid NOT NULL REFERENCES postings ON DELETE CASCADE,
    day          date NOT NULL,                 -- the posting's partition
    score        real NOT NULL,                 -- 0 .. 1
    tier         text NOT NULL,                 -- strong, partial, weak, none
    passed_gates boolean NOT NULL,
    gate_reasons jsonb NOT NULL DEFAULT '[]',   -- [{"gate":, "passed":, "reason":}]
    basis        text NOT NULL,                 -- requirements, or title (a posting without any)
    matched      jsonb NOT NULL,                -- [{"requirement":, "facet":, "skill":, "credit":, "must":}]
    missing      jsonb NOT NULL,
    model        text NOT NULL,
    task_version text NOT NULL,
    input_hash   bytea NOT NULL,
    PRIMARY KEY (profile_id, posting_id)
);
CREATE INDEX profile_posting_matches_rank ON profile_posting_matches (profile_id, passed_gates DESC, score DESC, posting_id);
CREATE INDEX profile_posting_matches_day ON profile_posting_matches (day);

CREATE TABLE match_analyses (
    profile_id     uuid NOT NULL REFERENCES profiles ON DELETE CASCADE,
    posting_id     uuid NOT NULL REFERENCES postings ON DELETE CASCADE,
    input_hash     bytea NOT NULL,
    recommendation text NOT NULL CHECK (recommendation IN ('apply', 'skip')),
    decided_by     text NOT NULL,               -- rule, or the reasoning model's name
    go_reasons     jsonb NOT NULL,              -- [{"text":, "posting_quote":, "profile_quote":}]
    nogo_reasons   jsonb NOT NULL,
    cover_letter   text,                        -- when apply
    nogo_narrative text,                        -- when skip
    similarity     jsonb NOT NULL,              -- {"requirements": [..], "skills": [..], "cells": [[..]]}
    language       text NOT NULL,
    model          text NOT NULL,
    task_version   text NOT NULL,
    PRIMARY KEY (profile_id, posting_id)
);

-- Nothing is dropped silently.
CREATE TABLE failures (
    stage        text NOT NULL,
    subject      text NOT NULL,                 -- posting_id, profile_id or file:line
    task_version text NOT NULL,
    day          date,
    error_class  text NOT NULL,
    message      text NOT NULL,
    payload      bytea,                         -- what was received, where it is stored nowhere else
    attempts     integer NOT NULL DEFAULT 1,
    first_at     timestamptz NOT NULL DEFAULT now(),
    last_at      timestamptz NOT NULL DEFAULT now(),
    next_try_at  timestamptz,
    given_up     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (stage, subject, task_version)
);

CREATE TABLE inference_cache (
    key          bytea PRIMARY KEY,             -- task, prompt, schema, options, model digest, exact text
    task         text NOT NULL,
    task_version text NOT NULL,
    model        text NOT NULL,
    output       jsonb NOT NULL,
    owner        uuid REFERENCES profile_documents ON DELETE CASCADE, -- made from this person's text
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inference_cache_owner ON inference_cache (owner) WHERE owner IS NOT NULL;
