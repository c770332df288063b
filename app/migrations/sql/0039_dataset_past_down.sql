DO $$
DECLARE
    number bigint;
BEGIN
    FOR number IN SELECT id FROM datasets WHERE to_regclass('dataset_' || id) IS NOT NULL LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS keep_past ON %I', 'dataset_' || number);
        EXECUTE format('ALTER TABLE %I DROP COLUMN IF EXISTS row_since', 'dataset_' || number);
    END LOOP;
END
$$;
DROP FUNCTION keep_dataset_table(bigint, text);
DROP FUNCTION keep_dataset_row();
DROP TABLE dataset_past;
ALTER TABLE datasets DROP COLUMN rows_since;
