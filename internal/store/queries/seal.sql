-- name: UnsealedFirst :many
SELECT * FROM unsealed WHERE home = @home ORDER BY home, at, id LIMIT @max_rows;

-- name: UnsealedCount :one
SELECT count(*) FROM (SELECT 1 FROM unsealed LIMIT @most) u;

-- name: UnsealedDelete :execrows
DELETE FROM unsealed q
USING (SELECT unnest(@homes::text[]) AS home, unnest(@ats::timestamptz[]) AS at, unnest(@ids::uuid[]) AS id) u
WHERE q.home = u.home AND q.at = u.at AND q.id = u.id;

-- name: TransactionsOf :many
SELECT t.* FROM ledger_transactions t
JOIN (SELECT unnest(@homes::text[]) AS home, unnest(@ids::uuid[]) AS id) u ON t.home = u.home AND t.id = u.id;

-- name: SealedMeasures :many
SELECT e.* FROM ledger_entries e
JOIN (SELECT unnest(@homes::text[]) AS home, unnest(@orders::uuid[]) AS id) u ON e.home = u.home AND e.order_id = u.id
WHERE e.measure <> ''
    AND NOT EXISTS (SELECT 1 FROM unsealed q WHERE q.home = e.home AND q.at = e.at AND q.id = e.transaction_id);

-- name: SealLeaseInsert :exec
INSERT INTO seal_lease (id, holder, held_until) VALUES (1, '', now()) ON CONFLICT (id) DO NOTHING;

-- name: SealLeaseTake :execrows
UPDATE seal_lease SET holder = @holder, held_until = now() + @ttl::interval
WHERE id = 1 AND (holder = @holder OR held_until < now());

-- name: SealLeaseGive :exec
UPDATE seal_lease SET held_until = now() - interval '1 second' WHERE id = 1 AND holder = @holder;

-- name: SealsInsert :exec
INSERT INTO seals (position, home, transaction_id, leaf_hash, sealed_at)
SELECT u.position, u.home, u.id, u.hash, @sealed_at::timestamptz
FROM (SELECT unnest(@positions::bigint[]) AS position, unnest(@homes::text[]) AS home, unnest(@ids::uuid[]) AS id,
    unnest(@hashes::bytea[]) AS hash) u;

-- name: SealNodesInsert :exec
INSERT INTO seal_nodes (level, place, hash)
SELECT u.level, u.place, u.hash
FROM (SELECT unnest(@levels::int[]) AS level, unnest(@places::bigint[]) AS place, unnest(@hashes::bytea[]) AS hash) u;

-- name: CheckpointInsert :exec
INSERT INTO checkpoints (size, root, frontier, note, at) VALUES (@size, @root, @frontier, @note, @at);

-- name: CheckpointLast :one
SELECT * FROM checkpoints ORDER BY size DESC LIMIT 1;

-- name: CheckpointOf :one
SELECT * FROM checkpoints WHERE size = @size;

-- name: CheckpointsFrom :many
SELECT * FROM checkpoints WHERE size > @after AND size <= @upto ORDER BY size LIMIT @max_rows;

-- name: SealOf :one
SELECT * FROM seals WHERE home = @home AND transaction_id = @transaction_id;

-- name: SealsFrom :many
SELECT * FROM seals WHERE position >= @from_position AND position < @to_position ORDER BY position LIMIT @max_rows;

-- name: SealsAfter :many
SELECT * FROM seals WHERE position >= @from_position ORDER BY position LIMIT @max_rows;

-- name: SealHashesIn :many
SELECT s.position, s.leaf_hash FROM seals s
JOIN (SELECT unnest(@froms::bigint[]) AS first, unnest(@tos::bigint[]) AS past) u
    ON s.position >= u.first AND s.position < u.past;

-- name: SealNodesIn :many
SELECT n.* FROM seal_nodes n
JOIN (SELECT unnest(@levels::int[]) AS level, unnest(@froms::bigint[]) AS first, unnest(@tos::bigint[]) AS past) u
    ON n.level = u.level AND n.place >= u.first AND n.place < u.past;

-- name: SealNodesPage :many
SELECT * FROM seal_nodes WHERE (level, place) > (@level::int, @place::bigint) ORDER BY level, place LIMIT @max_rows;

-- name: VolumesAdd :exec
INSERT INTO volumes (rollup, period, measure, direction, seller_county, buyer_county, category, buyer_class, channel,
    scheme, fen, quantity, orders, entries)
SELECT u.rollup, u.period, u.measure, u.direction, u.seller_county, u.buyer_county, u.category, u.buyer_class, u.channel,
    u.scheme, u.fen, u.quantity, u.orders, u.entries
FROM (SELECT unnest(@rollups::text[]) AS rollup, unnest(@periods::text[]) AS period, unnest(@measures::text[]) AS measure,
    unnest(@directions::text[]) AS direction, unnest(@seller_counties::text[]) AS seller_county,
    unnest(@buyer_counties::text[]) AS buyer_county, unnest(@categories::text[]) AS category,
    unnest(@buyer_classes::text[]) AS buyer_class, unnest(@channels::text[]) AS channel, unnest(@schemes::text[]) AS scheme,
    unnest(@fens::bigint[]) AS fen, unnest(@quantities::bigint[]) AS quantity, unnest(@orders::bigint[]) AS orders,
    unnest(@entries::bigint[]) AS entries) u
ON CONFLICT (rollup, period, measure, direction, seller_county, buyer_county, category, buyer_class, channel, scheme)
DO UPDATE SET fen = volumes.fen + excluded.fen, quantity = volumes.quantity + excluded.quantity,
    orders = volumes.orders + excluded.orders, entries = volumes.entries + excluded.entries;

-- name: UnknownTransactions :many
SELECT (t.home || '-' || t.id::text)::text AS id
FROM (SELECT home, id, at FROM ledger_transactions UNION ALL SELECT home, id, at FROM notices) t
WHERE NOT EXISTS (SELECT 1 FROM seals s WHERE s.home = t.home AND s.transaction_id = t.id)
    AND NOT EXISTS (SELECT 1 FROM unsealed q WHERE q.home = t.home AND q.at = t.at AND q.id = t.id)
LIMIT @max_rows;

-- name: UnknownEntries :many
SELECT DISTINCT (e.home || '-' || e.transaction_id::text)::text AS id FROM ledger_entries e
WHERE NOT EXISTS (SELECT 1 FROM ledger_transactions t WHERE t.home = e.home AND t.id = e.transaction_id)
LIMIT @max_rows;

-- name: UnsealedAbsent :many
SELECT (q.home || '-' || q.id::text)::text AS id FROM unsealed q
WHERE (NOT EXISTS (SELECT 1 FROM ledger_transactions t WHERE t.home = q.home AND t.id = q.id AND t.at = q.at)
        AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.home = q.home AND n.id = q.id AND n.at = q.at))
    OR EXISTS (SELECT 1 FROM seals s WHERE s.home = q.home AND s.transaction_id = q.id)
LIMIT @max_rows;

-- name: VolumesPage :many
SELECT * FROM volumes
WHERE (rollup, period, measure, direction, seller_county, buyer_county, category, buyer_class, channel, scheme) >
    (@rollup::text, @period::text, @measure::text, @direction::text, @seller_county::text, @buyer_county::text,
    @category::text, @buyer_class::text, @channel::text, @scheme::text)
ORDER BY rollup, period, measure, direction, seller_county, buyer_county, category, buyer_class, channel, scheme
LIMIT @max_rows;

-- name: CheckVolumes :many
-- A roll-up against the entries that are sealed, added up anew.
WITH e AS (
    SELECT l.*, row_number() OVER (PARTITION BY l.home, l.order_id, l.measure ORDER BY l.at, l.transaction_id, l.line) AS nth
    FROM ledger_entries l
    WHERE l.measure <> ''
        AND NOT EXISTS (SELECT 1 FROM unsealed q WHERE q.home = l.home AND q.at = l.at AND q.id = l.transaction_id)
), keyed AS (
    SELECT to_char(e.at + interval '8 hours', @layout::text) AS period,
        e.measure, e.direction, CASE WHEN @masked::boolean AND e.buyer_class <> 'MILITARY' THEN '' ELSE e.buyer_class END AS buyer_class,
        CASE WHEN @by_seller_county::boolean THEN e.seller_county ELSE '' END AS seller_county,
        CASE WHEN @by_buyer_county::boolean THEN e.buyer_county ELSE '' END AS buyer_county,
        CASE WHEN @by_category::boolean THEN e.category ELSE '' END AS category,
        CASE WHEN @by_channel::boolean THEN e.channel ELSE '' END AS channel,
        CASE WHEN @by_scheme::boolean THEN e.scheme ELSE '' END AS scheme,
        e.measure_fen, e.measure_quantity, e.nth
    FROM e
), want AS (
    SELECT period, measure, direction, buyer_class, seller_county, buyer_county, category, channel, scheme,
        sum(measure_fen)::bigint AS fen, sum(measure_quantity)::bigint AS quantity,
        sum(CASE WHEN nth = 1 THEN 1 ELSE 0 END)::bigint AS orders, count(*) AS entries
    FROM keyed
    GROUP BY period, measure, direction, buyer_class, seller_county, buyer_county, category, channel, scheme
), kept AS (
    SELECT * FROM volumes WHERE rollup = @rollup::text
)
SELECT (@rollup::text || ' ' || coalesce(w.period, k.period) || ' ' || coalesce(w.measure, k.measure) || ' '
    || coalesce(w.direction, k.direction) || ' ' || coalesce(w.buyer_class, k.buyer_class) || ' '
    || coalesce(w.seller_county, k.seller_county) || ' ' || coalesce(w.buyer_county, k.buyer_county) || ' '
    || coalesce(w.category, k.category) || ' ' || coalesce(w.channel, k.channel) || ' ' || coalesce(w.scheme, k.scheme)
    || ': ' || coalesce(k.fen, 0)::text || ' fen in ' || coalesce(k.entries, 0)::text || ' entries of '
    || coalesce(k.orders, 0)::text || ' orders are kept, the entries add up to ' || coalesce(w.fen, 0)::text || ' in '
    || coalesce(w.entries, 0)::text || ' of ' || coalesce(w.orders, 0)::text)::text AS violation
FROM want w
FULL JOIN kept k ON k.period = w.period AND k.measure = w.measure AND k.direction = w.direction
    AND k.buyer_class = w.buyer_class AND k.seller_county = w.seller_county AND k.buyer_county = w.buyer_county
    AND k.category = w.category AND k.channel = w.channel AND k.scheme = w.scheme
WHERE coalesce(w.fen, 0) <> coalesce(k.fen, 0) OR coalesce(w.quantity, 0) <> coalesce(k.quantity, 0)
    OR coalesce(w.orders, 0) <> coalesce(k.orders, 0) OR coalesce(w.entries, 0) <> coalesce(k.entries, 0)
LIMIT @max_rows;

-- name: CheckUnknownRollups :many
SELECT DISTINCT ('roll-up ' || rollup || ' is not one of this program')::text AS violation
FROM volumes WHERE NOT rollup = ANY(@known::text[]) LIMIT @max_rows;
