-- What moves come to, one row a case (app.cases.facts), for the given cases from the moves recorded until a moment.
-- A move that was taken back stands beside its undo_… move: both leave the series.
CREATE FUNCTION case_facts_of(ids bigint[], as_of timestamptz) RETURNS SETOF case_facts LANGUAGE sql STABLE AS $$
WITH told AS (
    SELECT m.*, lead(m.act) OVER (PARTITION BY m.case_id ORDER BY m.id) AS next_act
    FROM case_moves m WHERE m.case_id = ANY (ids) AND m.recorded_at <= as_of
), last AS (
    SELECT DISTINCT ON (case_id) case_id, to_status, facts FROM told ORDER BY case_id, id DESC
), series AS (
    SELECT case_id,
        count(*) FILTER (WHERE is_undo) AS undone_n,
        max(recorded_at) AS recorded_at,
        (array_agg(facts ->> 'stage_due_at' ORDER BY id DESC)
            FILTER (WHERE holds AND to_status = 'reported' AND facts ? 'stage_due_at'))[1]::timestamptz AS file_due_at,
        min(at) FILTER (WHERE holds AND from_status = 'reported' AND to_status IN ('filed', 'refused', 'closed'))
            AS decided_at,
        min(at) FILTER (WHERE holds AND act = 'file') AS filed_at,
        (array_agg(facts ->> 'stage_due_at' ORDER BY id) FILTER (WHERE holds AND act = 'file'))[1]::timestamptz
            AS dispatch_due_at,
        min(at) FILTER (WHERE holds AND act = 'dispatch') AS dispatched_at,
        max(at) FILTER (WHERE holds AND act IN ('done', 'self_handled')) AS handled_at,
        max(at) FILTER (WHERE holds AND to_status = 'closed' AND from_status IS DISTINCT FROM 'closed') AS closed_at,
        coalesce(bool_or(holds AND act = 'appeal'), false) AS is_appealed,
        coalesce(bool_or(holds AND act = 'self_handled'), false) AS is_self_handled,
        count(*) FILTER (WHERE holds AND act = 'rework') AS rework_n,
        count(*) FILTER (WHERE holds AND act = 'extend') AS extended_n,
        count(*) FILTER (WHERE holds AND act = 'send_back') AS sent_back_n,
        count(*) FILTER (WHERE holds AND act = 'suspend') AS suspended_n,
        count(*) FILTER (WHERE holds AND act = 'correct' AND from_status = 'filed') AS corrected_n,
        count(*) FILTER (WHERE holds AND act = 'reopen') AS reopened_n,
        array_agg(DISTINCT facts ->> 'department')
            FILTER (WHERE holds AND act = 'dispatch' AND facts ->> 'department' IS NOT NULL) AS sent_to,
        array_agg(DISTINCT facts ->> 'department')
            FILTER (WHERE holds AND act = 'send_back' AND facts ->> 'department' IS NOT NULL) AS sent_back_by
    FROM (
        SELECT t.*, act LIKE 'undo\_%' AS is_undo,
            act NOT LIKE 'undo\_%' AND next_act IS DISTINCT FROM 'undo_' || act AS holds
        FROM told t
    ) t GROUP BY case_id
), work AS (
    SELECT matter_id,
        max(due_at) FILTER (WHERE task = 'verify') AS verify_due_at,
        max(done_at) FILTER (WHERE task = 'verify') AS verify_done_at,
        max(account_id) FILTER (WHERE task = 'verify') AS verify_by,
        max(due_at) FILTER (WHERE task = 'check') AS check_due_at,
        max(done_at) FILTER (WHERE task = 'check') AS check_done_at,
        max(account_id) FILTER (WHERE task = 'check') AS check_by,
        max(due_at) FILTER (WHERE task = 'oversight') AS oversight_due_at,
        max(done_at) FILTER (WHERE task = 'oversight') AS oversight_done_at
    FROM (
        SELECT DISTINCT ON (matter_id, task) matter_id, task, account_id, due_at,
            CASE WHEN done_at <= as_of THEN done_at END AS done_at
        FROM workflow_tasks
        WHERE kind = 'grid-case' AND matter_id = ANY (ids) AND opened_at <= as_of
            AND NOT (result IS NOT DISTINCT FROM 'withdrawn' AND done_at <= as_of)
        ORDER BY matter_id, task, id DESC
    ) newest GROUP BY matter_id
)
SELECT c.id, c.area_code, c.unit_cell_id,
    coalesce((l.facts ->> 'class_id')::bigint, c.class_id),
    CASE WHEN l.facts ? 'department' THEN l.facts ->> 'department' ELSE c.department END,
    c.source, c.reported_by, l.to_status, c.reported_at,
    s.file_due_at, s.decided_at, s.filed_at, s.dispatch_due_at, s.dispatched_at,
    CASE WHEN l.facts ? 'due_at' THEN (l.facts ->> 'due_at')::timestamptz ELSE c.due_at END,
    CASE WHEN l.to_status IN ('checking', 'closed') THEN s.handled_at END,
    CASE WHEN l.to_status = 'closed' THEN s.closed_at END,
    CASE WHEN l.facts ? 'is_deferred' THEN (l.facts ->> 'is_deferred')::boolean ELSE c.is_deferred END,
    s.is_appealed,
    CASE WHEN l.facts ? 'merged_into_id' THEN l.facts ->> 'merged_into_id' IS NOT NULL
        ELSE c.merged_into_id IS NOT NULL END,
    CASE WHEN l.facts ? 'parent_id' THEN l.facts ->> 'parent_id' IS NOT NULL ELSE c.parent_id IS NOT NULL END,
    s.is_self_handled,
    s.rework_n, s.extended_n, s.sent_back_n, s.suspended_n, s.corrected_n, s.undone_n, s.reopened_n,
    coalesce(s.sent_to, '{}'), coalesce(s.sent_back_by, '{}'),
    w.verify_due_at, w.verify_done_at, w.verify_by, w.check_due_at, w.check_done_at, w.check_by,
    w.oversight_due_at, w.oversight_done_at, s.recorded_at
FROM series s JOIN last l USING (case_id) JOIN cases c ON c.id = s.case_id LEFT JOIN work w ON w.matter_id = s.case_id
$$;

-- The generic plan (look up each case by index) is right for one case and for many; planning anew costs 2 ms a move.
CREATE FUNCTION keep_case_facts() RETURNS trigger LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE ids bigint[] = ARRAY(SELECT DISTINCT case_id FROM written);
BEGIN
    DELETE FROM case_facts WHERE case_id = ANY (ids);
    INSERT INTO case_facts SELECT * FROM case_facts_of(ids, 'infinity');
    RETURN NULL;
END $$;

CREATE TRIGGER kept_facts AFTER INSERT ON case_moves REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION keep_case_facts();

-- A redraw puts cases into other cells without a move.
CREATE FUNCTION place_case_facts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE case_facts SET area_code = NEW.area_code, unit_cell_id = NEW.unit_cell_id WHERE case_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER placed_facts AFTER UPDATE OF area_code, unit_cell_id ON cases FOR EACH ROW
    WHEN (OLD.area_code IS DISTINCT FROM NEW.area_code OR OLD.unit_cell_id IS DISTINCT FROM NEW.unit_cell_id)
    EXECUTE FUNCTION place_case_facts();

INSERT INTO case_facts SELECT * FROM case_facts_of(ARRAY(SELECT id FROM cases), 'infinity');
