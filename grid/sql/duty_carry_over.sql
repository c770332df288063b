-- New cells of a grid version join the duty cells of the ended cell in which a point of theirs lies. Binds version_id, on.
INSERT INTO duty_cell_units (duty_cell_id, unit_cell_id, valid_from)
SELECT DISTINCT ON (d.kind, n.id) d.id, n.id, CAST(:on AS date)
FROM (SELECT c.id, ST_PointOnSurface(c.geom) AS spot FROM unit_cells c WHERE c.version_id = :version_id) n
JOIN unit_cells old ON old.valid_to IS NOT NULL AND ST_Intersects(old.geom, n.spot)
JOIN duty_cell_units u ON u.unit_cell_id = old.id AND u.valid_to IS NULL
JOIN duty_cells d ON d.id = u.duty_cell_id AND d.valid_to IS NULL
ORDER BY d.kind, n.id, d.code
