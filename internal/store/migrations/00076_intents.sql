-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS intents (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id                 uuid NOT NULL,
    fair               text NOT NULL,
    day                text NOT NULL,
    buyer_id           uuid NOT NULL,
    buyer_alliance_id  uuid NOT NULL,
    buyer_class        text NOT NULL,
    buyer_division     text NOT NULL,
    seller_id          uuid NOT NULL,
    seller_alliance_id uuid NOT NULL,
    seller_division    text NOT NULL,
    product_id         uuid NOT NULL,
    quantity           bigint NOT NULL CHECK (quantity > 0),
    value_fen          bigint NOT NULL CHECK (value_fen > 0),
    note               text NOT NULL,
    contract_id        uuid,
    state              text NOT NULL CHECK (state IN ('RECORDED', 'MATCHED', 'WITHDRAWN')),
    state_reason       text NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (home, id),
    CHECK ((state = 'MATCHED') = (contract_id IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS intents_recent ON intents (created_at DESC, id DESC);

CREATE UNIQUE INDEX IF NOT EXISTS intents_contract ON intents (home, contract_id) WHERE contract_id IS NOT NULL;

-- +goose Down
DROP TABLE IF EXISTS intents;
