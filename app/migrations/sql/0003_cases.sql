-- The first of so many new numbers of a day. The day's row stays locked until the transaction ends, so that no number
-- is given twice and none is lost when a transaction is rolled back. Take several days in order of the day.
CREATE FUNCTION take_case_numbers(on_day date, how_many integer) RETURNS integer LANGUAGE sql AS
$$ INSERT INTO case_days AS d (day, last) VALUES (on_day, how_many)
   ON CONFLICT (day) DO UPDATE SET last = d.last + excluded.last
   RETURNING d.last - how_many + 1 $$;

-- yymmdd and at least five digits: 22041800001.
CREATE FUNCTION case_number(on_day date, n bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT to_char(on_day, 'YYMMDD') || lpad(n::text, greatest(5, length(n::text)), '0') $$;
