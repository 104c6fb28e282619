-- name: OfferInsert :exec
INSERT INTO offers (home, id, seller_id, seller_alliance_id, seller_division, product_id, certificate_id, scheme,
    name_zh, name_en, category, origin, base_unit, sales_unit, unit_quantity, quantity, taken, moq, price_basis,
    price_fen, season_from, season_to, lead_days, auto_confirm, state, state_reason, capacity_year, created_at, updated_at, lot_id,
    way, way_id, reserved_for_id, relief_id, relief_from, relief_until)
VALUES (@home, @id, @seller_id, @seller_alliance_id, @seller_division, @product_id, @certificate_id, @scheme,
    @name_zh, @name_en, @category, @origin, @base_unit, @sales_unit, @unit_quantity, @quantity, @taken, @moq, @price_basis,
    @price_fen, @season_from, @season_to, @lead_days, @auto_confirm, @state, @state_reason, @capacity_year, @created_at, @updated_at, @lot_id,
    @way, @way_id, @reserved_for_id, @relief_id, @relief_from, @relief_until);

-- name: OfferGet :one
SELECT * FROM offers WHERE home = @home AND id = @id;

-- name: OfferLock :one
SELECT * FROM offers WHERE home = @home AND id = @id FOR UPDATE;

-- name: OffersOverSeason :many
SELECT home, id FROM offers
WHERE state IN ('PUBLISHED', 'PAUSED') AND season_to < @today
ORDER BY season_to LIMIT @max_rows;

-- Offers that rely on something that stopped being valid are paused with it, in
-- the same transaction, so that the hot path has one row to check.

-- name: OffersPauseByCertificate :many
UPDATE offers SET state = 'PAUSED', state_reason = @reason, updated_at = @at
WHERE certificate_id = @certificate_id AND state = 'PUBLISHED'
RETURNING *;

-- name: OffersPauseBySeller :many
UPDATE offers SET state = 'PAUSED', state_reason = @reason, updated_at = @at
WHERE seller_id = @seller_id AND state = 'PUBLISHED'
RETURNING *;

-- name: OffersPauseByMandate :many
UPDATE offers SET state = 'PAUSED', state_reason = @reason, updated_at = @at
WHERE seller_id = @agent_id AND state = 'PUBLISHED'
    AND product_id IN (SELECT p.id FROM products p WHERE p.producer_id = @producer_id)
RETURNING *;

-- name: CapacityLock :one
SELECT * FROM certificate_capacities
WHERE home = @home AND certificate_id = @certificate_id AND year = @year FOR UPDATE;

-- name: CapacityGet :one
SELECT * FROM certificate_capacities
WHERE home = @home AND certificate_id = @certificate_id AND year = @year;

-- name: CapacityOpen :exec
INSERT INTO certificate_capacities (home, certificate_id, year, quantity, value_fen, taken_quantity, taken_value_fen)
VALUES (@home, @certificate_id, @year, @quantity, @value_fen, 0, 0)
ON CONFLICT (home, certificate_id, year) DO NOTHING;

-- name: CapacityUpdate :execrows
UPDATE certificate_capacities SET taken_quantity = @taken_quantity, taken_value_fen = @taken_value_fen
WHERE home = @home AND certificate_id = @certificate_id AND year = @year;

-- name: OffersRelying :many
SELECT home, id FROM offers
WHERE state = 'PUBLISHED' AND (certificate_id = @certificate_id OR seller_id = @seller_id)
ORDER BY home, id LIMIT @max_rows;
