-- Who may see what: accounts, their sessions and tokens, how often somebody has tried, and what was done.
-- depends: 0012_feedback

CREATE TABLE accounts (
    account_id          uuid PRIMARY KEY,
    -- Given at sign-up, so no foreign key: the profile is there when it has been written or imported.
    profile_id          uuid NOT NULL UNIQUE,
    email               text NOT NULL,          -- as its owner writes it
    email_key           text NOT NULL UNIQUE,   -- folded, so that one mailbox has one account
    password_hash       text,                   -- null: made from the shell, opened by a link until one is set
    is_admin            boolean NOT NULL DEFAULT false,
    language            text CHECK (language IN ('de', 'en')), -- chosen by hand; null: the browser's
    consented_at        timestamptz,            -- to the storage of data; null: made from the shell
    password_changed_at timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now()
);

-- A browser that is signed in. The token itself is only in its cookie.
CREATE TABLE sessions (
    session_id   uuid PRIMARY KEY DEFAULT gen_random_uuid(), -- to tell and end it by; opens nothing
    account_id   uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    token_hash   bytea NOT NULL UNIQUE,         -- SHA-256 of 256 random bits
    browser      text NOT NULL,                 -- such as "Firefox, Linux": enough for its owner to know it
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(), -- to the minute
    expires_at   timestamptz NOT NULL           -- however much it is used
);
CREATE INDEX sessions_of_account ON sessions (account_id);

-- Opens the API to a program of the account's owner.
CREATE TABLE api_tokens (
    token_id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id   uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name         text NOT NULL,
    token_hash   bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,                   -- to the minute
    UNIQUE (account_id, name)
);

-- Signs in once, without a password; made by `ty account open`.
CREATE TABLE sign_in_links (
    token_hash   bytea PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX sign_in_links_of_account ON sign_in_links (account_id);

-- How often somebody has tried something lately: a bucket that fills by itself, as the moment when it is full again.
-- A row says nothing once that moment has passed, and goes.
CREATE TABLE rate_limits (
    action       text NOT NULL,
    subject      bytea NOT NULL,                -- hash of an account, an address or a mail address
    full_at      timestamptz NOT NULL,
    PRIMARY KEY (action, subject)
);
CREATE INDEX rate_limits_full_at ON rate_limits (full_at);

-- What was done that somebody may have to answer for. It outlives its account, and then names nobody.
CREATE TABLE audit_log (
    entry_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at  timestamptz NOT NULL DEFAULT now(),
    action       text NOT NULL,
    account_id   uuid REFERENCES accounts ON DELETE SET NULL, -- who did it; null: nobody known, or gone
    posting_id   uuid                           -- what was looked at
);
CREATE INDEX audit_log_of_account ON audit_log (account_id, entry_id DESC);

-- Everything that is stored of a person, table by table, whatever tables there will be: a table is a person's where a
-- column says whose each row is. Vectors say nothing to a reader; hashes of secrets and of texts are nobody's business.
CREATE FUNCTION rows_of_person(of_profile uuid, of_account uuid)
RETURNS TABLE (of_table text, stored jsonb) LANGUAGE plpgsql STABLE AS $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT c.table_name::text AS name, c.column_name::text AS whose,
               ARRAY(
                   SELECT h.column_name::text FROM information_schema.columns h
                   WHERE h.table_schema = c.table_schema AND h.table_name = c.table_name
                     AND (h.udt_name IN ('vector', 'halfvec', 'tsvector') OR h.column_name LIKE '%\_hash'
                          OR (h.column_name = 'key' AND h.udt_name = 'bytea'))
               ) AS unsaid
        FROM information_schema.columns c
        JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
          AND c.column_name IN ('profile_id', 'account_id', 'owner') AND c.udt_name = 'uuid'
          -- an account has both columns
          AND NOT (c.table_name = 'accounts' AND c.column_name = 'profile_id')
        ORDER BY c.table_name
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L::text, coalesce(jsonb_agg(to_jsonb(r) - $2), ''[]'') FROM %I r WHERE r.%I = $1',
            found.name, found.name, found.whose
        ) USING CASE found.whose WHEN 'account_id' THEN of_account ELSE of_profile END, found.unsaid;
    END LOOP;
END $$;
