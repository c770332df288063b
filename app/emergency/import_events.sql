-- Rows that are new, numbered by the day they happened on in the city; what is known already is left alone.
WITH fresh AS (
    SELECT r.*, (r.happened_at AT TIME ZONE coalesce((SELECT time_zone FROM city), 'UTC'))::date AS day
    FROM import_rows r
    WHERE NOT EXISTS (
        SELECT FROM events e WHERE (e.external_system, e.external_id) = (r.external_system, r.external_id)
    )
), days AS MATERIALIZED (
    SELECT day, take_event_numbers(day, n) AS first
    FROM (SELECT day, count(*)::integer AS n FROM fresh GROUP BY day ORDER BY day) counted
)
INSERT INTO events (
    number, external_system, external_id, class_id, title, level, status, description, happened_at, learnt_at, ended_at,
    attributes, geom, unit_cell_id, area_code, accuracy_m, located_by, datum_given
)
SELECT
    event_number(f.day, d.first - 1 + row_number() OVER (PARTITION BY f.day ORDER BY f.happened_at, f.line)),
    f.external_system, f.external_id, f.class_id, f.title, f.level, f.status, f.description,
    f.happened_at, f.happened_at, f.ended_at, f.rest, f.geom, f.unit_cell_id, f.area_code, f.accuracy_m,
    f.located_by, f.datum_given
FROM fresh f JOIN days d USING (day)
ON CONFLICT DO NOTHING
