-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS settlement_cycles (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id                 uuid NOT NULL,
    seller_alliance_id uuid NOT NULL,
    buyer_alliance_id  uuid NOT NULL,
    from_day           text NOT NULL,
    to_day             text NOT NULL,
    state              text NOT NULL CHECK (state IN ('OPEN', 'MATCHED', 'MISMATCH', 'ADJUSTED', 'INSTRUCTED', 'CONFIRMED')),
    state_reason       text NOT NULL,
    differences        bytea NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS settlement_cycles_recent ON settlement_cycles (created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS settlement_cycles_pair ON settlement_cycles (home, seller_alliance_id, buyer_alliance_id, from_day);

CREATE TABLE IF NOT EXISTS settlement_instructions (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id         uuid NOT NULL,
    cycle_id   uuid NOT NULL,
    member_id  uuid NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    state      text NOT NULL CHECK (state IN ('ISSUED', 'EXECUTED')),
    line_home  text NOT NULL,
    line_id    uuid,
    at         timestamptz NOT NULL,
    PRIMARY KEY (home, id),
    CHECK ((state = 'EXECUTED') = (line_id IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS settlement_instructions_cycle ON settlement_instructions (home, cycle_id, member_id);

CREATE TABLE IF NOT EXISTS settlement_parts (
    home text NOT NULL CHECK (home IN ('32', '61')),
    instruction_id uuid NOT NULL,
    order_id       uuid NOT NULL,
    amount_fen     bigint NOT NULL CHECK (amount_fen > 0),
    PRIMARY KEY (home, instruction_id, order_id)
);

CREATE TABLE IF NOT EXISTS invoices (
    home text NOT NULL CHECK (home IN ('32', '61')),
    order_id    uuid NOT NULL,
    number      text NOT NULL,
    id          uuid NOT NULL,
    seller_id   uuid NOT NULL,
    amount_fen  bigint NOT NULL CHECK (amount_fen <> 0),
    tax_rate_bp bigint NOT NULL CHECK (tax_rate_bp BETWEEN 0 AND 10000),
    issued_on   text NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (home, order_id, number)
);

CREATE UNIQUE INDEX IF NOT EXISTS invoices_number ON invoices (home, seller_id, number);

ALTER TABLE bank_lines ADD COLUMN IF NOT EXISTS instruction_home text NOT NULL DEFAULT '';

ALTER TABLE bank_lines ADD COLUMN IF NOT EXISTS instruction_id uuid;

-- A line is matched to an order or executes an instruction. The check without a
-- name has another one on each engine.
ALTER TABLE bank_lines DROP CONSTRAINT IF EXISTS bank_lines_check;

ALTER TABLE bank_lines DROP CONSTRAINT IF EXISTS check_state_order_id;

ALTER TABLE bank_lines DROP CONSTRAINT IF EXISTS bank_lines_matched;

ALTER TABLE bank_lines ADD CONSTRAINT bank_lines_matched CHECK ((state = 'MATCHED') = (order_id IS NOT NULL OR instruction_id IS NOT NULL));

CREATE INDEX IF NOT EXISTS ledger_transactions_accepted ON ledger_transactions (home, seller_alliance_id, buyer_alliance_id, at, order_id) WHERE kind = 'DELIVERY_ACCEPTED';

-- +goose Down
DROP INDEX IF EXISTS ledger_transactions_accepted;
ALTER TABLE bank_lines DROP CONSTRAINT IF EXISTS bank_lines_matched;
ALTER TABLE bank_lines DROP COLUMN IF EXISTS instruction_id;
ALTER TABLE bank_lines DROP COLUMN IF EXISTS instruction_home;
DROP TABLE IF EXISTS invoices;
DROP TABLE IF EXISTS settlement_parts;
DROP TABLE IF EXISTS settlement_instructions;
DROP TABLE IF EXISTS settlement_cycles;
