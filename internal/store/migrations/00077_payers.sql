-- +goose NO TRANSACTION
-- +goose Up
-- That a member lets another buy at its expense, up to a limit.
CREATE TABLE IF NOT EXISTS payer_consents (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id          uuid NOT NULL,
    payer_id    uuid NOT NULL,
    buyer_id    uuid NOT NULL,
    alliance_id uuid NOT NULL,
    limit_fen   bigint NOT NULL CHECK (limit_fen > 0),
    used_fen    bigint NOT NULL CHECK (used_fen >= 0),
    valid_from  text NOT NULL,
    valid_to    text NOT NULL,
    revoked_at  timestamptz,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS payer_consents_recent ON payer_consents (created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS orders_payer ON orders (payer_id, created_at DESC, id DESC) WHERE payer_id IS NOT NULL;

ALTER TABLE payments DROP CONSTRAINT IF EXISTS payments_kind_check;

ALTER TABLE payments DROP CONSTRAINT IF EXISTS check_kind;

ALTER TABLE payments DROP CONSTRAINT IF EXISTS payments_kind_known;

ALTER TABLE payments ADD CONSTRAINT payments_kind_known CHECK (kind IN ('PAYMENT', 'REPAYMENT', 'DONATION'));

-- +goose Down
ALTER TABLE payments DROP CONSTRAINT IF EXISTS payments_kind_known;
DROP INDEX IF EXISTS orders_payer;
DROP TABLE IF EXISTS payer_consents;
