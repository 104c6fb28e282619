-- +goose NO TRANSACTION
-- +goose Up
-- Indexes in the order of the lists that people open, behind what their filters
-- and narrowings give. Those of offers are not touched when stock is taken: no
-- column in them changes then.
CREATE INDEX IF NOT EXISTS offers_alliance_all ON offers (seller_alliance_id, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS offers_category ON offers (seller_alliance_id, state, category, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS offers_seller_state ON offers (seller_id, state, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS offers_origin ON offers (origin, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS offers_division ON offers (seller_division, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS offers_reserved ON offers (reserved_for_id, created_at DESC, id DESC) WHERE reserved_for_id <> '00000000-0000-0000-0000-000000000000';

CREATE INDEX IF NOT EXISTS orders_buyer_state ON orders (buyer_id, state, created_at DESC, id DESC);

CREATE INDEX IF NOT EXISTS orders_seller_state ON orders (seller_id, state, created_at DESC, id DESC);

-- All rows in the order of the list, for who sees all or most of them. The
-- condition always holds: with it the index serves only a list that names it.
CREATE INDEX IF NOT EXISTS offers_newest ON offers (created_at DESC, id DESC) WHERE home IN ('32', '61');

CREATE INDEX IF NOT EXISTS orders_newest ON orders (created_at DESC, id DESC) WHERE home IN ('32', '61');

DROP INDEX IF EXISTS offers_recent;

DROP INDEX IF EXISTS orders_recent;

-- +goose Down
CREATE INDEX IF NOT EXISTS orders_recent ON orders (created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS offers_recent ON offers (created_at DESC, id DESC);
DROP INDEX IF EXISTS orders_newest;
DROP INDEX IF EXISTS offers_newest;
DROP INDEX IF EXISTS orders_seller_state;
DROP INDEX IF EXISTS orders_buyer_state;
DROP INDEX IF EXISTS offers_reserved;
DROP INDEX IF EXISTS offers_division;
DROP INDEX IF EXISTS offers_origin;
DROP INDEX IF EXISTS offers_seller_state;
DROP INDEX IF EXISTS offers_category;
DROP INDEX IF EXISTS offers_alliance_all;
