-- name: ContractGet :one
SELECT * FROM contracts WHERE home = @home AND id = @id;

-- name: ContractLock :one
SELECT * FROM contracts WHERE home = @home AND id = @id FOR UPDATE;

-- name: ContractsByIDs :many
SELECT c.* FROM contracts c
JOIN (SELECT unnest(@homes::text[]) AS home, unnest(@ids::uuid[]) AS id) u ON c.home = u.home AND c.id = u.id;

-- name: ContractInsert :exec
INSERT INTO contracts (home, id, proposed_by, buyer_id, buyer_alliance_id, buyer_class, buyer_division, seller_id,
    seller_alliance_id, seller_division, product_id, certificate_id, scheme, category, variety, unit_quantity, price_basis,
    season_from, season_to, lead_days, schedule_days, schedule_quantities, quantity, tolerance_bp, floor_fen, index_name,
    deposit_fen, deposit_release, held_fen, released_fen, payable_fen, paid_out_fen, state, state_reason, claim_kind,
    claim_by, claim_reason, claim_state, claim_resolution, created_at, updated_at)
VALUES (@home, @id, @proposed_by, @buyer_id, @buyer_alliance_id, @buyer_class, @buyer_division, @seller_id,
    @seller_alliance_id, @seller_division, @product_id, @certificate_id, @scheme, @category, @variety, @unit_quantity,
    @price_basis, @season_from, @season_to, @lead_days, @schedule_days, @schedule_quantities, @quantity, @tolerance_bp,
    @floor_fen, @index_name, @deposit_fen, @deposit_release, 0, 0, 0, 0, @state, '', '', '', '', '', '', @created_at,
    @updated_at);

-- name: ContractUpdate :exec
UPDATE contracts SET deposit_tx = @deposit_tx, held_fen = @held_fen, released_fen = @released_fen, payable_fen = @payable_fen,
    payable_to = @payable_to, paid_out_fen = @paid_out_fen, offer_id = @offer_id, state = @state, state_reason = @state_reason,
    claim_kind = @claim_kind, claim_by = @claim_by, claim_reason = @claim_reason, claim_state = @claim_state,
    claim_resolution = @claim_resolution, claimed_at = @claimed_at, claim_resolved_at = @claim_resolved_at,
    updated_at = @updated_at
WHERE home = @home AND id = @id;

-- name: ContractPriceInsert :exec
INSERT INTO contract_prices (home, contract_id, day, price_fen, source, recorded_by, at)
VALUES (@home, @contract_id, @day, @price_fen, @source, @recorded_by, @at);

-- name: ContractPrices :many
SELECT * FROM contract_prices WHERE home = @home AND contract_id = @contract_id ORDER BY day DESC LIMIT @max_rows;

-- name: ContractFulfilment :one
SELECT coalesce(sum(accepted - refunded), 0)::bigint AS accepted,
    coalesce(sum(CASE WHEN state IN ('PENDING_APPROVAL', 'PLACED', 'CONFIRMED', 'SHIPPED', 'DELIVERED') THEN quantity ELSE 0 END), 0)::bigint AS on_the_way
FROM orders WHERE home = @home AND offer_id = @offer_id;
