-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS reserve_plans (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id              uuid NOT NULL,
    unit_id         uuid NOT NULL,
    unit_class      text NOT NULL,
    division        text NOT NULL,
    alliance_id     uuid NOT NULL,
    year            int NOT NULL,
    canteen         text NOT NULL CHECK (canteen IN ('OWN', 'SHARED', 'OUTSOURCED', 'NONE')),
    budget_fen      bigint NOT NULL CHECK (budget_fen >= 0),
    rate_bp         bigint NOT NULL CHECK (rate_bp BETWEEN 0 AND 10000),
    target_fen      bigint NOT NULL CHECK (target_fen BETWEEN 0 AND budget_fen),
    covered         uuid[] NOT NULL,
    buyers          uuid[] NOT NULL,
    note            text NOT NULL,
    state           text NOT NULL CHECK (state IN ('FILED', 'WITHDRAWN')),
    state_reason    text NOT NULL,
    policy_revision text NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS reserve_plans_recent ON reserve_plans (created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS reserve_plans_unit ON reserve_plans (unit_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS reserve_plans_id ON reserve_plans (id);

CREATE TABLE IF NOT EXISTS reserve_units (
    home text NOT NULL CHECK (home IN ('32', '61')),
    member_id uuid NOT NULL,
    year      int NOT NULL,
    plan_id   uuid NOT NULL,
    PRIMARY KEY (home, member_id, year)
);

ALTER TABLE orders ADD COLUMN IF NOT EXISTS purpose text NOT NULL DEFAULT 'CANTEEN';

ALTER TABLE orders ADD COLUMN IF NOT EXISTS reserve_plan_id uuid;

CREATE INDEX IF NOT EXISTS orders_reserve_plan ON orders (reserve_plan_id) WHERE reserve_plan_id IS NOT NULL;

-- +goose Down
DROP INDEX IF EXISTS orders_reserve_plan;
ALTER TABLE orders DROP COLUMN IF EXISTS reserve_plan_id;
ALTER TABLE orders DROP COLUMN IF EXISTS purpose;
DROP TABLE IF EXISTS reserve_units;
DROP TABLE IF EXISTS reserve_plans;
