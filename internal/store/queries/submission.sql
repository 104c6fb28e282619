-- name: SubmissionInsert :exec
INSERT INTO submissions (period, position, manifest, note, size, sha256, policy_revision, issuer_id, subject, created_at)
VALUES (@period, @position, @manifest, @note, @size, @sha256, @policy_revision, @issuer_id, @subject, @created_at);

-- name: SubmissionPartInsert :exec
INSERT INTO submission_parts (period, place, content) VALUES (@period, @place, @content);

-- name: SubmissionGet :one
SELECT * FROM submissions WHERE period = @period;

-- name: SubmissionsList :many
SELECT * FROM submissions WHERE period > @after ORDER BY period LIMIT @max_rows;

-- The part of a pack that has a place in it, by its first byte.
-- name: SubmissionPart :one
SELECT * FROM submission_parts WHERE period = @period AND place = @place;

-- What a span of the log's first transactions counts as adjustments of earlier
-- periods, without the trades of one class of buyer.
-- name: Adjustments :many
SELECT e.adjusts, e.direction, e.measure, sum(e.measure_fen)::bigint AS fen, sum(e.measure_quantity)::bigint AS quantity,
    count(*) AS entries
FROM ledger_entries e
JOIN seals s ON s.home = e.home AND s.transaction_id = e.transaction_id AND s.position < @position
WHERE e.adjusts <> '' AND e.measure <> '' AND e.at >= @from_time AND e.at < @to_time AND e.buyer_class <> @without
GROUP BY e.adjusts, e.direction, e.measure
ORDER BY e.adjusts, e.direction, e.measure;
