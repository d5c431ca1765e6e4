-- What the board, the API and the commands ask of the store. One query per name; parameters by name.

-- name: queue
SELECT * FROM v_queue_now
WHERE (:role = '' OR role = :role) AND (:unit = '' OR unit = :unit)
LIMIT :limit;

-- name: queue_size
SELECT count(*) AS open, coalesce(sum(clock_at < (julianday('now') - 2440587.5) * 86400e6), 0) AS late
FROM task
WHERE is_open AND (:role = '' OR role = :role) AND (:unit = '' OR unit = :unit);

-- name: queue_filters
SELECT role, unit, count(*) AS open FROM task WHERE is_open GROUP BY role, unit ORDER BY role, unit;

-- name: task
SELECT * FROM task WHERE task_id = :task_id;

-- name: task_events
SELECT * FROM task_event WHERE task_id = :task_id ORDER BY known_at, log_offset LIMIT :limit;

-- name: task_decisions
SELECT * FROM decision WHERE task_id = :task_id OR event_id = :decision_id ORDER BY known_at, log_offset LIMIT :limit;

-- name: task_messages
SELECT correlation_id FROM decision WHERE task_id = :task_id
UNION SELECT correlation_id FROM task_revision WHERE task_id = :task_id
UNION SELECT correlation_id FROM task_event WHERE task_id = :task_id;

-- name: tasks_like
SELECT * FROM task WHERE task_id >= :begin AND task_id < :end ORDER BY task_id LIMIT 2;

-- name: event
SELECT * FROM v_trace WHERE event_id = :event_id LIMIT 1;

-- name: decision
SELECT * FROM decision WHERE event_id = :event_id LIMIT 1;

-- name: decisions_of_message
SELECT * FROM decision WHERE correlation_id = :correlation_id AND rule_id = :rule_id ORDER BY known_at, log_offset;

-- name: keys_of_message
SELECT patient_key FROM raw WHERE event_id = :correlation_id
UNION SELECT patient_key FROM patient_record WHERE correlation_id = :correlation_id;

-- name: decide_epochs
SELECT stage_partition, from_offset, digests, disabled FROM epoch WHERE stage = 'decide'
ORDER BY stage_partition, from_offset;

-- name: raw
SELECT * FROM raw WHERE event_id = :event_id ORDER BY known_at LIMIT 1;

-- name: trace
SELECT * FROM v_trace WHERE correlation_id = :correlation_id ORDER BY known_at, topic, log_offset LIMIT :limit;

-- name: messages_of_event
SELECT DISTINCT correlation_id FROM v_trace WHERE event_id = :event_id LIMIT :limit;

-- name: messages_of_hash
SELECT target AS correlation_id FROM lookup WHERE hash = :hash LIMIT :limit;

-- name: messages_of_patient
SELECT event_id AS correlation_id FROM raw WHERE patient_key = :patient_key ORDER BY received_at DESC LIMIT :limit;

-- name: message_line
SELECT r.event_id AS correlation_id, r.received_at, r.feed, r.message_type, r.trigger_event, r.control_id,
    r.log_partition, r.log_offset, coalesce(m.state, 'in flight') AS state, coalesce(m.reason, '') AS reason,
    (SELECT count(*) FROM decision d WHERE d.correlation_id = r.event_id) AS decisions,
    (SELECT group_concat(DISTINCT t.task_id) FROM task_revision t WHERE t.correlation_id = r.event_id) AS tasks
FROM raw r LEFT JOIN message m ON m.raw_partition = r.log_partition AND m.raw_offset = r.log_offset
WHERE r.event_id = :correlation_id;

-- name: remarks
SELECT m.warnings, m.departures, m.unmapped
FROM raw r JOIN message m ON m.raw_partition = r.log_partition AND m.raw_offset = r.log_offset
WHERE r.event_id = :correlation_id LIMIT 1;

-- name: feeds
SELECT * FROM v_feed ORDER BY feed;

-- name: in_flight
SELECT * FROM v_in_flight WHERE seconds_waiting >= :seconds LIMIT :limit;

-- name: dead_letters
SELECT * FROM v_dead_letter_open ORDER BY known_at DESC LIMIT :limit;

-- name: refused
SELECT reason, state, sum(count) AS count FROM feed_count WHERE reason <> '' GROUP BY reason, state
ORDER BY count DESC LIMIT :limit;

-- name: unmapped
SELECT * FROM unmapped_count ORDER BY count DESC LIMIT :limit;

-- name: warnings
SELECT * FROM warning_count ORDER BY count DESC LIMIT :limit;

-- name: unreadable
SELECT * FROM unreadable ORDER BY known_at DESC LIMIT :limit;

-- name: gaps
SELECT * FROM v_patient_gap LIMIT :limit;

-- name: has_gap
SELECT count(*) AS missing FROM v_patient_gap WHERE patient_key = :patient_key;

-- name: version
SELECT coalesce(sum(next_offset), 0) AS version FROM position
WHERE topic IN ('workflow.task.v1', 'workflow.task-event.v1', 'ops.message.v1', 'ops.dead-letter.v1');
