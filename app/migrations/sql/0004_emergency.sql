-- The first of so many new numbers of a day. The day's row stays locked until the transaction ends, so that no number
-- is given twice and none is lost when a transaction is rolled back. Take several days in order of the day.
CREATE FUNCTION take_event_numbers(on_day date, how_many integer) RETURNS integer LANGUAGE sql AS
$$ INSERT INTO event_days AS d (day, last) VALUES (on_day, how_many)
   ON CONFLICT (day) DO UPDATE SET last = d.last + excluded.last
   RETURNING d.last - how_many + 1 $$;

-- E, yymmdd and at least four digits: E2611220001.
CREATE FUNCTION event_number(on_day date, n bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT 'E' || to_char(on_day, 'YYMMDD') || lpad(n::text, greatest(4, length(n::text)), '0') $$;
