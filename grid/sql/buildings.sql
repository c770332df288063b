-- Outlines that no cell border should cross, inside a box. Binds wkb. Uses ix_buildings_geom.
SELECT ST_AsBinary(b.geom) FROM buildings b WHERE b.geom && ST_GeomFromWKB(:wkb, 4326)
