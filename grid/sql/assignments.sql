-- What a record belonged to before each relocation. Binds register, record_id. Uses ix_relocations_register_record_id.
SELECT r.unit_cell_id, c.code, r.area_code, r.until_at, r.reason
FROM relocations r JOIN unit_cells c ON c.id = r.unit_cell_id
WHERE r.register = :register AND r.record_id = :record_id
ORDER BY r.until_at, r.id
