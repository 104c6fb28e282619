-- +goose NO TRANSACTION
-- +goose Up
-- What is in the relief zone in the order of lists of offers, by what lists are put
-- together from. Only what is open: a declaration is ended with its offer at the
-- latest, so that what is over is not gone through. The condition is not that of
-- the unique index of what is open, which has no order and would serve instead.
CREATE INDEX IF NOT EXISTS relief_declarations_zone_alliance ON relief_declarations (seller_alliance_id, offered_at DESC, offer_id DESC) INCLUDE (first_day, last_day, opened_at) WHERE ended_at IS NULL;

CREATE INDEX IF NOT EXISTS relief_declarations_zone_category ON relief_declarations (seller_alliance_id, category, offered_at DESC, offer_id DESC) INCLUDE (first_day, last_day, opened_at) WHERE ended_at IS NULL;

CREATE INDEX IF NOT EXISTS relief_declarations_zone_seller ON relief_declarations (seller_id, offered_at DESC, offer_id DESC) INCLUDE (first_day, last_day, opened_at) WHERE ended_at IS NULL;

CREATE INDEX IF NOT EXISTS relief_declarations_zone_newest ON relief_declarations (offered_at DESC, offer_id DESC) INCLUDE (first_day, last_day, opened_at) WHERE ended_at IS NULL AND home IN ('32', '61');

-- What has ended since a list was opened.
CREATE INDEX IF NOT EXISTS relief_declarations_ended ON relief_declarations (ended_at) WHERE ended_at IS NOT NULL;

DROP INDEX IF EXISTS relief_declarations_zone;

-- +goose Down
CREATE INDEX IF NOT EXISTS relief_declarations_zone ON relief_declarations (last_day, first_day);
DROP INDEX IF EXISTS relief_declarations_ended;
DROP INDEX IF EXISTS relief_declarations_zone_newest;
DROP INDEX IF EXISTS relief_declarations_zone_seller;
DROP INDEX IF EXISTS relief_declarations_zone_category;
DROP INDEX IF EXISTS relief_declarations_zone_alliance;
