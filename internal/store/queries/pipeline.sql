-- name: RequestGet :one
SELECT * FROM requests WHERE home = @home AND actor = @actor AND request_id = @request_id;

-- name: EventsSince :many
SELECT * FROM events
WHERE noun = @noun AND (at, id) > (@after_at::timestamptz, @after_id::uuid)
ORDER BY at, id LIMIT @max_rows;

-- name: EventsOfNoun :many
SELECT * FROM events
WHERE home = @home AND noun_id = @noun_id AND (at, id) > (@after_at::timestamptz, @after_id::uuid)
ORDER BY at, id LIMIT @max_rows;

-- What one thing was at a time: an event carries the state that it left. A
-- thing of the directory has events in the province of whoever changed it.
-- name: EventAsOf :one
SELECT * FROM events
WHERE home = ANY(@homes::text[]) AND noun_id = @noun_id AND at <= @at
ORDER BY at DESC, id DESC LIMIT 1;

-- name: DecisionsForget :execrows
DELETE FROM decisions WHERE (home, id) IN (
    SELECT d.home, d.id FROM decisions d WHERE d.at < @before ORDER BY d.at LIMIT @max_rows
);
