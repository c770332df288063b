DELETE FROM road_graph;
DROP TABLE road_edges;
CREATE TABLE road_edges (
    id BIGINT NOT NULL,
    source BIGINT NOT NULL,
    target BIGINT NOT NULL,
    cost FLOAT NOT NULL,
    reverse_cost FLOAT NOT NULL,
    geom geometry(LINESTRING, 4326) NOT NULL,
    CONSTRAINT pk_road_edges PRIMARY KEY (id)
);
CREATE INDEX ix_road_edges_geom ON road_edges USING gist (geom);
