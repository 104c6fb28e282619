-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS orders (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id                 uuid NOT NULL,
    offer_id           uuid NOT NULL,
    product_id         uuid NOT NULL,
    certificate_id     uuid,
    buyer_id           uuid NOT NULL,
    buyer_alliance_id  uuid NOT NULL,
    buyer_class        text NOT NULL,
    seller_id          uuid NOT NULL,
    seller_alliance_id uuid NOT NULL,
    seller_division    text NOT NULL,
    consignee          text NOT NULL,
    category           text NOT NULL,
    scheme             text NOT NULL,
    state              text NOT NULL CHECK (state IN ('PLACED', 'CONFIRMED', 'SHIPPED', 'DELIVERED', 'ACCEPTED', 'PART_ACCEPTED', 'REJECTED', 'SETTLED', 'CANCELLED', 'EXPIRED')),
    state_reason       text NOT NULL,
    quantity           bigint NOT NULL CHECK (quantity > 0),
    accepted           bigint NOT NULL CHECK (accepted >= 0),
    rejected           bigint NOT NULL CHECK (rejected >= 0),
    short              bigint NOT NULL CHECK (short >= 0),
    price_fen          bigint NOT NULL CHECK (price_fen > 0),
    unit_quantity      bigint NOT NULL CHECK (unit_quantity > 0),
    per_kg             boolean NOT NULL,
    amount_fen         bigint NOT NULL CHECK (amount_fen > 0),
    accepted_fen       bigint NOT NULL CHECK (accepted_fen BETWEEN 0 AND amount_fen),
    paid_fen           bigint NOT NULL CHECK (paid_fen BETWEEN 0 AND accepted_fen),
    direction          text NOT NULL CHECK (direction IN ('SN_TO_JS', 'JS_TO_SN', 'INTRA')),
    collaboration      boolean NOT NULL,
    counts_to_reserve  boolean NOT NULL,
    needs_approval     boolean NOT NULL,
    channel            text NOT NULL,
    reserve            boolean NOT NULL,
    deliver_by         text NOT NULL,
    hold_until         timestamptz NOT NULL,
    commitment_tx      uuid,
    waybill            text NOT NULL,
    policy_revision    text NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (home, id),
    CHECK (accepted + rejected + short IN (0, quantity))
);

CREATE INDEX IF NOT EXISTS orders_recent ON orders (created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS orders_buyer ON orders (buyer_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS orders_seller ON orders (seller_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS orders_buyer_alliance ON orders (buyer_alliance_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS orders_seller_alliance ON orders (seller_alliance_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS orders_offer ON orders (home, offer_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS orders_hold ON orders (hold_until) WHERE state = 'PLACED';

CREATE TABLE IF NOT EXISTS payments (
    home text NOT NULL CHECK (home IN ('32', '61')),
    order_id       uuid NOT NULL,
    bank_reference text NOT NULL,
    id             uuid NOT NULL,
    amount_fen     bigint NOT NULL CHECK (amount_fen > 0),
    at             timestamptz NOT NULL,
    PRIMARY KEY (home, order_id, bank_reference)
);

-- +goose Down
DROP TABLE IF EXISTS payments;
DROP TABLE IF EXISTS orders;
