-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE orders ADD COLUMN IF NOT EXISTS refunded bigint NOT NULL DEFAULT 0 CHECK (refunded >= 0);

ALTER TABLE orders ADD COLUMN IF NOT EXISTS refunded_fen bigint NOT NULL DEFAULT 0 CHECK (refunded_fen >= 0);

ALTER TABLE orders ADD COLUMN IF NOT EXISTS repaid_fen bigint NOT NULL DEFAULT 0 CHECK (repaid_fen >= 0);

ALTER TABLE orders ADD COLUMN IF NOT EXISTS held_fen bigint NOT NULL DEFAULT 0 CHECK (held_fen >= 0);

ALTER TABLE orders ADD COLUMN IF NOT EXISTS dispute_id uuid;

-- The check of a column has another name on each engine, so that both are
-- dropped; the new one has a name of its own.
ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_state_check;

ALTER TABLE orders DROP CONSTRAINT IF EXISTS check_state;

ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_state_known;

ALTER TABLE orders ADD CONSTRAINT orders_state_known CHECK (state IN ('PLACED', 'CONFIRMED', 'SHIPPED', 'DELIVERED', 'ACCEPTED', 'PART_ACCEPTED', 'REJECTED', 'SETTLED', 'CANCELLED', 'EXPIRED', 'DISPUTED', 'REFUNDING', 'REFUNDED'));

ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_refunds_fit;

ALTER TABLE orders ADD CONSTRAINT orders_refunds_fit CHECK (refunded <= accepted AND refunded_fen <= accepted_fen AND repaid_fen <= refunded_fen);

ALTER TABLE payments ADD COLUMN IF NOT EXISTS kind text NOT NULL DEFAULT 'PAYMENT' CHECK (kind IN ('PAYMENT', 'REPAYMENT'));

ALTER TABLE ledger_transactions DROP CONSTRAINT IF EXISTS ledger_transactions_kind_check;

ALTER TABLE ledger_transactions DROP CONSTRAINT IF EXISTS check_kind;

ALTER TABLE ledger_transactions DROP CONSTRAINT IF EXISTS ledger_transactions_kind_known;

ALTER TABLE ledger_transactions ADD CONSTRAINT ledger_transactions_kind_known CHECK (kind IN ('ORDER_CONFIRMED', 'COMMITMENT_RELEASED', 'DELIVERY_ACCEPTED', 'BUYER_PAID', 'SELLER_PAID', 'ACCEPTANCE_REFUNDED', 'SELLER_REPAID', 'BUYER_REPAID', 'BANK_RECEIVED', 'BANK_SENT', 'SUSPENSE_RELEASED'));

CREATE TABLE IF NOT EXISTS disputes (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id                 uuid NOT NULL,
    order_id           uuid NOT NULL,
    buyer_id           uuid NOT NULL,
    buyer_alliance_id  uuid NOT NULL,
    buyer_class        text NOT NULL,
    seller_id          uuid NOT NULL,
    seller_alliance_id uuid NOT NULL,
    seller_division    text NOT NULL,
    consignee          text NOT NULL,
    state              text NOT NULL CHECK (state IN ('OPEN', 'FOR_BUYER', 'FOR_SELLER', 'SPLIT')),
    quantity           bigint NOT NULL CHECK (quantity >= 0),
    amount_fen         bigint NOT NULL CHECK (amount_fen > 0),
    reason             text NOT NULL,
    refunded           bigint NOT NULL CHECK (refunded BETWEEN 0 AND quantity),
    refunded_fen       bigint NOT NULL CHECK (refunded_fen BETWEEN 0 AND amount_fen),
    resolution         text NOT NULL,
    opened_at          timestamptz NOT NULL,
    resolved_at        timestamptz,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS disputes_recent ON disputes (opened_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS disputes_order ON disputes (home, order_id, opened_at DESC, id DESC);

-- +goose Down
DROP TABLE IF EXISTS disputes;
ALTER TABLE payments DROP COLUMN IF EXISTS kind;
ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_refunds_fit;
ALTER TABLE orders DROP COLUMN IF EXISTS dispute_id;
ALTER TABLE orders DROP COLUMN IF EXISTS held_fen;
ALTER TABLE orders DROP COLUMN IF EXISTS repaid_fen;
ALTER TABLE orders DROP COLUMN IF EXISTS refunded_fen;
ALTER TABLE orders DROP COLUMN IF EXISTS refunded;
