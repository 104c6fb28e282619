-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS group_buys (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id           uuid NOT NULL,
    offer_id     uuid NOT NULL,
    seller_id    uuid NOT NULL,
    organiser_id uuid NOT NULL,
    alliance_id  uuid NOT NULL,
    title        text NOT NULL,
    minimum      bigint NOT NULL CHECK (minimum > 0),
    closes_at    timestamptz NOT NULL,
    state        text NOT NULL CHECK (state IN ('OPEN', 'ORDERED', 'MISSED', 'CANCELLED')),
    state_reason text NOT NULL,
    joined       bigint NOT NULL CHECK (joined >= 0),
    members      int NOT NULL CHECK (members >= 0),
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS group_buys_recent ON group_buys (created_at DESC, id DESC);

CREATE TABLE IF NOT EXISTS group_joins (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id           uuid NOT NULL,
    group_id     uuid NOT NULL,
    organiser_id uuid NOT NULL,
    member_id    uuid NOT NULL,
    alliance_id  uuid NOT NULL,
    quantity     bigint NOT NULL CHECK (quantity > 0),
    consignee    text NOT NULL,
    deliver_by   text NOT NULL,
    reserve      boolean NOT NULL,
    purpose      text NOT NULL,
    issuer       uuid NOT NULL,
    subject      text NOT NULL,
    state        text NOT NULL CHECK (state IN ('JOINED', 'LEFT', 'ORDERED', 'RELEASED', 'DENIED')),
    state_reason text NOT NULL,
    order_id     uuid,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS group_joins_recent ON group_joins (created_at DESC, id DESC);

CREATE UNIQUE INDEX IF NOT EXISTS group_joins_standing ON group_joins (home, group_id, member_id) WHERE state = 'JOINED';

-- +goose Down
DROP TABLE IF EXISTS group_joins;
DROP TABLE IF EXISTS group_buys;
