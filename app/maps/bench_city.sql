-- A city of square unit cells and cases strewn evenly, for the benchmarks of tiles and features.
-- Binds west, south (degrees), side (degrees of a cell), across (cells a side), rows.
INSERT INTO city (profile, name_zh, name_en, boundary, crs_epsg, time_zone, language, levels, cell_scheme,
    cell_target_m2, snap_m, is_demo)
VALUES ('bench', '量', 'Bench', ST_Multi(ST_MakeEnvelope(:west, :south, :west + :across * :side,
    :south + :across * :side, 4326)), 4549, 'Asia/Shanghai', 'zh', '["row"]', 'bench', 10000, 50, false);
INSERT INTO areas (code, level, depth, name_zh, name_en, geom, area_m2, valid_from)
SELECT '310199001' || lpad(j::text, 3, '0'), 'row', 0, '行' || j, 'Row ' || j,
    ST_Multi(ST_MakeEnvelope(:west, :south + j * :side, :west + :across * :side, :south + (j + 1) * :side, 4326)), 1e6,
    '2020-01-01'
FROM generate_series(0, :across - 1) j;
INSERT INTO grid_versions (label, method) VALUES ('bench', 'squares');
INSERT INTO unit_cells (code, area_code, geom, area_m2, version_id, valid_from)
SELECT '310199001' || lpad(j::text, 3, '0') || lpad(i::text, 3, '0'), '310199001' || lpad(j::text, 3, '0'),
    ST_MakeEnvelope(:west + i * :side, :south + j * :side, :west + (i + 1) * :side, :south + (j + 1) * :side, 4326),
    10000, (SELECT id FROM grid_versions), '2020-01-01'
FROM generate_series(0, :across - 1) j, generate_series(0, :across - 1) i;
INSERT INTO catalogue_schemes (name, version, title_zh, title_en) VALUES ('bench', '1', '量', 'Bench');
INSERT INTO case_classes (scheme_id, kind, code, name_zh, name_en)
SELECT id, 'event', '01', '大类', 'Major' FROM catalogue_schemes;
INSERT INTO case_classes (scheme_id, kind, code, parent_id, name_zh, name_en)
SELECT scheme_id, 'event', '01' || lpad(n::text, 2, '0'), id, '小类' || n, 'Minor ' || n
FROM case_classes, generate_series(1, 80) n;
SELECT setseed(0.20150930);
INSERT INTO cases (number, class_id, status, source, description, reported_at, located_by, geom, unit_cell_id, area_code)
SELECT 'B' || n, k.id, CASE WHEN n % 7 < 5 THEN 'closed' ELSE 'handling' END, 'hotline', 'Row ' || n,
    timestamptz '2026-01-01' + n % 90 * interval '1 day', 'map',
    ST_SetSRID(ST_MakePoint(:west + (i + u) * :side, :south + (j + v) * :side), 4326), c.id, c.area_code
FROM (SELECT n, floor(random() * :across)::int AS i, floor(random() * :across)::int AS j, random() AS u, random() AS v
      FROM generate_series(1, :rows) n) AS spot
JOIN unit_cells c ON c.code = '310199001' || lpad(j::text, 3, '0') || lpad(i::text, 3, '0')
JOIN case_classes k ON k.code = '01' || lpad((n % 80 + 1)::text, 2, '0');
ANALYZE
