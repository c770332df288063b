-- What cell borders follow: roads and rails, rivers, the rims of water, inside a box. Binds wkb. Footways don't divide a block.
SELECT ST_AsBinary(r.geom) FROM roads r
WHERE r.geom && ST_GeomFromWKB(:wkb, 4326) AND r.road_class NOT IN ('footway', 'path', 'steps', 'cycleway')
UNION ALL
SELECT ST_AsBinary(g.geom) FROM grounds g
WHERE g.geom && ST_GeomFromWKB(:wkb, 4326) AND g.kind IN ('river', 'water', 'rail') AND ST_Dimension(g.geom) > 0
