-- The views that people and programs read. They are made anew whenever the sink starts.

-- Open tasks, least time left first; seconds_left is negative when late and null without a clock.
DROP VIEW IF EXISTS v_queue_now;
CREATE VIEW v_queue_now AS
SELECT task_id, status, business_status, priority, title, reason, next_action, role, unit, acuity, queue, owner, due_at,
    acknowledge_by, clock_at,
    CAST(floor(clock_at / 1e6 - (julianday('now') - 2440587.5) * 86400) AS INTEGER) AS seconds_left,
    step, sla_state, rule_id, patient_id, patient_name, patient_identifier, location, revision, route_key, created_at,
    updated_at, acknowledged_at, provisional, correlation_id
FROM task
WHERE is_open
ORDER BY clock_at IS NULL, clock_at, created_at;

-- Per day of creation (UTC), first queue and rule: how the clocks were met. Percentiles by nearest rank.
DROP VIEW IF EXISTS v_sla_daily;
CREATE VIEW v_sla_daily AS
WITH timed AS (
    SELECT date(created_at / 1000000, 'unixepoch') AS day, rule_id, status, acknowledged_at, is_open,
        coalesce((SELECT r.queue FROM task_revision r WHERE r.task_id = task.task_id AND r.revision = 1), queue) AS queue,
        CASE WHEN acknowledged_at > 0 THEN (acknowledged_at - created_at) / 1e6 END AS seconds,
        (acknowledge_by > 0 AND acknowledged_at > acknowledge_by)
            OR sla_state = 'breached'
            OR (is_open AND acknowledge_by > 0 AND acknowledged_at = 0
                AND acknowledge_by < (julianday('now') - 2440587.5) * 86400e6) AS is_late
    FROM task
), ranked AS (
    SELECT *, count(seconds) OVER (PARTITION BY day, queue, rule_id) AS known,
        row_number() OVER (PARTITION BY day, queue, rule_id ORDER BY seconds IS NULL, seconds) AS place
    FROM timed
)
SELECT day, queue, rule_id, count(*) AS created,
    sum(acknowledged_at > 0) AS acknowledged,
    sum(acknowledged_at > 0 AND NOT is_late) AS acknowledged_in_time,
    sum(is_late) AS breached,
    sum(is_open) AS open,
    sum(status = 'completed') AS completed,
    avg(CASE WHEN place IN ((known + 1) / 2, (known + 2) / 2) THEN seconds END) AS median_seconds_to_acknowledge,
    max(CASE WHEN place = (known * 95 + 99) / 100 THEN seconds END) AS p95_seconds_to_acknowledge
FROM ranked
GROUP BY day, queue, rule_id;

-- Raw messages stored without an end state, longest first.
DROP VIEW IF EXISTS v_in_flight;
CREATE VIEW v_in_flight AS
SELECT raw_partition, raw_offset, event_id, feed, received_at,
    CAST((julianday('now') - 2440587.5) * 86400 - received_at / 1e6 AS INTEGER) AS seconds_waiting
FROM in_flight
ORDER BY received_at;

-- Per feed: messages received and how they ended.
DROP VIEW IF EXISTS v_feed;
CREATE VIEW v_feed AS
SELECT s.feed, s.last_received_at,
    coalesce(sum(c.count) FILTER (WHERE c.state = 'received'), 0) AS received,
    coalesce(sum(c.count) FILTER (WHERE c.state = 'converted'), 0) AS converted,
    coalesce(sum(c.count) FILTER (WHERE c.state = 'duplicate'), 0) AS duplicate,
    coalesce(sum(c.count) FILTER (WHERE c.state = 'filtered'), 0) AS filtered,
    coalesce(sum(c.count) FILTER (WHERE c.state = 'dead-lettered'), 0) AS dead_lettered,
    (SELECT count(*) FROM in_flight f WHERE f.feed = s.feed) AS in_flight
FROM feed_seen s LEFT JOIN feed_count c ON c.feed = s.feed
GROUP BY s.feed;

-- Dead letters that wait for somebody: the newest record for each refused position, unless redriven. What the gateway
-- refused before storing has no position; there the dead letter itself counts.
DROP VIEW IF EXISTS v_dead_letter_open;
CREATE VIEW v_dead_letter_open AS
SELECT d.event_id, d.correlation_id, d.patient_key, d.received_at, d.known_at, d.feed, d.message_type, d.control_id,
    d.stage, d.reason, d.path, d.detail, d.error_class, d.retryable, d.truncated, d.size, d.source_topic,
    d.source_partition, d.source_offset, d.log_partition, d.log_offset
FROM dead_letter d
WHERE d.state <> 'redriven' AND NOT EXISTS (
    SELECT 1 FROM dead_letter later
    WHERE later.source_topic = d.source_topic AND later.source_partition = d.source_partition
        AND later.source_offset = d.source_offset AND later.stage = d.stage
        AND later.source_topic <> '' AND (later.known_at, later.log_offset) > (d.known_at, d.log_offset)
) AND NOT EXISTS (
    SELECT 1 FROM dead_letter later
    WHERE later.event_id = d.event_id AND (later.known_at, later.log_offset) > (d.known_at, d.log_offset)
);

-- Patients of whom a record is missing because it stopped a stage, until it is redriven.
DROP VIEW IF EXISTS v_patient_gap;
CREATE VIEW v_patient_gap AS
SELECT patient_key, count(*) AS missing, min(known_at) AS since, group_concat(DISTINCT stage) AS stages
FROM v_dead_letter_open
WHERE patient_key <> '' AND reason = 'defect'
GROUP BY patient_key;

-- Newest statement about each patient, visit and result; records of one patient stand in one partition, in order.
DROP VIEW IF EXISTS v_patient_now;
CREATE VIEW v_patient_now AS
SELECT * FROM patient_record r WHERE NOT EXISTS (
    SELECT 1 FROM patient_record later WHERE later.patient_id = r.patient_id
        AND (later.known_at, later.log_offset) > (r.known_at, r.log_offset));
DROP VIEW IF EXISTS v_encounter_now;
CREATE VIEW v_encounter_now AS
SELECT * FROM encounter_record r WHERE NOT EXISTS (
    SELECT 1 FROM encounter_record later WHERE later.encounter_id = r.encounter_id
        AND (later.known_at, later.log_offset) > (r.known_at, r.log_offset));
DROP VIEW IF EXISTS v_observation_now;
CREATE VIEW v_observation_now AS
SELECT * FROM observation_record r WHERE NOT EXISTS (
    SELECT 1 FROM observation_record later WHERE later.observation_id = r.observation_id
        AND (later.known_at, later.log_offset) > (r.known_at, r.log_offset));

-- Everything that came of a message, one line per record; ref is the id of the thing itself (task, result, visit …).
DROP VIEW IF EXISTS v_trace;
CREATE VIEW v_trace AS
SELECT event_id AS correlation_id, event_id, '' AS causation_id, 'raw.hl7v2.v1' AS topic, log_partition, log_offset,
    known_at, received_at AS at, event_id AS ref, '' AS path,
    message_type || '^' || trigger_event || ' from ' || feed || ', control id ' || control_id AS what
FROM raw
UNION ALL
SELECT correlation_id, event_id, causation_id, 'ops.message.v1', log_partition, log_offset, known_at, received_at,
    duplicate_of, path, state || CASE WHEN reason <> '' THEN ': ' || reason || ' ' || detail ELSE '' END
FROM message
UNION ALL
SELECT correlation_id, event_id, causation_id, 'ops.dead-letter.v1', log_partition, log_offset, known_at, received_at,
    source_topic || '/' || source_partition || '/' || source_offset, path, stage || ': ' || reason || ' ' || detail
FROM dead_letter WHERE correlation_id <> ''
UNION ALL
SELECT event_id, event_id, causation_id, 'ops.dead-letter.v1', log_partition, log_offset, known_at, received_at,
    '', path, stage || ': ' || reason || ' ' || detail
FROM dead_letter WHERE correlation_id = ''
UNION ALL
SELECT correlation_id, event_id, causation_id, 'canonical.patient.v1', log_partition, log_offset, known_at, received_at,
    patient_id, source_path, 'patient'
FROM patient_record
UNION ALL
SELECT correlation_id, event_id, causation_id, 'canonical.encounter.v1', log_partition, log_offset, known_at,
    received_at, encounter_id, source_path, 'visit ' || status || ' ' || unit
FROM encounter_record
UNION ALL
SELECT correlation_id, event_id, causation_id, 'canonical.order.v1', log_partition, log_offset, known_at, received_at,
    order_id, source_path, 'order ' || display || ' ' || status
FROM order_record
UNION ALL
SELECT correlation_id, event_id, causation_id, 'canonical.observation.v1', log_partition, log_offset, known_at,
    received_at, observation_id, source_path,
    display || ' ' || comparator || value_text || ' ' || unit || ' (' || status || ')'
FROM observation_record
UNION ALL
SELECT correlation_id, event_id, causation_id, 'canonical.appointment.v1', log_partition, log_offset, known_at,
    received_at, appointment_id, source_path, 'appointment ' || status
FROM appointment_record
UNION ALL
SELECT correlation_id, event_id, causation_id, 'canonical.referral.v1', log_partition, log_offset, known_at,
    received_at, referral_id, source_path, 'referral ' || status
FROM referral_record
UNION ALL
SELECT correlation_id, event_id, causation_id, 'canonical.medication.v1', log_partition, log_offset, known_at,
    received_at, medication_id, source_path, kind || ' ' || display
FROM medication_record
UNION ALL
SELECT correlation_id, event_id, causation_id, 'canonical.document.v1', log_partition, log_offset, known_at,
    received_at, document_id, source_path, 'document ' || display
FROM document_record
UNION ALL
SELECT correlation_id, event_id, causation_id, 'canonical.clinical.v1', log_partition, log_offset, known_at,
    received_at, clinical_id, source_path, kind || ' ' || display
FROM clinical_record
UNION ALL
SELECT correlation_id, event_id, causation_id, 'workflow.decision.v1', log_partition, log_offset, known_at, received_at,
    task_id, '', rule_id || ' ' || rule_version || ': ' || outcome || ', ' || effect
        || CASE WHEN shadow THEN ' (shadow)' ELSE '' END
        || CASE WHEN suppressed_by <> '' THEN ' (held back: ' || suppressed_by || ')' ELSE '' END
FROM decision
UNION ALL
SELECT correlation_id, event_id, causation_id, 'workflow.task-event.v1', log_partition, log_offset, known_at, at,
    task_id, '', command || CASE WHEN accepted THEN ': ' || to_status ELSE ' refused: ' || refusal END
        || ' by ' || actor_kind || ' ' || actor_id
FROM task_event
UNION ALL
SELECT correlation_id, event_id, causation_id, 'workflow.task.v1', log_partition, log_offset, known_at, updated_at,
    task_id, '', 'revision ' || revision || ': ' || status || ', ' || business_status
FROM task_revision;
