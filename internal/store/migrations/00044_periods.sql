-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS periods (
    id              text NOT NULL,
    starts          timestamptz NOT NULL,
    ends            timestamptz NOT NULL CHECK (ends > starts),
    state           text NOT NULL CHECK (state IN ('OPEN', 'SOFT_CLOSED', 'CLOSED', 'SUBMITTED')),
    state_reason    text NOT NULL,
    position        bigint NOT NULL CHECK (position >= 0),
    checkpoint      text NOT NULL,
    soft_issuer_id  uuid,
    soft_subject    text NOT NULL,
    soft_closed_at  timestamptz,
    close_issuer_id uuid,
    close_subject   text NOT NULL,
    closed_at       timestamptz,
    policy_revision text NOT NULL,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (id),
    CHECK ((state IN ('CLOSED', 'SUBMITTED')) = (closed_at IS NOT NULL))
);

ALTER TABLE ledger_transactions ADD COLUMN IF NOT EXISTS fact_day text NOT NULL DEFAULT '';

ALTER TABLE ledger_transactions ADD COLUMN IF NOT EXISTS adjusts text NOT NULL DEFAULT '';

ALTER TABLE ledger_entries ADD COLUMN IF NOT EXISTS adjusts text NOT NULL DEFAULT '';

CREATE INDEX IF NOT EXISTS ledger_transactions_adjusts ON ledger_transactions (adjusts, at) WHERE adjusts <> '';

-- +goose Down
DROP INDEX IF EXISTS ledger_transactions_adjusts;
ALTER TABLE ledger_entries DROP COLUMN IF EXISTS adjusts;
ALTER TABLE ledger_transactions DROP COLUMN IF EXISTS adjusts;
ALTER TABLE ledger_transactions DROP COLUMN IF EXISTS fact_day;
DROP TABLE IF EXISTS periods;
