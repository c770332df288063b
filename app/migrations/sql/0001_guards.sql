-- The point by which a line or an area is assigned to a cell; a point is its own anchor.
CREATE FUNCTION grid_anchor(g geometry) RETURNS geometry
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN GeometryType(g) = 'POINT' THEN g ELSE ST_PointOnSurface(g) END $$;

-- How far outside its cell an anchor may lie, in degrees: a guard against wrong rows, not a measure. It must exceed the
-- widest snapping distance that a profile may set (grid.locate.SNAP_MAX_M, 300 m).
CREATE FUNCTION grid_tolerance() RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 0.005::double precision $$;

CREATE FUNCTION grid_misplaced(table_name text, record_id bigint) RETURNS void LANGUAGE plpgsql AS
$$ BEGIN
    RAISE EXCEPTION 'row % of % does not lie in its unit cell or area', record_id, table_name
        USING ERRCODE = '23514', CONSTRAINT = 'located_inside_cell', TABLE = table_name;
END $$;

-- One set-wise check for each INSERT or COPY. A cell that has ended takes no one in: a redraw may just have passed by.
CREATE FUNCTION grid_refuse_misplaced() RETURNS trigger LANGUAGE plpgsql AS
$$ DECLARE bad bigint;
BEGIN
    SELECT w.id INTO bad FROM written w LEFT JOIN unit_cells c ON c.id = w.unit_cell_id AND c.valid_to IS NULL
    WHERE c.id IS NULL OR c.area_code <> w.area_code OR NOT ST_DWithin(c.geom, grid_anchor(w.geom), grid_tolerance())
    LIMIT 1;
    IF bad IS NOT NULL THEN PERFORM grid_misplaced(TG_TABLE_NAME, bad); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION grid_refuse_misplaced_row() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF NOT EXISTS (
        SELECT FROM unit_cells c WHERE c.id = NEW.unit_cell_id AND c.valid_to IS NULL AND c.area_code = NEW.area_code
        AND ST_DWithin(c.geom, grid_anchor(NEW.geom), grid_tolerance())
    ) THEN PERFORM grid_misplaced(TG_TABLE_NAME, NEW.id); END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    RAISE EXCEPTION '% keeps its rows: they are never changed or deleted', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
