-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS demands (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id                uuid NOT NULL,
    buyer_id          uuid NOT NULL,
    buyer_alliance_id uuid NOT NULL,
    buyer_class       text NOT NULL,
    title             text NOT NULL,
    category          text NOT NULL,
    product_id        uuid,
    base_unit         text NOT NULL,
    quantity          bigint NOT NULL CHECK (quantity > 0),
    consignee         text NOT NULL,
    deliver_by        text NOT NULL,
    closes_at         timestamptz NOT NULL,
    public_key        text NOT NULL,
    revision          int NOT NULL CHECK (revision > 0),
    state             text NOT NULL CHECK (state IN ('OPEN', 'CLOSED', 'AWARDED', 'CANCELLED')),
    state_reason      text NOT NULL,
    reserve           boolean NOT NULL,
    purpose           text NOT NULL,
    quotes            int NOT NULL,
    closing_digest    text NOT NULL,
    closed_at         timestamptz,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS demands_recent ON demands (created_at DESC, id DESC);

CREATE TABLE IF NOT EXISTS quotes (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id                 uuid NOT NULL,
    demand_id          uuid NOT NULL,
    revision           int NOT NULL,
    buyer_id           uuid NOT NULL,
    buyer_alliance_id  uuid NOT NULL,
    seller_id          uuid NOT NULL,
    seller_alliance_id uuid NOT NULL,
    product_id         uuid NOT NULL,
    certificate_id     uuid NOT NULL,
    digest             text NOT NULL,
    commitment         text NOT NULL,
    state              text NOT NULL CHECK (state IN ('SEALED', 'WITHDRAWN', 'VOID', 'OPENED', 'AWARDED', 'LOST')),
    state_reason       text NOT NULL,
    awarded            bigint NOT NULL CHECK (awarded >= 0),
    content            bytea NOT NULL,
    order_home         text NOT NULL,
    order_id           uuid,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (home, id)
);

CREATE INDEX IF NOT EXISTS quotes_demand ON quotes (home, demand_id, id);

CREATE INDEX IF NOT EXISTS quotes_recent ON quotes (created_at DESC, id DESC);

CREATE UNIQUE INDEX IF NOT EXISTS quotes_standing ON quotes (home, demand_id, seller_id, product_id) WHERE state = 'SEALED';

-- What is sealed is apart from what is known of it, and is read by nothing but
-- the opening.
CREATE TABLE IF NOT EXISTS quote_seals (
    home text NOT NULL CHECK (home IN ('32', '61')),
    quote_id uuid NOT NULL,
    sealed   bytea NOT NULL,
    PRIMARY KEY (home, quote_id)
);

-- What the sealed log has a leaf of beside the ledger.
CREATE TABLE IF NOT EXISTS notices (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id   uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('QUOTE_SEALED', 'DEMAND_CLOSED')),
    memo text NOT NULL,
    at   timestamptz NOT NULL,
    PRIMARY KEY (home, id)
);

-- +goose Down
DROP TABLE IF EXISTS notices;
DROP TABLE IF EXISTS quote_seals;
DROP TABLE IF EXISTS quotes;
DROP TABLE IF EXISTS demands;
