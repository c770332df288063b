-- The cell, duty cell and nearest address of one geometry. Binds wkb (EPSG:4326), snap_max_m, address_m.
-- Uses ix_unit_cells_geom, ix_duty_cell_units_unit_cell_id, ix_addresses_geog. No row: nothing within the snapping distance.
-- ST_Relate and not ST_Intersects: it asks GEOS, whose point-in-polygon is exact, so that CellIndex gives the same answer
-- for a point on (or a rounding error beside) a shared border. Of several covering cells the smallest code is taken.
SELECT cell.id AS unit_cell_id, cell.code AS unit_cell_code, cell.area_code, cell.snapped_m,
       duty.id AS duty_cell_id, address.id AS address_id, address.distance_m AS address_distance_m
FROM (
    SELECT anchor.geom, least(coalesce((SELECT city.snap_m FROM city), 0), :snap_max_m) AS snap_m
    FROM (SELECT grid_anchor(ST_GeomFromWKB(:wkb, 4326)) AS geom) anchor
) spot
CROSS JOIN LATERAL (
    SELECT c.id, c.code, c.area_code, m.covers, CASE WHEN m.covers THEN 0 ELSE round(m.away_m::numeric, 3)::float8 END AS snapped_m
    FROM unit_cells c
    CROSS JOIN LATERAL (
        SELECT NOT ST_Relate(c.geom, spot.geom, 'FF*FF****') AS covers,
               ST_Distance(c.geom::geography, spot.geom::geography) AS away_m
    ) m
    WHERE c.valid_to IS NULL
      -- a degree of latitude is never shorter than 110 500 m
      AND c.geom && ST_Expand(
          spot.geom,
          spot.snap_m / (110500 * greatest(cos(radians(ST_Y(spot.geom))), 0.01)),
          spot.snap_m / 110500
      )
      AND (m.covers OR m.away_m <= spot.snap_m)
    ORDER BY m.covers DESC, snapped_m, c.code
    LIMIT 1
) cell
LEFT JOIN LATERAL (
    SELECT d.id
    FROM duty_cell_units u JOIN duty_cells d ON d.id = u.duty_cell_id
    WHERE u.unit_cell_id = cell.id AND u.valid_to IS NULL AND d.valid_to IS NULL AND d.kind = 'inspection'
    ORDER BY d.code
    LIMIT 1
) duty ON true
LEFT JOIN LATERAL (
    SELECT a.id, ST_Distance(a.geom::geography, spot.geom::geography) AS distance_m
    FROM addresses a
    WHERE a.valid_to IS NULL AND ST_DWithin(a.geom::geography, spot.geom::geography, :address_m)
    ORDER BY distance_m, a.id
    LIMIT 1
) address ON true
