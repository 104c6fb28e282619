-- name: LotInsert :exec
INSERT INTO lots (home, id, seller_id, seller_alliance_id, product_id, certificate_id, code, origin, produced_on,
    quantity, state, state_reason, created_at, updated_at)
VALUES (@home, @id, @seller_id, @seller_alliance_id, @product_id, @certificate_id, @code, @origin, @produced_on,
    @quantity, @state, @state_reason, @created_at, @updated_at);

-- name: LotGet :one
SELECT * FROM lots WHERE home = @home AND id = @id;

-- name: LotHold :one
SELECT * FROM lots WHERE home = @home AND id = @id FOR SHARE;

-- name: LotLock :one
SELECT * FROM lots WHERE home = @home AND id = @id FOR UPDATE;

-- name: LotUpdate :exec
UPDATE lots SET state = @state, state_reason = @state_reason, updated_at = @updated_at WHERE home = @home AND id = @id;

-- name: OffersOfLot :many
SELECT home, id FROM offers
WHERE home = @home AND lot_id = @lot_id AND state = 'PUBLISHED'
ORDER BY id LIMIT @max_rows;

-- name: SamplingInsert :exec
INSERT INTO samplings (home, lot_id, id, authority_id, sampled_on, item, passed, report, at)
VALUES (@home, @lot_id, @id, @authority_id, @sampled_on, @item, @passed, @report, @at);

-- name: SamplingsOfLot :many
SELECT * FROM samplings WHERE home = @home AND lot_id = @lot_id ORDER BY at DESC, id DESC LIMIT @max_rows;
