INSERT INTO dwellings (building_id, entrance, floor, room, geom, unit_cell_id, area_code, address_id, located_by, datum_given)
SELECT DISTINCT ON (r.building_id, r.entrance, r.floor, r.room)
    r.building_id, r.entrance, r.floor, r.room, grid_anchor(b.geom), c.id, c.area_code, b.address_id, 'import', 'wgs84'
FROM import_rows r
JOIN import_new n ON n.id = r.person_id
JOIN buildings b ON b.id = r.building_id
JOIN unit_cells c ON c.id = b.unit_cell_id
ON CONFLICT DO NOTHING;

INSERT INTO residences (person_id, dwelling_id, kind, from_on, source)
SELECT r.person_id, d.id, r.kind, r.from_on, 'import'
FROM import_rows r
JOIN import_new n ON n.id = r.person_id
JOIN dwellings d ON d.building_id = r.building_id AND d.entrance IS NOT DISTINCT FROM r.entrance
    AND d.floor IS NOT DISTINCT FROM r.floor AND d.room = r.room;

INSERT INTO resident_entries (person_id, kind, account_id, actor)
SELECT id, 'imported', :account_id, :actor FROM import_new;
