DROP TRIGGER has_residence ON residences;
DROP TRIGGER has_residence ON persons;
DROP FUNCTION residents_refuse_homeless();
DROP TRIGGER leaves_no_strays ON unit_cells;
DROP TRIGGER keeps_shape ON unit_cells;
DROP FUNCTION grid_refuse_strays();
DROP FUNCTION grid_refuse_cell_change();

-- As 0001 had them.
CREATE OR REPLACE FUNCTION grid_tolerance() RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 0.005::double precision $$;

CREATE OR REPLACE FUNCTION grid_refuse_misplaced() RETURNS trigger LANGUAGE plpgsql AS
$$ DECLARE bad bigint;
BEGIN
    SELECT w.id INTO bad FROM written w LEFT JOIN unit_cells c ON c.id = w.unit_cell_id AND c.valid_to IS NULL
    WHERE c.id IS NULL OR c.area_code <> w.area_code OR NOT ST_DWithin(c.geom, grid_anchor(w.geom), grid_tolerance())
    LIMIT 1;
    IF bad IS NOT NULL THEN PERFORM grid_misplaced(TG_TABLE_NAME, bad); END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION grid_refuse_misplaced_row() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF NOT EXISTS (
        SELECT FROM unit_cells c WHERE c.id = NEW.unit_cell_id AND c.valid_to IS NULL AND c.area_code = NEW.area_code
        AND ST_DWithin(c.geom, grid_anchor(NEW.geom), grid_tolerance())
    ) THEN PERFORM grid_misplaced(TG_TABLE_NAME, NEW.id); END IF;
    RETURN NULL;
END $$;

DROP FUNCTION grid_may_snap(geometry, geometry);
