-- Verdicts of the reasoning model, and how often they and the rule agree with the similarity.

-- name: verdicts_wanted
-- Each person's best matches over all days, of those the ones of these days, that the model has not decided as they are.
SELECT best.profile_id, best.posting_id, best.place, o.first_seen_on
FROM profiles p
CROSS JOIN LATERAL (
    SELECT m.profile_id, m.posting_id, m.day,
           row_number() OVER (ORDER BY m.passed_gates DESC, m.score DESC, m.posting_id) AS place
    FROM profile_posting_matches m WHERE m.profile_id = p.profile_id
    ORDER BY m.passed_gates DESC, m.score DESC, m.posting_id LIMIT :best) AS best
JOIN postings o ON o.posting_id = best.posting_id
LEFT JOIN match_verdicts v ON v.profile_id = best.profile_id AND v.posting_id = best.posting_id
WHERE best.day = ANY(:days) AND o.available
  AND (v.profile_id IS NULL OR (v.model, v.task_version, v.profile_hash, v.posting_hash)
                               <> (:model, :task_version, p.input_hash, o.content_hash))
ORDER BY best.place, best.profile_id, best.posting_id;

-- name: verdict_of
-- The verdict as it is current for this model; none where person, posting, model or question have changed.
SELECT v.decision, v.confidence, v.reasons, v.removed, v.model, v.task_version
FROM match_verdicts v JOIN profiles p USING (profile_id) JOIN postings o USING (posting_id)
WHERE (v.profile_id, v.posting_id) = (:profile_id, :posting_id)
  AND (v.model, v.task_version, v.profile_hash, v.posting_hash)
      = (:model, :task_version, p.input_hash, o.content_hash);

-- name: people_to_decide
SELECT d.profile_id, d.bucket, d.origin, d.document, p.input_hash
FROM profile_documents d JOIN profiles p USING (profile_id) WHERE d.profile_id = ANY(:profile_ids);

-- name: postings_to_decide
SELECT o.posting_id, o.title, o.language, o.description, o.content_hash, o.first_seen_on,
       COALESCE((SELECT jsonb_agg(r.quote ORDER BY r.ordinal) FROM posting_requirements r
                 WHERE r.posting_id = o.posting_id), '[]') AS quotes
FROM postings o WHERE o.posting_id = ANY(:posting_ids);

-- name: verdicts_put_off
-- What failed and is not tried again now.
SELECT subject FROM failures
WHERE stage = 'match_verdicts' AND task_version = :failure_version AND (given_up OR next_try_at > now());

-- name: match_exists
SELECT EXISTS (SELECT FROM profile_posting_matches WHERE (profile_id, posting_id) = (:profile_id, :posting_id));

-- name: verdict_counts
SELECT m.day, count(*) AS rows, count(*) FILTER (WHERE v.decision = 'apply') AS apply,
       count(*) FILTER (WHERE v.decision IS NULL) AS without_a_verdict
FROM match_verdicts v JOIN profile_posting_matches m USING (profile_id, posting_id)
WHERE m.day = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: decisions_by_band
-- Scores are compared as decimals: 0.7 as a real is a little less.
WITH decided AS (
    SELECT m.day, 'rule' AS decided_by, m.score, a.recommendation AS decision
    FROM match_analyses a JOIN profile_posting_matches m USING (profile_id, posting_id)
    WHERE m.day = ANY(:days)
    UNION ALL
    SELECT m.day, v.model, m.score, v.decision
    FROM match_verdicts v JOIN profile_posting_matches m USING (profile_id, posting_id)
    WHERE m.day = ANY(:days) AND v.decision IS NOT NULL
)
SELECT day, decided_by, LEAST(floor(score::numeric * 10), 9)::smallint AS band, count(*) AS decisions,
       count(*) FILTER (WHERE decision = 'apply') AS apply,
       count(*) FILTER (WHERE (decision = 'apply') = (score::numeric >= :apply_from::numeric)) AS agreed
FROM decided GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- name: decisions_that_differ
-- Of each band, those where similarity was surest of the other decision.
WITH decided AS (
    SELECT m.day, 'rule' AS decided_by, m.score, a.recommendation AS decision, m.profile_id, m.posting_id
    FROM match_analyses a JOIN profile_posting_matches m USING (profile_id, posting_id)
    WHERE m.day = ANY(:days)
    UNION ALL
    SELECT m.day, v.model, m.score, v.decision, m.profile_id, m.posting_id
    FROM match_verdicts v JOIN profile_posting_matches m USING (profile_id, posting_id)
    WHERE m.day = ANY(:days) AND v.decision IS NOT NULL
), differing AS (
    SELECT day, decided_by, LEAST(floor(score::numeric * 10), 9)::smallint AS band, profile_id, posting_id,
           abs(score::numeric - :apply_from::numeric) AS distance
    FROM decided WHERE (decision = 'apply') <> (score::numeric >= :apply_from::numeric)
)
SELECT day, decided_by, band, profile_id, posting_id
FROM (SELECT *, row_number() OVER (PARTITION BY day, decided_by, band
                                   ORDER BY distance DESC, profile_id, posting_id) AS place FROM differing) AS ranked
WHERE place <= :examples
ORDER BY day, decided_by, band, place;

-- name: agreement_counts
SELECT day, count(*) AS rows, sum(decisions) AS decisions, sum(agreed) AS agreed
FROM decision_agreement WHERE day = ANY(:days) GROUP BY 1 ORDER BY 1;

-- name: agreement_over_time
SELECT day, decided_by, sum(decisions)::int AS decisions, sum(apply)::int AS apply, sum(agreed)::int AS agreed
FROM decision_agreement WHERE :first::date IS NULL OR day BETWEEN :first::date AND :last::date
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: agreement_by_band
SELECT decided_by, band, sum(decisions)::int AS decisions, sum(apply)::int AS apply, sum(agreed)::int AS agreed
FROM decision_agreement WHERE :first::date IS NULL OR day BETWEEN :first::date AND :last::date
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: agreement_examples
SELECT day, decided_by, band, profile_id, posting_id FROM disagreement_examples
WHERE :first::date IS NULL OR day BETWEEN :first::date AND :last::date
ORDER BY day DESC, decided_by, band, profile_id, posting_id LIMIT :limit;
