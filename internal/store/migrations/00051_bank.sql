-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS bank_statements (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id          uuid NOT NULL,
    account     text NOT NULL,
    statement   text NOT NULL,
    opening_fen bigint NOT NULL,
    closing_fen bigint NOT NULL,
    lines       bigint NOT NULL CHECK (lines >= 0),
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS bank_statements_recent ON bank_statements (imported_at DESC, id DESC);

CREATE TABLE IF NOT EXISTS bank_lines (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id             uuid NOT NULL,
    statement_id   uuid NOT NULL,
    account        text NOT NULL,
    reference      text NOT NULL,
    flow           text NOT NULL CHECK (flow IN ('CREDIT', 'DEBIT')),
    amount_fen     bigint NOT NULL CHECK (amount_fen > 0),
    booked         text NOT NULL,
    counterparty   text NOT NULL,
    remittance     text NOT NULL,
    state          text NOT NULL CHECK (state IN ('WAITING', 'MATCHED', 'RETURNED')),
    state_reason   text NOT NULL,
    order_home     text NOT NULL,
    order_id       uuid,
    partner_id     uuid,
    transaction_id uuid NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (home, id),
    CHECK ((state = 'MATCHED') = (order_id IS NOT NULL)),
    CHECK ((state = 'RETURNED') = (partner_id IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS bank_lines_recent ON bank_lines (at DESC, id DESC);

CREATE INDEX IF NOT EXISTS bank_lines_statement ON bank_lines (home, statement_id, at DESC, id DESC);

CREATE INDEX IF NOT EXISTS bank_lines_waiting ON bank_lines (home, at, id) WHERE state = 'WAITING';

-- +goose Down
DROP TABLE IF EXISTS bank_lines;
DROP TABLE IF EXISTS bank_statements;
