-- +goose NO TRANSACTION
-- +goose Up
-- Roll-ups by county that keep of the buyers' classes only military ones apart,
-- made of what is sealed. Servers of before do not know them: none may run.
INSERT INTO volumes (rollup, period, measure, direction, seller_county, buyer_county, category, buyer_class, channel, scheme, fen, quantity, orders, entries)
SELECT 'sellers', to_char(e.at + interval '8 hours', 'YYYY-MM') AS period, e.measure, e.direction, e.seller_county, '', '',
    CASE WHEN e.buyer_class <> 'MILITARY' THEN '' ELSE e.buyer_class END AS class, '', '',
    sum(e.measure_fen)::bigint, sum(e.measure_quantity)::bigint, sum(CASE WHEN e.nth = 1 THEN 1 ELSE 0 END)::bigint, count(*)
FROM (
    SELECT l.*, row_number() OVER (PARTITION BY l.home, l.order_id, l.measure ORDER BY l.at, l.transaction_id, l.line) AS nth
    FROM ledger_entries l
    WHERE l.measure <> '' AND NOT EXISTS (SELECT 1 FROM unsealed q WHERE q.home = l.home AND q.at = l.at AND q.id = l.transaction_id)
) e
GROUP BY to_char(e.at + interval '8 hours', 'YYYY-MM'), e.measure, e.direction, e.seller_county,
    CASE WHEN e.buyer_class <> 'MILITARY' THEN '' ELSE e.buyer_class END
ON CONFLICT (rollup, period, measure, direction, seller_county, buyer_county, category, buyer_class, channel, scheme)
DO NOTHING;

INSERT INTO volumes (rollup, period, measure, direction, seller_county, buyer_county, category, buyer_class, channel, scheme, fen, quantity, orders, entries)
SELECT 'buyers', to_char(e.at + interval '8 hours', 'YYYY-MM') AS period, e.measure, e.direction, '', e.buyer_county, '',
    CASE WHEN e.buyer_class <> 'MILITARY' THEN '' ELSE e.buyer_class END AS class, '', '',
    sum(e.measure_fen)::bigint, sum(e.measure_quantity)::bigint, sum(CASE WHEN e.nth = 1 THEN 1 ELSE 0 END)::bigint, count(*)
FROM (
    SELECT l.*, row_number() OVER (PARTITION BY l.home, l.order_id, l.measure ORDER BY l.at, l.transaction_id, l.line) AS nth
    FROM ledger_entries l
    WHERE l.measure <> '' AND NOT EXISTS (SELECT 1 FROM unsealed q WHERE q.home = l.home AND q.at = l.at AND q.id = l.transaction_id)
) e
GROUP BY to_char(e.at + interval '8 hours', 'YYYY-MM'), e.measure, e.direction, e.buyer_county,
    CASE WHEN e.buyer_class <> 'MILITARY' THEN '' ELSE e.buyer_class END
ON CONFLICT (rollup, period, measure, direction, seller_county, buyer_county, category, buyer_class, channel, scheme)
DO NOTHING;

DELETE FROM volumes WHERE rollup IN ('seller', 'buyer');

-- +goose Down
DELETE FROM volumes WHERE rollup IN ('sellers', 'buyers');
