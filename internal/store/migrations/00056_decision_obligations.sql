-- +goose NO TRANSACTION
-- +goose Up
-- What followed from a decision, JSON; empty for those before this column.
ALTER TABLE decisions ADD COLUMN IF NOT EXISTS obligations text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE decisions DROP COLUMN IF EXISTS obligations;
