-- Accounts in use with prefixes in their reach that no present area's code begins with.
SELECT a.name, p.prefix
FROM accounts a CROSS JOIN LATERAL jsonb_array_elements_text(a.areas) AS p (prefix)
WHERE a.is_active AND p.prefix <> ''
  AND NOT EXISTS (SELECT FROM areas r WHERE r.valid_to IS NULL AND starts_with(r.code, p.prefix))
ORDER BY a.name, p.prefix
