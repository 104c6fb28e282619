-- +goose NO TRANSACTION
-- +goose Up
-- What is declared for the relief zone. Home, seller, division, category, origin and
-- offered_at are the offer's: its list is sorted and filtered by them.
CREATE TABLE IF NOT EXISTS relief_declarations (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id                 uuid NOT NULL,
    offer_id           uuid NOT NULL,
    seller_id          uuid NOT NULL,
    seller_alliance_id uuid NOT NULL,
    seller_division    text NOT NULL,
    category           text NOT NULL,
    origin             text NOT NULL,
    base_unit          text NOT NULL,
    offered_at         timestamptz NOT NULL,
    days_of_stock      int NOT NULL CHECK (days_of_stock > 0),
    before_offer_id    uuid NOT NULL,
    before_fen         bigint NOT NULL,
    before_days        int NOT NULL,
    price_fen          bigint NOT NULL CHECK (price_fen > 0 AND price_fen < before_fen),
    drop_bp            int NOT NULL CHECK (drop_bp BETWEEN 0 AND 10000),
    first_day          text NOT NULL,
    last_day           text NOT NULL CHECK (last_day >= first_day),
    state              text NOT NULL CHECK (state IN ('OPEN', 'AMENDED', 'WITHDRAWN', 'OVER')),
    state_reason       text NOT NULL,
    replaces_id        uuid,
    opened_at          timestamptz NOT NULL,
    ended_at           timestamptz,
    PRIMARY KEY (home, id),
    CHECK ((state = 'OPEN') = (ended_at IS NULL))
);

-- One that is open for each offer, at most.
CREATE UNIQUE INDEX IF NOT EXISTS relief_declarations_open ON relief_declarations (home, offer_id) WHERE state = 'OPEN';

CREATE INDEX IF NOT EXISTS relief_declarations_offer ON relief_declarations (home, offer_id, opened_at DESC, id DESC);

-- What is in the zone at a time: days only ever have so many declarations that are
-- not over.
CREATE INDEX IF NOT EXISTS relief_declarations_zone ON relief_declarations (last_day, first_day);

CREATE INDEX IF NOT EXISTS relief_declarations_newest ON relief_declarations (opened_at DESC, id DESC) WHERE home IN ('32', '61');

CREATE INDEX IF NOT EXISTS relief_declarations_seller ON relief_declarations (seller_id, opened_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS relief_declarations_alliance ON relief_declarations (seller_alliance_id, opened_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS relief_declarations_division ON relief_declarations (seller_division, opened_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS relief_declarations_origin ON relief_declarations (origin, opened_at DESC, id DESC);

-- The last declaration of an offer that has not ended but by its date, and its
-- days: who places an order reads them with the offer. Null: there is none.
ALTER TABLE offers ADD COLUMN IF NOT EXISTS relief_id uuid;

ALTER TABLE offers ADD COLUMN IF NOT EXISTS relief_from text NOT NULL DEFAULT '';

ALTER TABLE offers ADD COLUMN IF NOT EXISTS relief_until text NOT NULL DEFAULT '';

-- The declaration that was in force when an order was placed; null: none was.
ALTER TABLE orders ADD COLUMN IF NOT EXISTS relief_id uuid;

CREATE INDEX IF NOT EXISTS orders_relief ON orders (relief_id, created_at DESC, id DESC) WHERE relief_id IS NOT NULL;

-- +goose Down
DROP INDEX IF EXISTS orders_relief;
ALTER TABLE orders DROP COLUMN IF EXISTS relief_id;
ALTER TABLE offers DROP COLUMN IF EXISTS relief_until;
ALTER TABLE offers DROP COLUMN IF EXISTS relief_from;
ALTER TABLE offers DROP COLUMN IF EXISTS relief_id;
DROP TABLE IF EXISTS relief_declarations;
