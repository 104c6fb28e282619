-- name: IntentGet :one
SELECT * FROM intents WHERE home = @home AND id = @id;

-- name: IntentLock :one
SELECT * FROM intents WHERE home = @home AND id = @id FOR UPDATE;

-- name: IntentInsert :exec
INSERT INTO intents (home, id, fair, day, buyer_id, buyer_alliance_id, buyer_class, buyer_division, seller_id,
    seller_alliance_id, seller_division, product_id, quantity, value_fen, note, state, state_reason, created_at, updated_at)
VALUES (@home, @id, @fair, @day, @buyer_id, @buyer_alliance_id, @buyer_class, @buyer_division, @seller_id,
    @seller_alliance_id, @seller_division, @product_id, @quantity, @value_fen, @note, @state, '', @created_at, @updated_at);

-- name: IntentUpdate :exec
UPDATE intents SET contract_id = @contract_id, state = @state, state_reason = @state_reason, updated_at = @updated_at
WHERE home = @home AND id = @id;
