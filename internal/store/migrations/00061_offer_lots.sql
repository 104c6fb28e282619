-- +goose NO TRANSACTION
-- +goose Up
-- The lot that an offer is of; null: none. It is of the offer's province.
ALTER TABLE offers ADD COLUMN IF NOT EXISTS lot_id uuid;

CREATE INDEX IF NOT EXISTS offers_lot ON offers (home, lot_id) WHERE lot_id IS NOT NULL;

-- +goose Down
DROP INDEX IF EXISTS offers_lot;
ALTER TABLE offers DROP COLUMN IF EXISTS lot_id;
