-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS standing_orders (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id                uuid NOT NULL,
    buyer_id          uuid NOT NULL,
    buyer_alliance_id uuid NOT NULL,
    seller_id         uuid NOT NULL,
    product_id        uuid NOT NULL,
    offer_id          uuid NOT NULL,
    follow            boolean NOT NULL,
    take_short        boolean NOT NULL,
    quantity          bigint NOT NULL CHECK (quantity > 0),
    consignee         text NOT NULL,
    delivery_days     int NOT NULL,
    reserve           boolean NOT NULL,
    purpose           text NOT NULL,
    reserve_plan_id   uuid,
    every             text NOT NULL CHECK (every IN ('DAYS', 'WEEK', 'MONTH')),
    every_days        int NOT NULL,
    weekdays          text NOT NULL,
    day_of_month      int NOT NULL,
    first_run         text NOT NULL,
    until             text NOT NULL,
    cap_quantity      bigint NOT NULL CHECK (cap_quantity >= 0),
    cap_fen           bigint NOT NULL CHECK (cap_fen >= 0),
    issuer            uuid NOT NULL,
    subject           text NOT NULL,
    state             text NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED', 'ENDED', 'CANCELLED')),
    state_reason      text NOT NULL,
    next_run          text NOT NULL,
    last_run          text NOT NULL,
    runs              int NOT NULL CHECK (runs >= 0),
    orders            int NOT NULL CHECK (orders >= 0),
    ordered           bigint NOT NULL CHECK (ordered >= 0),
    ordered_fen       bigint NOT NULL CHECK (ordered_fen >= 0),
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (home, id),
    CHECK (cap_quantity > 0 OR cap_fen > 0)
);

CREATE INDEX IF NOT EXISTS standing_orders_newest ON standing_orders (created_at DESC, id DESC) WHERE home IN ('32', '61');

CREATE INDEX IF NOT EXISTS standing_orders_buyer ON standing_orders (buyer_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS standing_orders_buyer_state ON standing_orders (buyer_id, state, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS standing_orders_alliance ON standing_orders (buyer_alliance_id, created_at DESC, id DESC);

-- One row for each day that was planned. What a run is called is the request id of
-- its order.
CREATE TABLE IF NOT EXISTS standing_runs (
    home text NOT NULL CHECK (home IN ('32', '61')),
    standing_id       uuid NOT NULL,
    n                 int NOT NULL CHECK (n > 0),
    id                uuid NOT NULL,
    buyer_id          uuid NOT NULL,
    buyer_alliance_id uuid NOT NULL,
    planned           text NOT NULL,
    made_on           text NOT NULL,
    state             text NOT NULL CHECK (state IN ('ORDERED', 'SHORT', 'DENIED', 'MISSED')),
    reasons           text NOT NULL,
    quantity          bigint NOT NULL CHECK (quantity > 0),
    ordered           bigint NOT NULL CHECK (ordered BETWEEN 0 AND quantity),
    amount_fen        bigint NOT NULL CHECK (amount_fen >= 0),
    order_id          uuid,
    created_at        timestamptz NOT NULL,
    PRIMARY KEY (home, standing_id, n)
);

CREATE UNIQUE INDEX IF NOT EXISTS standing_runs_day ON standing_runs (home, standing_id, planned);

CREATE INDEX IF NOT EXISTS standing_runs_of ON standing_runs (standing_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS standing_runs_newest ON standing_runs (created_at DESC, id DESC) WHERE home IN ('32', '61');

CREATE INDEX IF NOT EXISTS standing_runs_buyer ON standing_runs (buyer_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS standing_runs_buyer_state ON standing_runs (buyer_id, state, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS standing_runs_alliance ON standing_runs (buyer_alliance_id, created_at DESC, id DESC);

-- What a run may order from: the open offers of a seller's product, the oldest first.
CREATE INDEX IF NOT EXISTS offers_open_of ON offers (home, seller_id, product_id, created_at, id) WHERE state = 'PUBLISHED';

-- +goose Down
DROP INDEX IF EXISTS offers_open_of;
DROP TABLE IF EXISTS standing_runs;
DROP TABLE IF EXISTS standing_orders;
