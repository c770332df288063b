-- The case that a merged one is told by: A merged into B merged into C is told by C. A case that is not merged is its own.
-- A chain has no loop (the merge is refused); it ends at the hundredth link all the same.
CREATE FUNCTION main_case(case_id bigint) RETURNS bigint LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    here bigint := case_id;
    onward bigint;
BEGIN
    FOR step IN 1..100 LOOP
        SELECT merged_into_id INTO onward FROM cases WHERE id = here;
        EXIT WHEN onward IS NULL;
        here := onward;
    END LOOP;
    RETURN here;
END
$$;
