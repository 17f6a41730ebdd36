-- Notices of new strong matches, and the mail that tells of them. Everything is one person's and goes with the account.

-- name: notices_first_looks
-- Accounts whose matches nobody has looked at for notices yet: what is there now is known to them.
INSERT INTO notice_settings (account_id, known_from, language)
SELECT a.account_id, :today::date, COALESCE(a.language, 'de') FROM accounts a
LEFT JOIN notice_settings s USING (account_id)
WHERE s.known_from IS NULL AND EXISTS (SELECT FROM profile_posting_matches m WHERE m.profile_id = a.profile_id)
ON CONFLICT (account_id) DO UPDATE SET known_from = EXCLUDED.known_from
RETURNING account_id;

-- name: notices_known!
INSERT INTO notices (account_id, posting_id, known, read_at)
SELECT a.account_id, m.posting_id, true, now()
FROM accounts a JOIN profile_posting_matches m USING (profile_id)
WHERE a.account_id = ANY(:account_ids) AND m.tier = 'strong' AND m.passed_gates
ON CONFLICT (account_id, posting_id) DO NOTHING;

-- name: notice_candidates
-- Strong matches of some days that their person was not told of and does not know from the beginning.
SELECT a.account_id, m.posting_id, s.known_from, m.tier, m.passed_gates, COALESCE(p.hidden, false) AS hidden,
       f.profile_id IS NULL OR p.posting_id IS NOT NULL AS judged, r.profile_id IS NOT NULL AS rated,
       o.available, o.valid_through, o.first_seen_on
FROM profile_posting_matches m
JOIN accounts a USING (profile_id)
JOIN notice_settings s USING (account_id)
JOIN postings o USING (posting_id)
LEFT JOIN feedback_states f ON f.profile_id = m.profile_id
LEFT JOIN personal_matches p ON p.profile_id = m.profile_id AND p.posting_id = m.posting_id
LEFT JOIN match_ratings r ON r.profile_id = m.profile_id AND r.posting_id = m.posting_id
WHERE m.day = ANY(:days) AND m.tier = 'strong' AND s.known_from IS NOT NULL
  AND NOT EXISTS (SELECT FROM notices n WHERE n.account_id = a.account_id AND n.posting_id = m.posting_id)
ORDER BY a.account_id, m.score DESC, m.posting_id;

-- name: keep_notices
INSERT INTO notices (account_id, posting_id)
SELECT x.account_id, x.posting_id FROM unnest(:account_ids::uuid[], :posting_ids::uuid[]) AS x (account_id, posting_id)
JOIN accounts USING (account_id)
ON CONFLICT (account_id, posting_id) DO NOTHING
RETURNING account_id;

-- name: notice_counts
SELECT o.first_seen_on AS day, count(*) AS rows, count(DISTINCT n.account_id) AS people
FROM notices n JOIN postings o USING (posting_id)
WHERE o.first_seen_on = ANY(:days) AND NOT n.known GROUP BY 1 ORDER BY 1;

-- name: notices_of_account
-- Newest first, by notices_newest. A posting counts as open while one of its duplicates is.
SELECT n.posting_id, n.made_at, n.read_at, o.title, o.employer, o.city, o.region, o.country, o.remote, o.published_on,
       o.available, m.score, m.tier
FROM notices n
JOIN accounts a USING (account_id)
JOIN postings o USING (posting_id)
LEFT JOIN profile_posting_matches m ON m.profile_id = a.profile_id AND m.posting_id = n.posting_id
WHERE n.account_id = :account_id AND NOT n.known
  AND (NOT :only_unread::boolean OR n.read_at IS NULL)
  AND (:after_id::uuid IS NULL OR n.made_at < :after_moment::timestamptz
       OR n.made_at = :after_moment::timestamptz AND n.posting_id > :after_id::uuid)
ORDER BY n.made_at DESC, n.posting_id LIMIT :row_limit;

-- name: unread_notices
SELECT count(*)::integer AS unread FROM notices WHERE account_id = :account_id AND read_at IS NULL AND NOT known;

-- name: read_notices
-- posting_id null: all of them.
UPDATE notices SET read_at = now()
WHERE account_id = :account_id AND read_at IS NULL AND NOT known
  AND (:posting_id::uuid IS NULL OR posting_id = :posting_id::uuid)
RETURNING posting_id;

-- name: notice_settings_of
SELECT s.mail_to, s.consented_at, s.confirmed_at, COALESCE(s.hour, 7) AS hour, COALESCE(s.language, a.language) AS language,
       a.email, s.mail_to IS NOT NULL AND s.mail_to <> a.email AS moved,
       (SELECT count(*) FROM mail_outbox o WHERE o.account_id = a.account_id AND o.kind = 'confirm'
        AND o.made_at > now() - interval '1 day')::integer AS asked_today
FROM accounts a LEFT JOIN notice_settings s USING (account_id) WHERE a.account_id = :account_id;

-- name: mail_wanted!
-- Consent for the account's address as it is now. One that was confirmed stays so, for the same address.
INSERT INTO notice_settings (account_id, mail_to, consented_at, hour, language)
SELECT a.account_id, a.email, now(), :hour, :language FROM accounts a WHERE a.account_id = :account_id
ON CONFLICT (account_id) DO UPDATE
SET consented_at = CASE WHEN notice_settings.mail_to = EXCLUDED.mail_to THEN notice_settings.consented_at ELSE now() END,
    confirmed_at = CASE WHEN notice_settings.mail_to = EXCLUDED.mail_to THEN notice_settings.confirmed_at END,
    mail_to = EXCLUDED.mail_to, hour = EXCLUDED.hour, language = EXCLUDED.language;

-- name: mail_unwanted!
UPDATE notice_settings SET mail_to = NULL, consented_at = NULL, confirmed_at = NULL WHERE account_id = :account_id;

-- name: drop_waiting_mail!
UPDATE mail_outbox SET state = 'dropped', ended_at = now() WHERE account_id = :account_id AND state = 'waiting';

-- name: ask_to_confirm
-- None while one is still on its way.
INSERT INTO mail_outbox (account_id, kind, day)
SELECT s.account_id, 'confirm', :today::date FROM notice_settings s
WHERE s.account_id = :account_id AND s.mail_to IS NOT NULL AND s.confirmed_at IS NULL
  AND NOT EXISTS (SELECT FROM mail_outbox o
                  WHERE o.account_id = s.account_id AND o.kind = 'confirm' AND o.state = 'waiting')
RETURNING mail_id;

-- name: mail_of_token
-- What a link of a mail belongs to. may_confirm: the first mail, to the address that consent was given for, in time.
SELECT o.account_id, s.confirmed_at IS NOT NULL AS confirmed, s.mail_to IS NOT NULL AS wanted, s.language,
       o.kind = 'confirm' AND o.made_at > now() - interval '7 days' AND s.consented_at <= o.made_at
       AND s.mail_to = a.email AS may_confirm
FROM mail_outbox o JOIN accounts a USING (account_id) LEFT JOIN notice_settings s USING (account_id)
WHERE o.token_hash = :token_hash;

-- name: mail_confirmed!
UPDATE notice_settings SET confirmed_at = COALESCE(confirmed_at, now())
WHERE account_id = :account_id AND mail_to IS NOT NULL;

-- name: make_digests
-- For whom the hour has come, once a day, where there is something unread that no mail has told of.
WITH due AS (
    SELECT s.account_id FROM notice_settings s JOIN accounts a USING (account_id)
    WHERE s.confirmed_at IS NOT NULL AND s.mail_to = a.email AND s.hour <= :hour
      AND NOT EXISTS (SELECT FROM mail_outbox o
                      WHERE o.account_id = s.account_id AND o.kind = 'digest' AND o.day >= :today::date)
      AND EXISTS (SELECT FROM notices n WHERE n.account_id = s.account_id AND n.read_at IS NULL AND NOT n.known
                  AND n.mail_id IS NULL)
), made AS (
    INSERT INTO mail_outbox (account_id, kind, day) SELECT account_id, 'digest', :today::date FROM due
    ON CONFLICT (account_id, day) WHERE kind = 'digest' DO NOTHING
    RETURNING mail_id, account_id
), told AS (
    UPDATE notices n SET mail_id = made.mail_id FROM made
    WHERE n.account_id = made.account_id AND n.read_at IS NULL AND NOT n.known AND n.mail_id IS NULL
    RETURNING n.mail_id
)
SELECT mail_id, count(*)::integer AS notices FROM told GROUP BY mail_id ORDER BY mail_id;

-- name: mail_is_due
-- Whether a run would have anything to do.
SELECT EXISTS (SELECT FROM mail_outbox WHERE state = 'waiting' AND next_try_at <= now())
    OR EXISTS (
        SELECT FROM notice_settings s JOIN accounts a USING (account_id)
        WHERE s.confirmed_at IS NOT NULL AND s.mail_to = a.email AND s.hour <= :hour
          AND NOT EXISTS (SELECT FROM mail_outbox o
                          WHERE o.account_id = s.account_id AND o.kind = 'digest' AND o.day >= :today::date)
          AND EXISTS (SELECT FROM notices n WHERE n.account_id = s.account_id AND n.read_at IS NULL AND NOT n.known
                      AND n.mail_id IS NULL)
    ) AS due;

-- name: claim_mail
-- The next one that is due, of one account or of any. From here on nobody else sends it.
UPDATE mail_outbox SET state = 'claimed', claimed_at = now(), attempts = attempts + 1, token_hash = :token_hash
WHERE mail_id = (
    SELECT mail_id FROM mail_outbox
    WHERE state = 'waiting' AND next_try_at <= now() AND (:account_id::uuid IS NULL OR account_id = :account_id::uuid)
    ORDER BY next_try_at, mail_id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING mail_id, account_id, kind, attempts;

-- name: mail_receiver
-- Where a claimed mail goes; no row where it is not wanted any more.
SELECT s.mail_to, s.language FROM mail_outbox o
JOIN notice_settings s USING (account_id) JOIN accounts a USING (account_id)
WHERE o.mail_id = :mail_id AND s.mail_to = a.email
  AND CASE o.kind WHEN 'confirm' THEN s.confirmed_at IS NULL ELSE s.confirmed_at IS NOT NULL END;

-- name: mail_notices
-- What a digest tells of: what is still unread and open, the best first.
SELECT n.posting_id, o.title FROM notices n
JOIN accounts a USING (account_id) JOIN postings o USING (posting_id)
LEFT JOIN profile_posting_matches m ON m.profile_id = a.profile_id AND m.posting_id = n.posting_id
LEFT JOIN personal_matches p ON p.profile_id = a.profile_id AND p.posting_id = n.posting_id
WHERE n.mail_id = :mail_id AND n.read_at IS NULL AND o.available AND p.hidden IS NOT TRUE
ORDER BY m.score DESC NULLS LAST, n.posting_id;

-- name: mail_ended!
-- Only what is still claimed.
UPDATE mail_outbox SET state = :state, ended_at = now(), error = :error WHERE mail_id = :mail_id AND state = 'claimed';

-- name: mail_waits!
UPDATE mail_outbox
SET state = 'waiting', next_try_at = now() + :again::interval, error = :error
WHERE mail_id = :mail_id AND state = 'claimed';

-- name: mail_states
-- For the admin page. unclear: claimed an hour ago, and nobody has told what became of it.
SELECT CASE WHEN state = 'claimed' AND claimed_at < now() - interval '1 hour' THEN 'unclear' ELSE state END AS state,
       count(*)::integer AS mails, max(COALESCE(ended_at, claimed_at, made_at)) AS latest
FROM mail_outbox GROUP BY 1 ORDER BY 1;

-- name: prune_mail
-- What has ended; its links open nothing any more.
WITH gone AS (DELETE FROM mail_outbox WHERE state <> 'waiting' AND made_at < :before RETURNING 1)
SELECT count(*) FROM gone;
