-- name: DivisionUpsert :exec
INSERT INTO divisions (code, name_zh, name_en, level, parent, kind, valid_from, valid_to, predecessors, poverty56, note)
VALUES (@code, @name_zh, @name_en, @level, @parent, @kind, @valid_from, @valid_to, @predecessors, @poverty56, @note)
ON CONFLICT (code) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en, level = excluded.level,
    parent = excluded.parent, kind = excluded.kind, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
    predecessors = excluded.predecessors, poverty56 = excluded.poverty56, note = excluded.note;

-- name: DivisionGet :one
SELECT * FROM divisions WHERE code = @code;

-- name: DivisionsList :many
SELECT * FROM divisions
WHERE code > @after AND (@parent::text = '' OR parent = @parent)
    AND (valid_from = '' OR valid_from <= @day::text) AND (valid_to = '' OR valid_to >= @day)
ORDER BY code LIMIT @max_rows;

-- Reference data of some hundred rows.
-- name: DivisionCodes :many
SELECT code, level, parent, valid_from, valid_to, predecessors FROM divisions ORDER BY code;

-- name: PairingsAll :many
SELECT * FROM pairings ORDER BY id;

-- name: PairingUpsert :exec
INSERT INTO pairings (id, js_city, js_unit, sn_city, sn_county, valid_from, valid_to, confidence)
VALUES (@id, @js_city, @js_unit, @sn_city, @sn_county, @valid_from, @valid_to, @confidence)
ON CONFLICT (id) DO UPDATE SET js_city = excluded.js_city, js_unit = excluded.js_unit, sn_city = excluded.sn_city,
    sn_county = excluded.sn_county, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
    confidence = excluded.confidence;

-- name: PairingsList :many
SELECT * FROM pairings
WHERE id > @after AND (@day::text = ''
    OR ((valid_from = '' OR valid_from <= @day) AND (valid_to = '' OR valid_to >= @day)))
ORDER BY id LIMIT @max_rows;

-- name: CitiesPaired :one
SELECT count(*) FROM pairings WHERE js_city = @js_city AND sn_city = @sn_city;
