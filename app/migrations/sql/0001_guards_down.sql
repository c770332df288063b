DROP FUNCTION grid_refuse_misplaced() CASCADE;
DROP FUNCTION grid_refuse_misplaced_row() CASCADE;
DROP FUNCTION refuse_change() CASCADE;
DROP FUNCTION grid_misplaced(text, bigint);
DROP FUNCTION grid_tolerance();
DROP FUNCTION grid_anchor(geometry);
