-- New areas from parallel arrays. Binds on, codes, levels, depths, parent_codes, name_zhs, name_ens, is_generateds, wkb, area_m2.
INSERT INTO areas (code, level, depth, parent_code, name_zh, name_en, is_generated, geom, area_m2, valid_from)
SELECT n.code, n.level, n.depth, n.parent_code, n.name_zh, n.name_en, n.is_generated,
    ST_GeomFromWKB(n.wkb, 4326), n.area_m2, :on
FROM unnest(
    CAST(:codes AS text[]), CAST(:levels AS text[]), CAST(:depths AS int[]), CAST(:parent_codes AS text[]),
    CAST(:name_zhs AS text[]), CAST(:name_ens AS text[]), CAST(:is_generateds AS bool[]), CAST(:wkb AS bytea[]),
    CAST(:area_m2 AS float8[])
) AS n (code, level, depth, parent_code, name_zh, name_en, is_generated, wkb, area_m2)
RETURNING id, code
