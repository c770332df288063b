-- Components of a file; those already there are left alone. Reads import_rows, whose states were checked.
INSERT INTO components (
    code, external_system, external_id, class_id, name_zh, name_en, state, in_charge, owner, maintainer, data_source,
    first_recorded_on, attributes, geom, unit_cell_id, area_code, accuracy_m, located_by, datum_given
)
SELECT
    r.code, r.external_system, r.external_id, r.class_id, coalesce(r.name_zh, ''), coalesce(r.name_en, ''),
    CASE lower(r.state) WHEN '完好' THEN 'intact' WHEN '破损' THEN 'damaged' WHEN '丢失' THEN 'missing'
        WHEN '废弃' THEN 'abandoned' WHEN '占用' THEN 'occupied' ELSE coalesce(lower(r.state), 'intact') END,
    r.in_charge, r.owner, r.maintainer, 'imported', r.first_recorded_on, coalesce(r.rest, '{}'),
    r.geom, r.unit_cell_id, r.area_code, r.accuracy_m, r.located_by, r.datum_given
FROM import_rows r
ORDER BY r.line
ON CONFLICT DO NOTHING
