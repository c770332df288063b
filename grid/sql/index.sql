-- All current unit cells in the order of their codes, each with its duty cell (-1: none), as CellIndex holds them.
SELECT c.id, c.code, c.area_code, coalesce(duty.id, -1), ST_AsBinary(c.geom)
FROM unit_cells c
LEFT JOIN (
    SELECT DISTINCT ON (u.unit_cell_id) u.unit_cell_id, d.id
    FROM duty_cell_units u JOIN duty_cells d ON d.id = u.duty_cell_id
    WHERE u.valid_to IS NULL AND d.valid_to IS NULL AND d.kind = 'inspection'
    ORDER BY u.unit_cell_id, d.code
) duty ON duty.unit_cell_id = c.id
WHERE c.valid_to IS NULL
ORDER BY c.code
