-- Present duty cells whose area is there no more, or that hold units outside it; with the areas of their present units.
SELECT d.id, coalesce(array_agg(DISTINCT c.area_code) FILTER (WHERE c.id IS NOT NULL), '{}') AS area_codes
FROM duty_cells d
LEFT JOIN duty_cell_units u ON u.duty_cell_id = d.id AND u.valid_to IS NULL
LEFT JOIN unit_cells c ON c.id = u.unit_cell_id AND c.valid_to IS NULL
WHERE d.valid_to IS NULL
GROUP BY d.id
HAVING (SELECT bool_and(a.valid_to IS NOT NULL) FROM areas a WHERE a.code = d.area_code)
    OR bool_or(NOT starts_with(c.area_code, d.area_code))
ORDER BY d.id
