-- Present areas that hold no other area, under a code prefix. Binds prefix. Uses ix_areas_code.
SELECT a.code, a.valid_from, a.name_zh, a.name_en, ST_AsBinary(a.geom) AS wkb
FROM areas a
WHERE a.valid_to IS NULL AND starts_with(a.code, :prefix)
  AND NOT EXISTS (SELECT FROM areas child WHERE child.valid_to IS NULL AND child.parent_code = a.code)
ORDER BY a.code
