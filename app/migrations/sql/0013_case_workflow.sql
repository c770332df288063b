-- What was written before the acts had names: each move's act by where it led, and when a limit turns yellow.
CREATE FUNCTION case_act(from_status text, to_status text) RETURNS text LANGUAGE sql IMMUTABLE RETURN
    CASE
        WHEN from_status IS NULL THEN 'report'
        WHEN to_status = 'verifying' THEN 'verify'
        WHEN from_status = 'verifying' THEN 'verified'
        WHEN from_status = 'suspended' THEN 'resume'
        WHEN to_status = 'filed' AND from_status = 'handling' THEN 'send_back'
        WHEN to_status = 'filed' THEN 'file'
        WHEN to_status = 'refused' THEN 'refuse'
        WHEN to_status = 'handling' AND from_status = 'checking' THEN 'rework'
        WHEN to_status = 'handling' AND from_status = 'closed' THEN 'reopen'
        WHEN to_status = 'handling' THEN 'dispatch'
        WHEN to_status = 'checking' THEN 'done'
        WHEN to_status = 'closed' AND from_status = 'reported' THEN 'self_handled'
        WHEN to_status = 'closed' THEN 'close'
        WHEN to_status = 'suspended' THEN 'suspend'
        WHEN to_status = 'void' THEN 'void'
        ELSE to_status
    END;

ALTER TABLE case_moves DISABLE TRIGGER sealed;
UPDATE case_moves SET act = case_act(from_status, to_status);
ALTER TABLE case_moves ENABLE TRIGGER sealed;
UPDATE cases c SET entered_at = coalesce((SELECT max(m.at) FROM case_moves m WHERE m.case_id = c.id), c.reported_at),
    revision = (SELECT count(*) FROM case_moves m WHERE m.case_id = c.id),
    yellow_at = c.reported_at + 0.8 * (c.due_at - c.reported_at);
