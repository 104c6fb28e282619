-- +goose NO TRANSACTION
-- +goose Up
-- Roll-ups by county of whole years, made of those of the months.
INSERT INTO volumes (rollup, period, measure, direction, seller_county, buyer_county, category, buyer_class, channel, scheme, fen, quantity, orders, entries)
SELECT CASE WHEN rollup = 'sellers' THEN 'seller-years' ELSE 'buyer-years' END, left(period, 4), measure, direction, seller_county,
    buyer_county, category, buyer_class, channel, scheme,
    sum(fen)::bigint, sum(quantity)::bigint, sum(orders)::bigint, sum(entries)::bigint
FROM volumes
WHERE rollup IN ('sellers', 'buyers')
GROUP BY rollup, left(period, 4), measure, direction, seller_county, buyer_county, category, buyer_class, channel, scheme
ON CONFLICT (rollup, period, measure, direction, seller_county, buyer_county, category, buyer_class, channel, scheme) DO NOTHING;

-- +goose Down
DELETE FROM volumes WHERE rollup IN ('seller-years', 'buyer-years');
