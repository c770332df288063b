-- Stricter than 0001: a record stands in a cell that it touches, or, where no cell covers it, within the city's snapping
-- distance of the one it was given (the rule of grid.locate). All of it holds for INSERT, COPY, UPDATE and upserts.

-- Rounding between a geometry as it is stored and as the assigning side held it: 0.1 mm.
CREATE OR REPLACE FUNCTION grid_tolerance() RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 1e-9::double precision $$;

-- Whether a record that doesn't touch a cell may belong to it: it lies in no cell, and this one is near enough (metres on
-- the ellipsoid, at most grid.index.SNAP_MAX_M, with a centimetre for the other side's rounding).
CREATE FUNCTION grid_may_snap(cell geometry, g geometry) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT NOT EXISTS (
       SELECT FROM unit_cells o WHERE o.valid_to IS NULL AND o.geom && a.spot AND NOT ST_Relate(o.geom, a.spot, 'FF*FF****')
   ) AND ST_DWithin(cell::geography, a.spot::geography, least(coalesce((SELECT snap_m FROM city), 0), 300) + 0.01)
   FROM (SELECT grid_anchor(g) AS spot) a $$;

CREATE OR REPLACE FUNCTION grid_refuse_misplaced() RETURNS trigger LANGUAGE plpgsql AS
$$ DECLARE bad bigint;
BEGIN
    SELECT w.id INTO bad FROM written w LEFT JOIN unit_cells c ON c.id = w.unit_cell_id AND c.valid_to IS NULL
    WHERE c.id IS NULL OR c.area_code <> w.area_code
        OR NOT (ST_DWithin(c.geom, w.geom, grid_tolerance()) OR grid_may_snap(c.geom, w.geom))
    LIMIT 1;
    IF bad IS NOT NULL THEN PERFORM grid_misplaced(TG_TABLE_NAME, bad); END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION grid_refuse_misplaced_row() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF NOT EXISTS (
        SELECT FROM unit_cells c WHERE c.id = NEW.unit_cell_id AND c.valid_to IS NULL AND c.area_code = NEW.area_code
        AND (ST_DWithin(c.geom, NEW.geom, grid_tolerance()) OR grid_may_snap(c.geom, NEW.geom))
    ) THEN PERFORM grid_misplaced(TG_TABLE_NAME, NEW.id); END IF;
    RETURN NULL;
END $$;

-- A cell is never moved or handed to another area under its records: a redraw ends it and begins another.
CREATE FUNCTION grid_refuse_cell_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    RAISE EXCEPTION 'unit cell % keeps its shape and area: a redraw ends it and begins another', OLD.code
        USING ERRCODE = '23514', CONSTRAINT = 'cell_keeps_shape', TABLE = TG_TABLE_NAME;
END $$;

-- At the end of the transaction that ended a cell, every record must stand in one that holds.
CREATE FUNCTION grid_refuse_strays() RETURNS trigger LANGUAGE plpgsql AS
$$ DECLARE located record; bad bigint;
BEGIN
    IF EXISTS (SELECT FROM unit_cells WHERE id = NEW.id AND valid_to IS NULL) THEN RETURN NULL; END IF;
    FOR located IN SELECT tgrelid::regclass AS name FROM pg_trigger WHERE tgname = 'located_insert' LOOP
        EXECUTE format('SELECT id FROM %s WHERE unit_cell_id = $1 LIMIT 1', located.name) INTO bad USING NEW.id;
        IF bad IS NOT NULL THEN PERFORM grid_misplaced(located.name::text, bad); END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER keeps_shape BEFORE UPDATE OF geom, area_code ON unit_cells FOR EACH ROW
WHEN (NOT OLD.geom ~= NEW.geom OR NOT ST_Equals(OLD.geom, NEW.geom) OR OLD.area_code <> NEW.area_code)
EXECUTE FUNCTION grid_refuse_cell_change();
CREATE CONSTRAINT TRIGGER leaves_no_strays AFTER UPDATE OF valid_to ON unit_cells DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.valid_to IS NOT NULL) EXECUTE FUNCTION grid_refuse_strays();

-- A person is registered through a residence at a dwelling, which is the located thing. One without any is refused at the
-- end of the transaction, whoever wrote it; those who have left keep the residences that ended.
CREATE FUNCTION residents_refuse_homeless() RETURNS trigger LANGUAGE plpgsql AS
$$ DECLARE who bigint := CASE TG_TABLE_NAME WHEN 'persons' THEN (to_jsonb(NEW) ->> 'id')::bigint ELSE (to_jsonb(OLD) ->> 'person_id')::bigint END;
BEGIN
    IF EXISTS (SELECT FROM persons WHERE id = who) AND NOT EXISTS (SELECT FROM residences WHERE person_id = who) THEN
        RAISE EXCEPTION 'person % has no residence', who
            USING ERRCODE = '23514', CONSTRAINT = 'person_has_residence', TABLE = 'persons';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER has_residence AFTER INSERT ON persons DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION residents_refuse_homeless();
CREATE CONSTRAINT TRIGGER has_residence AFTER DELETE OR UPDATE OF person_id ON residences DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION residents_refuse_homeless();
