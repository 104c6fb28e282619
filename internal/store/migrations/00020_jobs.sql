-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS jobs (
    home text NOT NULL CHECK (home IN ('32', '61')),
    kind         text NOT NULL,
    subject      uuid NOT NULL,
    due          timestamptz NOT NULL,
    leased_until timestamptz NOT NULL,
    lease        uuid NOT NULL,
    attempts     int NOT NULL CHECK (attempts >= 0),
    PRIMARY KEY (home, kind, subject)
);

CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due);

-- +goose Down
DROP TABLE IF EXISTS jobs;
