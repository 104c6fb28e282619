-- name: PayerConsentGet :one
SELECT * FROM payer_consents WHERE home = @home AND id = @id;

-- name: PayerConsentLock :one
SELECT * FROM payer_consents WHERE home = @home AND id = @id FOR UPDATE;

-- name: PayerConsentPut :exec
INSERT INTO payer_consents (home, id, payer_id, buyer_id, alliance_id, limit_fen, used_fen, valid_from, valid_to, revoked_at, created_at, updated_at)
VALUES (@home, @id, @payer_id, @buyer_id, @alliance_id, @limit_fen, @used_fen, @valid_from, @valid_to, @revoked_at, @created_at, @updated_at)
ON CONFLICT (home, id) DO UPDATE SET limit_fen = excluded.limit_fen, used_fen = excluded.used_fen, valid_from = excluded.valid_from,
    valid_to = excluded.valid_to, revoked_at = excluded.revoked_at, updated_at = excluded.updated_at;

-- name: DonationPaid :one
SELECT count(*) FROM payments WHERE home = @home AND order_id = @order_id AND kind = 'DONATION';
