-- New unit cells from parallel arrays. Binds codes, area_codes, wkb, area_m2, valid_from, version_id.
INSERT INTO unit_cells (code, area_code, geom, area_m2, valid_from, version_id)
SELECT n.code, n.area_code, ST_GeomFromWKB(n.wkb, 4326), n.area_m2, n.valid_from, :version_id
FROM unnest(
    CAST(:codes AS text[]), CAST(:area_codes AS text[]), CAST(:wkb AS bytea[]), CAST(:area_m2 AS float8[]),
    CAST(:valid_from AS date[])
) AS n (code, area_code, wkb, area_m2, valid_from)
