-- Profiles that are being written: what somebody has typed or had read from a CV, before it is saved.
-- depends: 0013_accounts

CREATE TABLE profile_drafts (
    account_id   uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE, -- one open draft each
    kind         text NOT NULL,                 -- where it began: guided, profile, or the kind of document that was read
    draft        jsonb NOT NULL,                -- fields as typed, right or wrong; no birth date and no picture
    notes        jsonb NOT NULL DEFAULT '[]',   -- what reading was unsure of: [{"code":, "parameters":}]
    step         text,                          -- of the guided profile, the one to go on with
    started_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL
);
CREATE INDEX profile_drafts_expires_at ON profile_drafts (expires_at);
