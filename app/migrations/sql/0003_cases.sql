-- yymmdd and at least five digits: 22041800001.
CREATE FUNCTION case_number(on_day date, n bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT to_char(on_day, 'YYMMDD') || lpad(n::text, greatest(5, length(n::text)), '0') $$;

-- The first of so many new numbers of a day. The day's row stays locked until the transaction ends, so that no number
-- is given twice and none is lost when a transaction is rolled back; numbers that came with imported cases are passed
-- over. Take several days in order of the day.
CREATE FUNCTION take_case_numbers(on_day date, how_many integer) RETURNS integer LANGUAGE sql AS
$$ WITH given AS (
       SELECT coalesce(substr(max(number), 7)::integer, 0) AS last FROM cases
       WHERE number BETWEEN case_number(on_day, 0) AND case_number(on_day, 99999) AND number ~ '^[0-9]{11}$'
   )
   INSERT INTO case_days AS d (day, last) SELECT on_day, g.last + how_many FROM given g
   ON CONFLICT (day) DO UPDATE SET last = greatest(d.last, excluded.last - how_many) + how_many
   RETURNING d.last - how_many + 1 $$;
