DROP TRIGGER case_squares_added ON cases;
DROP TRIGGER case_squares_removed ON cases;
DROP TRIGGER case_squares_moved ON cases;
DROP FUNCTION case_squares_counted(), case_squares_moved();
DROP FUNCTION sum_case_squares(), sweep_case_squares(), month_of(timestamptz);
DROP TABLE case_squares, case_square_deltas;
