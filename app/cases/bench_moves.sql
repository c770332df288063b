INSERT INTO case_moves (case_id, act, from_status, to_status, at, recorded_at, actor, role, note, answers, facts)
SELECT c.id, m.act, m.before, m.after, c.reported_at + m.n * interval '1 hour', c.reported_at + m.n * interval '1 hour',
    'bench', 'system', '', '{}', jsonb_build_object('class_id', c.class_id, 'area_code', c.area_code)
FROM cases c, (VALUES (0, 'report', NULL, 'reported'), (1, 'file', 'reported', 'filed'),
    (2, 'dispatch', 'filed', 'handling'), (3, 'accept', 'handling', 'handling'), (4, 'done', 'handling', 'checking'),
    (5, 'checked', 'checking', 'checking'), (6, 'close', 'checking', 'closed')) m (n, act, before, after)
WHERE c.status = 'closed' OR m.n < 4
