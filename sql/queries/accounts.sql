-- Accounts, what opens them, and what was done.

-- name: account_of_session
-- Who a browser's cookie speaks for; asked with every request, so one row by one unique index. stale: the moment it was
-- last seen is to be noted again.
SELECT a.account_id, a.profile_id, a.email, a.is_admin, a.is_recruiter, a.language, s.session_id,
       EXISTS (SELECT FROM profile_documents d WHERE d.profile_id = a.profile_id) AS has_profile,
       s.last_seen_at < now() - interval '1 minute' AS stale,
       (SELECT count(*) FROM notices n WHERE n.account_id = a.account_id AND n.read_at IS NULL AND NOT n.known)::integer
       AS unread_notices -- by notices_unread
FROM sessions s
JOIN accounts a USING (account_id)
WHERE s.token_hash = :token_hash
  AND s.expires_at > now()
  AND s.last_seen_at > now() - :idle::interval;

-- name: account_of_token
-- Who a program's token speaks for.
SELECT a.account_id, a.profile_id, a.email, a.is_admin, a.is_recruiter, a.language, NULL::uuid AS session_id,
       EXISTS (SELECT FROM profile_documents d WHERE d.profile_id = a.profile_id) AS has_profile,
       coalesce(t.last_used_at < now() - interval '1 minute', true) AS stale
FROM api_tokens t
JOIN accounts a USING (account_id)
WHERE t.token_hash = :token_hash;

-- name: session_seen!
UPDATE sessions SET last_seen_at = now() WHERE token_hash = :token_hash;

-- name: token_used!
UPDATE api_tokens SET last_used_at = now() WHERE token_hash = :token_hash;

-- name: account_add
-- No row where the address or the profile has an account already.
INSERT INTO accounts (account_id, profile_id, email, email_key, password_hash, is_admin, is_recruiter, language,
                      consented_at, password_changed_at)
VALUES (:account_id, :profile_id, :email, :email_key, :password_hash, :is_admin, :is_recruiter, :language,
        CASE WHEN :consented::boolean THEN now() END, CASE WHEN :password_hash::text IS NOT NULL THEN now() END)
ON CONFLICT DO NOTHING
RETURNING account_id;

-- name: account_of_email
SELECT account_id, profile_id, email, password_hash, is_admin, language FROM accounts WHERE email_key = :email_key;

-- name: accounts_listed
SELECT a.account_id, a.email, a.profile_id, a.is_admin, a.is_recruiter, a.created_at, p.headline,
       a.password_hash IS NOT NULL AS has_password,
       (SELECT max(s.last_seen_at) FROM sessions s WHERE s.account_id = a.account_id) AS last_seen_at
FROM accounts a
LEFT JOIN profiles p USING (profile_id)
ORDER BY a.created_at, a.account_id;

-- name: account_secrets
-- What is asked again before something that cannot be undone.
SELECT password_hash, email_key FROM accounts WHERE account_id = :account_id;

-- name: account_facts
SELECT created_at, consented_at, password_changed_at, password_hash IS NOT NULL AS has_password
FROM accounts
WHERE account_id = :account_id;

-- name: account_id_of_profile
SELECT account_id, email FROM accounts WHERE profile_id = :profile_id;

-- name: profile_ids_like
-- People whose id begins like this, whether or not they have an account.
SELECT profile_id FROM profile_documents WHERE profile_id::text LIKE :prefix ORDER BY profile_id LIMIT 10;

-- name: password_set!
UPDATE accounts SET password_hash = :password_hash, password_changed_at = now() WHERE account_id = :account_id;

-- name: password_rehashed!
-- The same password by today's parameters; unless it has been changed meanwhile.
UPDATE accounts SET password_hash = :password_hash WHERE account_id = :account_id AND password_hash = :was;

-- name: email_set
-- No row where another account has the address.
UPDATE accounts a SET email = :email, email_key = :email_key
WHERE a.account_id = :account_id
  AND NOT EXISTS (SELECT FROM accounts o WHERE o.email_key = :email_key AND o.account_id <> a.account_id)
RETURNING a.account_id;

-- name: language_set!
UPDATE accounts SET language = :language WHERE account_id = :account_id;

-- name: admin_set!
UPDATE accounts SET is_admin = :is_admin WHERE account_id = :account_id;

-- name: recruiter_set!
UPDATE accounts SET is_recruiter = :is_recruiter WHERE account_id = :account_id;

-- name: session_add!
INSERT INTO sessions (account_id, token_hash, browser, expires_at)
VALUES (:account_id, :token_hash, :browser, now() + :lifetime::interval);

-- name: session_renew!
UPDATE sessions SET token_hash = :token_hash WHERE session_id = :session_id;

-- name: session_end
DELETE FROM sessions WHERE account_id = :account_id AND session_id = :session_id RETURNING session_id;

-- name: sessions_end_others
-- All but the one that is kept; all where none is.
DELETE FROM sessions
WHERE account_id = :account_id AND (:session_id::uuid IS NULL OR session_id <> :session_id::uuid)
RETURNING session_id;

-- name: sessions_of_account
SELECT session_id, browser, created_at, last_seen_at, expires_at
FROM sessions
WHERE account_id = :account_id AND expires_at > now() AND last_seen_at > now() - :idle::interval
ORDER BY last_seen_at DESC, session_id;

-- name: sessions_prune!
-- By sessions_expires_at. One that was idle for too long opens nothing either, and goes when it would have expired: an
-- index on when it was last seen would be written with every minute of everybody's visits.
DELETE FROM sessions WHERE expires_at < now();

-- name: tokens_of_account
SELECT token_id, name, created_at, last_used_at FROM api_tokens
WHERE account_id = :account_id
ORDER BY created_at, token_id;

-- name: token_add
INSERT INTO api_tokens (account_id, name, token_hash) VALUES (:account_id, :name, :token_hash)
ON CONFLICT DO NOTHING
RETURNING token_id;

-- name: token_end
DELETE FROM api_tokens WHERE account_id = :account_id AND token_id = :token_id RETURNING token_id;

-- name: link_add!
INSERT INTO sign_in_links (account_id, token_hash, expires_at)
VALUES (:account_id, :token_hash, now() + :lifetime::interval);

-- name: link_take
-- Deleted whatever comes of it: a link is good for one try.
WITH taken AS (DELETE FROM sign_in_links WHERE token_hash = :token_hash RETURNING account_id, expires_at)
SELECT account_id FROM taken WHERE expires_at > now();

-- name: links_end!
DELETE FROM sign_in_links WHERE account_id = :account_id;

-- name: audit!
INSERT INTO audit_log (action, account_id, posting_id) VALUES (:action, :account_id::uuid, :posting_id::uuid);

-- name: take_turn
-- One row where there was a turn left. full_at is when all turns are there again; each one taken moves it on. Nobody
-- waits for the disk: a turn that a crash gives back does no harm.
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO rate_limits AS r (action, subject, full_at)
SELECT :action, :subject, now() + :each::interval FROM quick
ON CONFLICT (action, subject) DO UPDATE SET full_at = greatest(r.full_at, now()) + :each::interval
WHERE greatest(r.full_at, now()) + :each::interval <= now() + :window::interval
RETURNING full_at;

-- name: next_turn
-- Seconds until there is a turn again.
SELECT extract(epoch FROM full_at + :each::interval - :window::interval - now())::float8 AS seconds
FROM rate_limits
WHERE action = :action AND subject = :subject;

-- name: turns_back!
DELETE FROM rate_limits WHERE action = :action AND subject = :subject;

-- name: turns_prune!
DELETE FROM rate_limits WHERE full_at < now();

-- name: export_of_person
-- As text: it is only passed on.
SELECT of_table, jsonb_pretty(stored) AS stored FROM rows_of_person(:profile_id, :account_id);

-- name: judged_postings
-- Those that somebody was given a reasoning model's verdict on, or may have been refused one.
SELECT posting_id FROM profile_posting_matches WHERE profile_id = :profile_id;

-- name: failures_delete!
-- subjects: ids by which failures name a person, or one of their matches.
DELETE FROM failures WHERE subject = ANY(:subjects::text[]);

-- name: derivations_delete!
DELETE FROM derivations WHERE subject = :profile_id;

-- name: legacy_person_delete!
DELETE FROM legacy_ids WHERE kind = 'profile' AND new_id = :profile_id;

-- name: person_delete!
-- All that was derived, said, written and remembered of the person goes with it.
DELETE FROM profile_documents WHERE profile_id = :profile_id;

-- name: account_delete!
DELETE FROM accounts WHERE account_id = :account_id;

-- name: turns_delete!
DELETE FROM rate_limits WHERE subject = ANY(:subjects::bytea[]);
