-- What the market page reads, and notices of new strong matches.
-- depends: 0013_accounts

-- Of the active postings those of each qualification level, KldB's fifth digit 1 .. 4; null: counted before there were any.
ALTER TABLE demand_snapshot ADD COLUMN by_level integer[] CHECK (cardinality(by_level) = 4);

-- The same by federal state, whatever sources call it, and over all: what pages read. Made with demand_snapshot.
CREATE TABLE demand_by_state (
    day              date NOT NULL,
    occupation_group char(3) NOT NULL,          -- three digits of the KldB code; '---' for none
    state            text NOT NULL,             -- 'BW' .. 'TH', 'other', 'unknown', or 'all'
    active           integer NOT NULL,
    new              integer NOT NULL,
    closed           integer NOT NULL,
    by_level         integer[] CHECK (cardinality(by_level) = 4),
    top_terms        jsonb NOT NULL,            -- [{"term": ..., "postings": ...}]; empty for days before this table was
    PRIMARY KEY (occupation_group, state, day)
);
CREATE INDEX demand_by_state_day ON demand_by_state (day, state, active DESC, occupation_group);

-- What a person wants to hear of. The first look for notices only remembers what is there.
-- Mail goes where consent was given for this very address, and confirmed by a link in the first mail to it.
CREATE TABLE notice_settings (
    account_id   uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    known_from   date,                          -- postings first seen before are no news; null: no look yet
    mail_to      text,                          -- the address; null: no mail
    consented_at timestamptz,
    confirmed_at timestamptz,
    hour         smallint NOT NULL DEFAULT 7 CHECK (hour BETWEEN 0 AND 23), -- of TY_TIMEZONE, from which a mail may come
    language     text NOT NULL DEFAULT 'de' CHECK (language IN ('de', 'en')),
    CHECK ((mail_to IS NULL) = (consented_at IS NULL)),
    CHECK (confirmed_at IS NULL OR mail_to IS NOT NULL)
);

-- Mail to be sent. Claimed before it is sent, so that nobody sends it twice: one that was claimed and never told of may
-- have arrived, and stays as it is.
CREATE TABLE mail_outbox (
    mail_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('confirm', 'digest')),
    day          date NOT NULL,                 -- of TY_TIMEZONE
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'claimed', 'sent', 'dropped', 'given_up')),
    made_at      timestamptz NOT NULL DEFAULT now(),
    claimed_at   timestamptz,
    ended_at     timestamptz,                   -- sent, dropped or given up
    next_try_at  timestamptz NOT NULL DEFAULT now(),
    attempts     smallint NOT NULL DEFAULT 0,
    error        text NOT NULL DEFAULT '',      -- a class or a server's code; never its words, which may name an address
    token_hash   bytea UNIQUE                   -- SHA-256 of the token in its links
);
CREATE UNIQUE INDEX mail_outbox_one_digest_a_day ON mail_outbox (account_id, day) WHERE kind = 'digest';
CREATE INDEX mail_outbox_of_account ON mail_outbox (account_id);
CREATE INDEX mail_outbox_unsent ON mail_outbox (next_try_at) WHERE state IN ('waiting', 'claimed');

-- A strong match that is new to its person: told of once. A posting that goes and comes again is none.
CREATE TABLE notices (
    account_id   uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    posting_id   uuid NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now(),
    known        boolean NOT NULL DEFAULT false, -- was there at the first look, so nobody is told
    read_at      timestamptz,
    mail_id      bigint,                        -- the mail that tells of it, which may be gone: it is told all the same
    PRIMARY KEY (account_id, posting_id)
);
CREATE INDEX notices_newest ON notices (account_id, made_at DESC, posting_id) WHERE NOT known;
CREATE INDEX notices_unread ON notices (account_id) WHERE read_at IS NULL AND NOT known;
CREATE INDEX notices_of_mail ON notices (mail_id) WHERE mail_id IS NOT NULL;
