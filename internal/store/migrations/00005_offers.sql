-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS offers (
    home text NOT NULL CHECK (home IN ('32', '61')),
    id                 uuid NOT NULL,
    seller_id          uuid NOT NULL,
    seller_alliance_id uuid NOT NULL,
    seller_division    text NOT NULL,
    product_id         uuid NOT NULL,
    certificate_id     uuid,
    scheme             text NOT NULL,
    name_zh            text NOT NULL,
    name_en            text NOT NULL,
    category           text NOT NULL,
    origin             text NOT NULL,
    base_unit          text NOT NULL,
    sales_unit         text NOT NULL,
    unit_quantity      bigint NOT NULL CHECK (unit_quantity > 0),
    quantity           bigint NOT NULL CHECK (quantity > 0),
    taken              bigint NOT NULL,
    moq                bigint NOT NULL CHECK (moq > 0),
    price_basis        text NOT NULL CHECK (price_basis IN ('PER_SALES_UNIT', 'PER_KG')),
    price_fen          bigint NOT NULL CHECK (price_fen > 0),
    season_from        text NOT NULL,
    season_to          text NOT NULL,
    lead_days          int NOT NULL,
    auto_confirm       boolean NOT NULL,
    state              text NOT NULL CHECK (state IN ('DRAFT', 'PUBLISHED', 'PAUSED', 'WITHDRAWN', 'EXPIRED')),
    state_reason       text NOT NULL,
    capacity_year      int NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    PRIMARY KEY (home, id),
    CHECK (taken BETWEEN 0 AND quantity)
);

CREATE INDEX IF NOT EXISTS offers_alliance ON offers (seller_alliance_id, state, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS offers_recent ON offers (created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS offers_seller ON offers (seller_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS offers_certificate ON offers (certificate_id) WHERE state IN ('PUBLISHED', 'PAUSED');

CREATE INDEX IF NOT EXISTS offers_season ON offers (season_to) WHERE state IN ('PUBLISHED', 'PAUSED');

-- +goose Down
DROP TABLE IF EXISTS offers;
