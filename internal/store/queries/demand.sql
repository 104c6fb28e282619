-- name: DemandInsert :exec
INSERT INTO demands (home, id, buyer_id, buyer_alliance_id, buyer_class, title, category, product_id, base_unit, quantity, consignee,
    deliver_by, closes_at, public_key, revision, state, state_reason, reserve, purpose, quotes, closing_digest, closed_at, created_at, updated_at)
VALUES (@home, @id, @buyer_id, @buyer_alliance_id, @buyer_class, @title, @category, @product_id, @base_unit, @quantity, @consignee,
    @deliver_by, @closes_at, @public_key, @revision, @state, @state_reason, @reserve, @purpose, @quotes, @closing_digest, @closed_at, @created_at, @updated_at);

-- name: DemandGet :one
SELECT * FROM demands WHERE home = @home AND id = @id;

-- name: DemandLock :one
SELECT * FROM demands WHERE home = @home AND id = @id FOR UPDATE;

-- name: DemandUpdate :exec
UPDATE demands SET title = @title, quantity = @quantity, deliver_by = @deliver_by, closes_at = @closes_at, public_key = @public_key,
    revision = @revision, state = @state, state_reason = @state_reason, quotes = @quotes, closing_digest = @closing_digest,
    closed_at = @closed_at, updated_at = @updated_at
WHERE home = @home AND id = @id;

-- name: QuoteInsert :exec
INSERT INTO quotes (home, id, demand_id, revision, buyer_id, buyer_alliance_id, seller_id, seller_alliance_id, product_id, certificate_id,
    digest, commitment, state, state_reason, awarded, content, order_home, order_id, created_at, updated_at)
VALUES (@home, @id, @demand_id, @revision, @buyer_id, @buyer_alliance_id, @seller_id, @seller_alliance_id, @product_id, @certificate_id,
    @digest, @commitment, @state, @state_reason, @awarded, @content, @order_home, @order_id, @created_at, @updated_at);

-- name: QuoteSealInsert :exec
INSERT INTO quote_seals (home, quote_id, sealed) VALUES (@home, @quote_id, @sealed);

-- name: QuoteGet :one
SELECT * FROM quotes WHERE home = @home AND id = @id;

-- name: QuotesOfDemand :many
SELECT * FROM quotes
WHERE home = @home AND demand_id = @demand_id AND state = ANY(@states::text[])
ORDER BY id LIMIT @max_rows;

-- name: QuoteSeals :many
SELECT * FROM quote_seals WHERE home = @home AND quote_id = ANY(@ids::uuid[]);

-- name: QuoteUpdate :exec
UPDATE quotes SET state = @state, state_reason = @state_reason, awarded = @awarded, content = @content, order_home = @order_home,
    order_id = @order_id, updated_at = @updated_at
WHERE home = @home AND id = @id;

-- All quotes on a demand that stand, at once.
-- name: QuotesStep :many
UPDATE quotes SET state = @state, state_reason = @state_reason, updated_at = @updated_at
WHERE home = @home AND demand_id = @demand_id AND state = ANY(@from_states::text[])
RETURNING *;

-- name: NoticeInsert :exec
INSERT INTO notices (home, id, kind, memo, at) VALUES (@home, @id, @kind, @memo, @at);

-- name: NoticesOf :many
SELECT n.* FROM notices n
JOIN (SELECT unnest(@homes::text[]) AS home, unnest(@ids::uuid[]) AS id) u ON n.home = u.home AND n.id = u.id;
