-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS lots (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id                 uuid NOT NULL,
    seller_id          uuid NOT NULL,
    seller_alliance_id uuid NOT NULL,
    product_id         uuid NOT NULL,
    certificate_id     uuid NOT NULL,
    code               text NOT NULL,
    origin             text NOT NULL,
    produced_on        text NOT NULL,
    quantity           bigint NOT NULL CHECK (quantity > 0),
    state              text NOT NULL CHECK (state IN ('OPEN', 'BLOCKED')),
    state_reason       text NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (home, id),
    UNIQUE (home, seller_id, code)
);

CREATE INDEX IF NOT EXISTS lots_recent ON lots (created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS lots_product ON lots (product_id, created_at DESC, id DESC);

CREATE TABLE IF NOT EXISTS samplings (
    home text NOT NULL CHECK (home IN ('32', '61')),
    lot_id       uuid NOT NULL,
    id           uuid NOT NULL,
    authority_id uuid NOT NULL,
    sampled_on   text NOT NULL,
    item         text NOT NULL,
    passed       boolean NOT NULL,
    report       text NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (home, lot_id, id),
    UNIQUE (home, lot_id, authority_id, report, item)
);

-- +goose Down
DROP TABLE IF EXISTS samplings;
DROP TABLE IF EXISTS lots;
