-- name: AllianceInsert :exec
INSERT INTO alliances (id, name_zh, name_en, side, home, created_at)
VALUES (@id, @name_zh, @name_en, @side, @home, @created_at);

-- name: AllianceGet :one
SELECT * FROM alliances WHERE id = @id;

-- name: GrantInsert :exec
INSERT INTO grants (id, seller_alliance_id, buyer_alliance_id, valid_from, valid_to, revoked_at, revoke_reason, created_at)
VALUES (@id, @seller_alliance_id, @buyer_alliance_id, @valid_from, @valid_to, @revoked_at, @revoke_reason, @created_at);

-- name: GrantLock :one
SELECT * FROM grants WHERE id = @id FOR UPDATE;

-- name: GrantGet :one
SELECT * FROM grants WHERE id = @id;

-- name: GrantRevoke :execrows
UPDATE grants SET revoked_at = @revoked_at, revoke_reason = @revoke_reason WHERE id = @id;

-- The one in force on the day comes first, then the latest.
-- name: GrantBest :one
SELECT * FROM grants
WHERE seller_alliance_id = @seller_alliance_id AND buyer_alliance_id = @buyer_alliance_id
ORDER BY (revoked_at IS NULL AND (valid_from = '' OR valid_from <= @day::text) AND (valid_to = '' OR valid_to >= @day)) DESC,
    created_at DESC, id
LIMIT 1;

-- name: GrantHold :one
SELECT * FROM grants
WHERE seller_alliance_id = @seller_alliance_id AND buyer_alliance_id = @buyer_alliance_id
ORDER BY (revoked_at IS NULL AND (valid_from = '' OR valid_from <= @day::text) AND (valid_to = '' OR valid_to >= @day)) DESC,
    created_at DESC, id
LIMIT 1 FOR SHARE;

-- The grant of a time that is past, when one revoked since then still held.
-- name: GrantAsOf :one
SELECT * FROM grants
WHERE seller_alliance_id = @seller_alliance_id AND buyer_alliance_id = @buyer_alliance_id
ORDER BY ((revoked_at IS NULL OR revoked_at > @at::timestamptz)
    AND (valid_from = '' OR valid_from <= @day::text) AND (valid_to = '' OR valid_to >= @day)) DESC, created_at DESC, id
LIMIT 1;

-- name: GrantedTo :many
SELECT DISTINCT seller_alliance_id FROM grants
WHERE buyer_alliance_id = @buyer_alliance_id AND revoked_at IS NULL
    AND (valid_from = '' OR valid_from <= @day::text) AND (valid_to = '' OR valid_to >= @day)
ORDER BY seller_alliance_id LIMIT @max_rows;

-- name: MandateInsert :exec
INSERT INTO mandates (id, producer_id, agent_id, valid_from, valid_to, revoked_at, revoke_reason, created_at)
VALUES (@id, @producer_id, @agent_id, @valid_from, @valid_to, @revoked_at, @revoke_reason, @created_at);

-- name: MandateLock :one
SELECT * FROM mandates WHERE id = @id FOR UPDATE;

-- name: MandateGet :one
SELECT * FROM mandates WHERE id = @id;

-- name: MandateRevoke :execrows
UPDATE mandates SET revoked_at = @revoked_at, revoke_reason = @revoke_reason WHERE id = @id;

-- name: MandateBest :one
SELECT * FROM mandates
WHERE agent_id = @agent_id AND producer_id = @producer_id
ORDER BY (revoked_at IS NULL AND (valid_from = '' OR valid_from <= @day::text) AND (valid_to = '' OR valid_to >= @day)) DESC,
    created_at DESC, id
LIMIT 1;

-- name: MandateAsOf :one
SELECT * FROM mandates
WHERE agent_id = @agent_id AND producer_id = @producer_id
ORDER BY ((revoked_at IS NULL OR revoked_at > @at::timestamptz)
    AND (valid_from = '' OR valid_from <= @day::text) AND (valid_to = '' OR valid_to >= @day)) DESC, created_at DESC, id
LIMIT 1;
