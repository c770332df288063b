-- Cases of a file: what is already there is left alone, numbers are taken by the day for those without one.
-- Binds nothing; reads import_rows. Days are those of the city's time zone, taken in order so that two imports can't
-- lock each other out. Open311 knows open and closed only.
INSERT INTO cases (
    number, external_system, external_id, class_id, status, source, description, department,
    reported_at, entered_at, due_at, yellow_at, closed_at, is_on_time, outcome, attributes,
    geom, unit_cell_id, area_code, duty_cell_id, accuracy_m, located_by, datum_given
)
WITH fresh AS MATERIALIZED (
    SELECT r.*, (r.reported_at AT TIME ZONE (SELECT time_zone FROM city))::date AS day
    FROM import_rows r
    WHERE NOT EXISTS (
        SELECT FROM cases c WHERE c.external_system = r.external_system AND c.external_id = r.external_id
    )
), days AS MATERIALIZED (
    SELECT day, take_case_numbers(day, count(*)::int) AS first FROM fresh WHERE number IS NULL GROUP BY day ORDER BY day
)
SELECT
    coalesce(r.number, case_number(
        r.day, d.first - 1 + row_number() OVER (PARTITION BY r.day, r.number IS NULL ORDER BY r.line)
    )),
    r.external_system, r.external_id, r.class_id,
    CASE lower(coalesce(r.status, CASE WHEN r.closed_at IS NULL THEN 'open' ELSE 'closed' END))
        WHEN 'open' THEN 'reported' WHEN 'archived' THEN 'closed' ELSE lower(coalesce(r.status, 'closed')) END,
    CASE WHEN lower(r.source) IN ('inspector', 'hotline', 'public', 'sensor', 'video', 'department')
        THEN lower(r.source) ELSE 'import' END,
    coalesce(r.description, ''), r.department, r.reported_at, coalesce(r.closed_at, r.reported_at), r.due_at,
    r.reported_at + 0.8 * (r.due_at - r.reported_at), r.closed_at,
    CASE WHEN lower(r.on_time) IN ('true', 't', 'yes', 'y', '1', 'ontime', 'on time') THEN true
        WHEN lower(r.on_time) IN ('false', 'f', 'no', 'n', '0', 'overdue', 'late') THEN false END,
    r.outcome, coalesce(r.rest, '{}'),
    r.geom, r.unit_cell_id, r.area_code, grid_duty_cell(r.unit_cell_id), r.accuracy_m, r.located_by, r.datum_given
FROM fresh r
LEFT JOIN days d ON d.day = r.day AND r.number IS NULL
ON CONFLICT DO NOTHING
