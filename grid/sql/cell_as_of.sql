-- The unit cell that covered an anchor on a day. Binds wkb (EPSG:4326), on. Uses ix_unit_cells_geom. Same rule as locate.sql.
SELECT c.id
FROM (SELECT grid_anchor(ST_GeomFromWKB(:wkb, 4326)) AS geom) spot
JOIN unit_cells c ON c.geom && spot.geom AND NOT ST_Relate(c.geom, spot.geom, 'FF*FF****')
WHERE c.valid_from <= :on AND (c.valid_to IS NULL OR c.valid_to > :on)
ORDER BY c.code, c.id
LIMIT 1
