-- Lives of the stored cases of `./city bench`: clocks, seven moves for each that is over and four for each other.
UPDATE cases SET
    due_at = reported_at + (24 + id % 240) * interval '1 hour', yellow_at = reported_at + (19 + id % 190) * interval '1 hour',
    closed_at = CASE WHEN status = 'closed' THEN reported_at + (12 + id % 300) * interval '1 hour' END,
    department = 'bench' || id % 8,
    clock = jsonb_build_object('calendar', 'default', 'calendar_version', 1);
ALTER TABLE case_moves DISABLE TRIGGER kept_facts;
INSERT INTO case_moves (case_id, act, from_status, to_status, at, recorded_at, actor, role, note, answers, facts)
SELECT c.id, m.act, m.before, m.after, c.reported_at + m.n * interval '1 hour', c.reported_at + m.n * interval '1 hour',
    'bench', 'system', '', '{}', jsonb_build_object('class_id', c.class_id, 'area_code', c.area_code,
    'department', c.department, 'due_at', c.due_at)
FROM cases c, (VALUES (0, 'report', NULL, 'reported'), (1, 'file', 'reported', 'filed'),
    (2, 'dispatch', 'filed', 'handling'), (3, 'accept', 'handling', 'handling'), (4, 'done', 'handling', 'checking'),
    (5, 'checked', 'checking', 'checking'), (6, 'close', 'checking', 'closed')) m (n, act, before, after)
WHERE c.status = 'closed' OR m.n < 4;
ALTER TABLE case_moves ENABLE TRIGGER kept_facts
