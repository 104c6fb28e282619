-- +goose NO TRANSACTION
-- +goose Up
-- One row: where the database is to be, and who is putting it there.
CREATE TABLE IF NOT EXISTS placements (
    id         text PRIMARY KEY CHECK (id = 'database'),
    wanted     text NOT NULL,
    holder     uuid,
    held_until timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- +goose Down
DROP TABLE IF EXISTS placements;
