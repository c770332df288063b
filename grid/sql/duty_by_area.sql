-- One inspection duty cell for each finest area that has no such duty cell, and cells in none. Binds codes (NULL: all), prefix.
INSERT INTO duty_cells (code, kind, name_zh, name_en, area_code, valid_from)
SELECT 'D' || a.code, 'inspection', a.name_zh || '责任网格', a.name_en || ' duty cell', a.code, first.valid_from
FROM areas a
JOIN LATERAL (
    SELECT min(c.valid_from) AS valid_from FROM unit_cells c WHERE c.area_code = a.code AND c.valid_to IS NULL
    AND NOT EXISTS (
        SELECT FROM duty_cell_units u JOIN duty_cells o ON o.id = u.duty_cell_id AND o.kind = 'inspection'
        WHERE u.unit_cell_id = c.id AND u.valid_to IS NULL AND o.valid_to IS NULL
    )
) first ON first.valid_from IS NOT NULL
WHERE a.valid_to IS NULL AND starts_with(a.code, :prefix)
  AND (CAST(:codes AS text[]) IS NULL OR a.code = ANY(CAST(:codes AS text[])))
  AND NOT EXISTS (
      SELECT FROM duty_cells d WHERE d.area_code = a.code AND d.kind = 'inspection' AND d.valid_to IS NULL
  )
  AND NOT EXISTS (SELECT FROM duty_cells d WHERE d.code = 'D' || a.code AND d.valid_to IS NULL)
