-- Unit cells without an inspection duty cell join the one of their area, if it has just one. Binds codes (NULL: all), prefix.
INSERT INTO duty_cell_units (duty_cell_id, unit_cell_id, valid_from)
SELECT d.id, c.id, greatest(c.valid_from, d.valid_from)
FROM unit_cells c
JOIN LATERAL (
    SELECT min(o.id) AS id, min(o.valid_from) AS valid_from FROM duty_cells o
    WHERE o.area_code = c.area_code AND o.kind = 'inspection' AND o.valid_to IS NULL HAVING count(*) = 1
) d ON true
WHERE c.valid_to IS NULL AND starts_with(c.area_code, :prefix)
  AND (CAST(:codes AS text[]) IS NULL OR c.area_code = ANY(CAST(:codes AS text[])))
  AND NOT EXISTS (
      SELECT FROM duty_cell_units u JOIN duty_cells o ON o.id = u.duty_cell_id AND o.kind = 'inspection'
      WHERE u.unit_cell_id = c.id AND u.valid_to IS NULL AND o.valid_to IS NULL
  )
ON CONFLICT (duty_cell_id, unit_cell_id, valid_from) DO UPDATE SET valid_to = NULL
