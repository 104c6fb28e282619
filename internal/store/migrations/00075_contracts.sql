-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS contracts (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id                 uuid NOT NULL,
    proposed_by        text NOT NULL CHECK (proposed_by IN ('BUYER', 'SELLER')),
    buyer_id           uuid NOT NULL,
    buyer_alliance_id  uuid NOT NULL,
    buyer_class        text NOT NULL,
    buyer_division     text NOT NULL,
    seller_id          uuid NOT NULL,
    seller_alliance_id uuid NOT NULL,
    seller_division    text NOT NULL,
    product_id         uuid NOT NULL,
    certificate_id     uuid,
    scheme             text NOT NULL,
    category           text NOT NULL,
    variety            text NOT NULL,
    unit_quantity      bigint NOT NULL CHECK (unit_quantity > 0),
    price_basis        text NOT NULL CHECK (price_basis IN ('PER_SALES_UNIT', 'PER_KG')),
    season_from        text NOT NULL,
    season_to          text NOT NULL,
    lead_days          int NOT NULL CHECK (lead_days >= 0),
    schedule_days      text[] NOT NULL,
    schedule_quantities bigint[] NOT NULL,
    quantity           bigint NOT NULL CHECK (quantity > 0),
    tolerance_bp       bigint NOT NULL CHECK (tolerance_bp BETWEEN 0 AND 5000),
    floor_fen          bigint NOT NULL CHECK (floor_fen > 0),
    index_name         text NOT NULL,
    deposit_fen        bigint NOT NULL CHECK (deposit_fen >= 0),
    deposit_release    text NOT NULL CHECK (deposit_release IN ('PRO_RATA', 'AT_END')),
    deposit_tx         uuid,
    held_fen           bigint NOT NULL CHECK (held_fen >= 0),
    released_fen       bigint NOT NULL CHECK (released_fen >= 0),
    payable_fen        bigint NOT NULL CHECK (payable_fen >= 0),
    payable_to         uuid,
    paid_out_fen       bigint NOT NULL CHECK (paid_out_fen BETWEEN 0 AND payable_fen),
    offer_id           uuid,
    state              text NOT NULL CHECK (state IN ('PROPOSED', 'SIGNED', 'IN_FORCE', 'OVER', 'FULFILLED', 'CLOSED', 'FORCE_MAJEURE', 'BUYER_DEFAULT', 'SELLER_DEFAULT', 'DECLINED')),
    state_reason       text NOT NULL,
    claim_kind         text NOT NULL CHECK (claim_kind IN ('', 'FORCE_MAJEURE', 'DEFAULT')),
    claim_by           text NOT NULL CHECK (claim_by IN ('', 'BUYER', 'SELLER')),
    claim_reason       text NOT NULL,
    claim_state        text NOT NULL CHECK (claim_state IN ('', 'OPEN', 'UPHELD', 'DISMISSED')),
    claim_resolution   text NOT NULL,
    claimed_at         timestamptz,
    claim_resolved_at  timestamptz,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (home, id),
    CHECK ((payable_fen > 0) = (payable_to IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS contracts_recent ON contracts (created_at DESC, id DESC);

CREATE TABLE IF NOT EXISTS contract_prices (
    home text NOT NULL CHECK (home IN ('32', '61')),
    contract_id uuid NOT NULL,
    day         text NOT NULL,
    price_fen   bigint NOT NULL CHECK (price_fen > 0),
    source      text NOT NULL,
    recorded_by uuid NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (home, contract_id, day)
);

ALTER TABLE bank_lines ADD COLUMN IF NOT EXISTS contract_home text NOT NULL DEFAULT '';

ALTER TABLE bank_lines ADD COLUMN IF NOT EXISTS contract_id uuid;

ALTER TABLE bank_lines DROP CONSTRAINT IF EXISTS bank_lines_matched;

ALTER TABLE bank_lines DROP CONSTRAINT IF EXISTS bank_lines_matched_once;

ALTER TABLE bank_lines ADD CONSTRAINT bank_lines_matched_once CHECK ((state = 'MATCHED') = (order_id IS NOT NULL OR instruction_id IS NOT NULL OR contract_id IS NOT NULL));

ALTER TABLE ledger_transactions DROP CONSTRAINT IF EXISTS ledger_transactions_kind_known;

ALTER TABLE ledger_transactions DROP CONSTRAINT IF EXISTS ledger_transactions_kind_of_trade;

ALTER TABLE ledger_transactions ADD CONSTRAINT ledger_transactions_kind_of_trade CHECK (kind IN ('ORDER_CONFIRMED', 'COMMITMENT_RELEASED', 'DELIVERY_ACCEPTED', 'BUYER_PAID', 'SELLER_PAID', 'ACCEPTANCE_REFUNDED', 'SELLER_REPAID', 'BUYER_REPAID', 'BANK_RECEIVED', 'BANK_SENT', 'SUSPENSE_RELEASED', 'DEPOSIT_PAID', 'DEPOSIT_RELEASED', 'DEPOSIT_RETURNED', 'DEPOSIT_FORFEITED', 'DEPOSIT_PAID_OUT', 'DONATION_DUE', 'DONATION_RELEASED', 'DONATION_PAID', 'DONATION_PASSED_ON'));

-- +goose Down
ALTER TABLE ledger_transactions DROP CONSTRAINT IF EXISTS ledger_transactions_kind_of_trade;
ALTER TABLE bank_lines DROP CONSTRAINT IF EXISTS bank_lines_matched_once;
ALTER TABLE bank_lines DROP COLUMN IF EXISTS contract_id;
ALTER TABLE bank_lines DROP COLUMN IF EXISTS contract_home;
DROP TABLE IF EXISTS contract_prices;
DROP TABLE IF EXISTS contracts;
