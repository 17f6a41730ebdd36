-- name: open_incident!
-- Once for each subject while it is open; what was first told stays.
INSERT INTO incidents (kind, subject, opened_at, message, link)
VALUES (:kind, :subject, :opened_at, :message, :link)
ON CONFLICT (kind, subject) WHERE closed_at IS NULL DO NOTHING;

-- name: close_incidents!
UPDATE incidents SET closed_at = GREATEST(opened_at, CAST(:closed_at AS timestamptz)), attempts = 0, next_tell_at = now(),
    reached = CASE WHEN told_opened IS NULL THEN '{}' ELSE reached END
WHERE incident_id = ANY(:incident_ids) AND closed_at IS NULL;

-- name: open_incidents
SELECT incident_id, kind, subject, opened_at, message, link, told_opened
FROM incidents WHERE closed_at IS NULL ORDER BY opened_at, incident_id;

-- name: latest_incidents
SELECT incident_id, kind, subject, opened_at, closed_at, message, link, told_opened, told_closed
FROM incidents ORDER BY closed_at IS NOT NULL, opened_at DESC, incident_id DESC LIMIT :limit;

-- name: untold_incidents
-- What the receivers have not heard of yet: that it is wrong, or that it is over. A day after it was over nobody needs
-- to hear it any more.
SELECT incident_id, kind, subject, opened_at, closed_at, message, link, told_opened, reached, attempts
FROM incidents
WHERE next_tell_at <= now()
  AND (closed_at IS NULL AND told_opened IS NULL
       OR told_closed IS NULL AND closed_at > now() - interval '1 day')
ORDER BY opened_at, incident_id
LIMIT :limit;

-- name: incident_told!
UPDATE incidents SET told_opened = COALESCE(told_opened, now()), reached = '{}', attempts = 0,
    told_closed = CASE WHEN :closed THEN now() END
WHERE incident_id = :incident_id;

-- name: incident_not_told!
UPDATE incidents SET reached = :reached, attempts = attempts + 1, next_tell_at = now() + CAST(:again AS interval)
WHERE incident_id = :incident_id;

-- name: silent_sources
SELECT source, silent_since, failures, last_error FROM source_states
WHERE silent_since < now() - CAST(:longer_than AS interval) ORDER BY source;
