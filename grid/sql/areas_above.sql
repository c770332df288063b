-- A present area and all that hold it, widest first, along parent_code. Binds code. Uses uq_areas_code_open.
WITH RECURSIVE above AS (
    SELECT a.code, a.level, a.name_zh, a.name_en, a.parent_code, 0 AS steps
    FROM areas a WHERE a.code = :code AND a.valid_to IS NULL
    UNION ALL
    SELECT p.code, p.level, p.name_zh, p.name_en, p.parent_code, above.steps + 1
    FROM above JOIN areas p ON p.code = above.parent_code AND p.valid_to IS NULL
    WHERE above.steps < 20
)
SELECT code, level, name_zh, name_en FROM above ORDER BY steps DESC
