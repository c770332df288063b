-- The inspection duty cell that holds a unit cell now, as locate.sql chooses it; null where none does.
CREATE FUNCTION grid_duty_cell(cell bigint) RETURNS bigint LANGUAGE sql STABLE RETURN (
    SELECT d.id FROM duty_cell_units u JOIN duty_cells d ON d.id = u.duty_cell_id
    WHERE u.unit_cell_id = cell AND u.valid_to IS NULL AND d.valid_to IS NULL AND d.kind = 'inspection'
    ORDER BY d.code LIMIT 1
);

UPDATE cases c SET duty_cell_id = held.duty_cell_id
FROM (
    SELECT DISTINCT ON (u.unit_cell_id) u.unit_cell_id, d.id AS duty_cell_id
    FROM duty_cell_units u JOIN duty_cells d ON d.id = u.duty_cell_id
    WHERE u.valid_to IS NULL AND d.valid_to IS NULL AND d.kind = 'inspection'
    ORDER BY u.unit_cell_id, d.code
) held
WHERE held.unit_cell_id = c.unit_cell_id;

-- The departments that the city's profile named so far become rows of the register.
INSERT INTO departments (code, name_zh, name_en)
SELECT d.key, d.value ->> 0, d.value ->> 1
FROM city, jsonb_each(coalesce(city.options -> 'departments', '{}')) AS d;
INSERT INTO organisation_entries (kind, code, facts, actor)
SELECT 'department', code, jsonb_build_object('name_zh', name_zh, 'name_en', name_en), 'system' FROM departments;

-- Rules of a version that was activated are never changed.
CREATE FUNCTION routing_keep_activated() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
    IF EXISTS (SELECT FROM routing_sets s WHERE s.id = OLD.set_id AND s.status <> 'draft') THEN
        RAISE EXCEPTION 'the rules of an activated version are never changed or deleted' USING ERRCODE = '42501';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER keeps_activated BEFORE UPDATE OR DELETE ON routing_rules FOR EACH ROW EXECUTE FUNCTION routing_keep_activated();
