-- +goose NO TRANSACTION
-- +goose Up
-- What an offer is found by (decision 24), of its names, which never change. It is
-- beside the offer, so that taking stock neither reads nor writes it.
CREATE TABLE IF NOT EXISTS offer_terms (
    home     text NOT NULL CHECK (home IN ('32', '61')),
    offer_id uuid NOT NULL,
    terms    text[] NOT NULL,
    version  int NOT NULL,
    PRIMARY KEY (home, offer_id)
);

CREATE INDEX IF NOT EXISTS offer_terms_terms ON offer_terms USING gin (terms);

-- +goose Down
DROP TABLE IF EXISTS offer_terms;
