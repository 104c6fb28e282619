-- name: ReliefInsert :exec
INSERT INTO relief_declarations (home, id, offer_id, seller_id, seller_alliance_id, seller_division, category, origin, base_unit, offered_at,
    days_of_stock, before_offer_id, before_fen, before_days, price_fen, drop_bp, first_day, last_day, state, state_reason, replaces_id, opened_at, ended_at)
VALUES (@home, @id, @offer_id, @seller_id, @seller_alliance_id, @seller_division, @category, @origin, @base_unit, @offered_at,
    @days_of_stock, @before_offer_id, @before_fen, @before_days, @price_fen, @drop_bp, @first_day, @last_day, @state, @state_reason, @replaces_id, @opened_at, @ended_at);

-- name: ReliefGet :one
SELECT * FROM relief_declarations WHERE home = @home AND id = @id;

-- It is locked after its offer.
-- name: ReliefLock :one
SELECT * FROM relief_declarations WHERE home = @home AND id = @id FOR UPDATE;

-- A declaration only ends.
-- name: ReliefEnd :exec
UPDATE relief_declarations SET state = @state, state_reason = @state_reason, ended_at = @ended_at WHERE home = @home AND id = @id;

-- The declaration that an offer names.
-- name: OfferRelief :exec
UPDATE offers SET relief_id = @relief_id, relief_from = @relief_from, relief_until = @relief_until WHERE home = @home AND id = @id;
