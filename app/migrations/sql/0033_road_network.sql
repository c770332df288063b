-- Edges of all ways, not only of driven ones. They are made of the roads by whoever asks first: nothing is lost.
DELETE FROM road_graph;
DROP TABLE road_edges;
CREATE TABLE road_edges (
    id BIGINT NOT NULL,
    source BIGINT NOT NULL,
    target BIGINT NOT NULL,
    metres FLOAT NOT NULL,
    is_oneway BOOLEAN NOT NULL,
    kind VARCHAR NOT NULL,
    road_id BIGINT NOT NULL,
    geom geometry(LINESTRING, 4326) NOT NULL,
    line geometry(LINESTRING) NOT NULL,
    CONSTRAINT pk_road_edges PRIMARY KEY (id)
);
CREATE INDEX ix_road_edges_geom ON road_edges USING gist (geom);
CREATE INDEX ix_road_edges_line ON road_edges USING gist (line);
