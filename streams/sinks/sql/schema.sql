-- The SQL store of the read side: append-only history, present state of tasks, counters, and how far each topic is read.
-- Times are microseconds since 1970-01-01 UTC; known_at is when Kafka appended the record (what we knew when), occurred_at
-- the clinical time (what was true when). History rows are identified by their position and never change.

CREATE TABLE store (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- The first offset of each partition that is not yet in the store; written in the transaction of the rows.
CREATE TABLE position (
    topic TEXT NOT NULL, log_partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, log_partition)
) STRICT, WITHOUT ROWID;

-- Every message as received; its bytes stay in Kafka at this position.
CREATE TABLE raw (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, feed TEXT NOT NULL, facility TEXT NOT NULL,
    application TEXT NOT NULL, message_type TEXT NOT NULL, trigger_event TEXT NOT NULL, control_id TEXT NOT NULL,
    digest TEXT NOT NULL, size INTEGER NOT NULL, charset TEXT NOT NULL, peer TEXT NOT NULL, transport TEXT NOT NULL,
    redrive_of TEXT NOT NULL, received_as TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL,
    known_at INTEGER NOT NULL, PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX raw_by_event_id ON raw (event_id);
CREATE INDEX raw_by_patient_key ON raw (patient_key);

-- The end state of every raw message.
CREATE TABLE message (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, feed TEXT NOT NULL, facility TEXT NOT NULL,
    application TEXT NOT NULL, message_type TEXT NOT NULL, trigger_event TEXT NOT NULL, control_id TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT NOT NULL, path TEXT NOT NULL, detail TEXT NOT NULL, duplicate_of TEXT NOT NULL,
    raw_partition INTEGER NOT NULL, raw_offset INTEGER NOT NULL, size INTEGER NOT NULL, bundles INTEGER NOT NULL,
    resources INTEGER NOT NULL, verdict TEXT NOT NULL, unmapped TEXT NOT NULL, warnings TEXT NOT NULL,
    departures TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX message_by_event_id ON message (event_id);
CREATE INDEX message_by_correlation_id ON message (correlation_id);
CREATE INDEX message_by_raw_partition_raw_offset ON message (raw_partition, raw_offset);

-- Patients as stated by messages.
CREATE TABLE patient_record (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, patient_id TEXT NOT NULL, identifier TEXT NOT NULL,
    identifier_system TEXT NOT NULL, family TEXT NOT NULL, given TEXT NOT NULL, birth_date TEXT NOT NULL,
    gender TEXT NOT NULL, deceased INTEGER NOT NULL, replaced_by TEXT NOT NULL, active INTEGER NOT NULL,
    source_path TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX patient_record_by_event_id ON patient_record (event_id);
CREATE INDEX patient_record_by_correlation_id ON patient_record (correlation_id);
CREATE INDEX patient_record_by_patient_id ON patient_record (patient_id);

-- Visits as stated by messages.
CREATE TABLE encounter_record (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, encounter_id TEXT NOT NULL, patient_id TEXT NOT NULL,
    visit_number TEXT NOT NULL, status TEXT NOT NULL, class_code TEXT NOT NULL, unit TEXT NOT NULL,
    room TEXT NOT NULL, bed TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT NOT NULL,
    expected_discharge_at TEXT NOT NULL, discharge_disposition TEXT NOT NULL, event TEXT NOT NULL,
    source_path TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX encounter_record_by_event_id ON encounter_record (event_id);
CREATE INDEX encounter_record_by_correlation_id ON encounter_record (correlation_id);
CREATE INDEX encounter_record_by_encounter_id ON encounter_record (encounter_id);

-- Orders as stated by messages.
CREATE TABLE order_record (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, order_id TEXT NOT NULL, patient_id TEXT NOT NULL,
    encounter_id TEXT NOT NULL, placer_number TEXT NOT NULL, filler_number TEXT NOT NULL, status TEXT NOT NULL,
    order_control TEXT NOT NULL, order_status TEXT NOT NULL, result_status TEXT NOT NULL, code TEXT NOT NULL,
    code_system TEXT NOT NULL, display TEXT NOT NULL, priority TEXT NOT NULL, requested_at TEXT NOT NULL,
    source_path TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX order_record_by_event_id ON order_record (event_id);
CREATE INDEX order_record_by_correlation_id ON order_record (correlation_id);
CREATE INDEX order_record_by_order_id ON order_record (order_id);

-- Single observations as stated by messages.
CREATE TABLE observation_record (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, observation_id TEXT NOT NULL, patient_id TEXT NOT NULL,
    encounter_id TEXT NOT NULL, order_id TEXT NOT NULL, filler_number TEXT NOT NULL, status TEXT NOT NULL,
    status_code TEXT NOT NULL, code TEXT NOT NULL, code_system TEXT NOT NULL, display TEXT NOT NULL,
    local_code TEXT NOT NULL, value_type TEXT NOT NULL, value_text TEXT NOT NULL, value_number REAL,
    comparator TEXT NOT NULL, unit TEXT NOT NULL, reference_range TEXT NOT NULL, effective_at TEXT NOT NULL,
    issued_at TEXT NOT NULL, version_time TEXT NOT NULL, sub_id TEXT NOT NULL, specimen TEXT NOT NULL,
    source_path TEXT NOT NULL, interpretation TEXT NOT NULL, log_partition INTEGER NOT NULL,
    log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL, PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX observation_record_by_event_id ON observation_record (event_id);
CREATE INDEX observation_record_by_correlation_id ON observation_record (correlation_id);
CREATE INDEX observation_record_by_observation_id ON observation_record (observation_id);

-- Appointments as stated by messages.
CREATE TABLE appointment_record (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, appointment_id TEXT NOT NULL, patient_id TEXT NOT NULL,
    placer_number TEXT NOT NULL, filler_number TEXT NOT NULL, status TEXT NOT NULL, event TEXT NOT NULL,
    start_at TEXT NOT NULL, end_at TEXT NOT NULL, reason TEXT NOT NULL, kind TEXT NOT NULL, source_path TEXT NOT NULL,
    log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX appointment_record_by_event_id ON appointment_record (event_id);
CREATE INDEX appointment_record_by_correlation_id ON appointment_record (correlation_id);
CREATE INDEX appointment_record_by_appointment_id ON appointment_record (appointment_id);

-- Referrals as stated by messages.
CREATE TABLE referral_record (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, referral_id TEXT NOT NULL, patient_id TEXT NOT NULL,
    number TEXT NOT NULL, status TEXT NOT NULL, referral_status TEXT NOT NULL, priority TEXT NOT NULL,
    effective_at TEXT NOT NULL, expires_at TEXT NOT NULL, source_path TEXT NOT NULL, log_partition INTEGER NOT NULL,
    log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL, PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX referral_record_by_event_id ON referral_record (event_id);
CREATE INDEX referral_record_by_correlation_id ON referral_record (correlation_id);

-- Medication orders, dispenses and administrations.
CREATE TABLE medication_record (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, medication_id TEXT NOT NULL, patient_id TEXT NOT NULL,
    encounter_id TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, code TEXT NOT NULL,
    code_system TEXT NOT NULL, display TEXT NOT NULL, order_number TEXT NOT NULL, started_at TEXT NOT NULL,
    source_path TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX medication_record_by_event_id ON medication_record (event_id);
CREATE INDEX medication_record_by_correlation_id ON medication_record (correlation_id);

-- Documents.
CREATE TABLE document_record (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, document_id TEXT NOT NULL, patient_id TEXT NOT NULL,
    encounter_id TEXT NOT NULL, status TEXT NOT NULL, doc_status TEXT NOT NULL, code TEXT NOT NULL,
    code_system TEXT NOT NULL, display TEXT NOT NULL, created_at TEXT NOT NULL, source_path TEXT NOT NULL,
    log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX document_record_by_event_id ON document_record (event_id);
CREATE INDEX document_record_by_correlation_id ON document_record (correlation_id);

-- Conditions, allergies, procedures and immunizations.
CREATE TABLE clinical_record (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, clinical_id TEXT NOT NULL, patient_id TEXT NOT NULL,
    encounter_id TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, code TEXT NOT NULL,
    code_system TEXT NOT NULL, display TEXT NOT NULL, recorded_at TEXT NOT NULL, source_path TEXT NOT NULL,
    log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX clinical_record_by_event_id ON clinical_record (event_id);
CREATE INDEX clinical_record_by_correlation_id ON clinical_record (correlation_id);

-- What rules concluded where something fired, was suppressed or ran in shadow.
CREATE TABLE decision (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, rule_id TEXT NOT NULL, rule_version TEXT NOT NULL,
    rule_set TEXT NOT NULL, domain TEXT NOT NULL, outcome TEXT NOT NULL, decided_by TEXT NOT NULL,
    shadow INTEGER NOT NULL, suppressed_by TEXT NOT NULL, effect TEXT NOT NULL, reason TEXT NOT NULL,
    citation TEXT NOT NULL, next_action TEXT NOT NULL, task_id TEXT NOT NULL, focus TEXT NOT NULL, role TEXT NOT NULL,
    unit TEXT NOT NULL, acuity TEXT NOT NULL, score TEXT NOT NULL, clauses TEXT NOT NULL, evidence TEXT NOT NULL,
    sla TEXT NOT NULL, subject TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL,
    known_at INTEGER NOT NULL, PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX decision_by_event_id ON decision (event_id);
CREATE INDEX decision_by_correlation_id ON decision (correlation_id);
CREATE INDEX decision_by_task_id ON decision (task_id);

-- Every revision of every task.
CREATE TABLE task_revision (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, task_id TEXT NOT NULL, revision INTEGER NOT NULL,
    status TEXT NOT NULL, business_status TEXT NOT NULL, status_reason TEXT NOT NULL, code TEXT NOT NULL,
    domain TEXT NOT NULL, title TEXT NOT NULL, reason TEXT NOT NULL, next_action TEXT NOT NULL,
    priority TEXT NOT NULL, citation TEXT NOT NULL, rule_id TEXT NOT NULL, rule_version TEXT NOT NULL,
    decision_id TEXT NOT NULL, focus TEXT NOT NULL, patient_id TEXT NOT NULL, patient_name TEXT NOT NULL,
    patient_identifier TEXT NOT NULL, birth_date TEXT NOT NULL, gender TEXT NOT NULL, encounter_id TEXT NOT NULL,
    visit_number TEXT NOT NULL, location TEXT NOT NULL, role TEXT NOT NULL, unit TEXT NOT NULL, acuity TEXT NOT NULL,
    sla TEXT NOT NULL, evidence TEXT NOT NULL, queue TEXT NOT NULL, owner TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, acknowledged_at INTEGER NOT NULL, acknowledge_by INTEGER NOT NULL,
    due_at INTEGER NOT NULL, step INTEGER NOT NULL, sla_state TEXT NOT NULL, route_key TEXT NOT NULL,
    provisional INTEGER NOT NULL, told TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL,
    known_at INTEGER NOT NULL, PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX task_revision_by_event_id ON task_revision (event_id);
CREATE INDEX task_revision_by_correlation_id ON task_revision (correlation_id);
CREATE INDEX task_revision_by_task_id_revision ON task_revision (task_id, revision);

-- Every transition of a task, also the refused ones.
CREATE TABLE task_event (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, task_id TEXT NOT NULL, revision INTEGER NOT NULL,
    command TEXT NOT NULL, command_id TEXT NOT NULL, accepted INTEGER NOT NULL, refusal TEXT NOT NULL,
    from_status TEXT NOT NULL, to_status TEXT NOT NULL, business_status TEXT NOT NULL, reason_code TEXT NOT NULL,
    comment TEXT NOT NULL, at INTEGER NOT NULL, step INTEGER NOT NULL, queue TEXT NOT NULL, rule_id TEXT NOT NULL,
    actor_kind TEXT NOT NULL, actor_id TEXT NOT NULL, actor_role TEXT NOT NULL, notify TEXT NOT NULL,
    log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX task_event_by_event_id ON task_event (event_id);
CREATE INDEX task_event_by_correlation_id ON task_event (correlation_id);
CREATE INDEX task_event_by_task_id ON task_event (task_id);
CREATE INDEX task_event_by_command_id ON task_event (command_id);

-- Records that could not go on; the payload stays in Kafka.
CREATE TABLE dead_letter (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, feed TEXT NOT NULL, message_type TEXT NOT NULL,
    control_id TEXT NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL, path TEXT NOT NULL, detail TEXT NOT NULL,
    error_class TEXT NOT NULL, retryable INTEGER NOT NULL, truncated INTEGER NOT NULL, size INTEGER NOT NULL,
    sha256 TEXT NOT NULL, source_topic TEXT NOT NULL, source_partition INTEGER NOT NULL,
    source_offset INTEGER NOT NULL, state TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL,
    known_at INTEGER NOT NULL, PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX dead_letter_by_event_id ON dead_letter (event_id);
CREATE INDEX dead_letter_by_correlation_id ON dead_letter (correlation_id);
CREATE INDEX dead_letter_by_source_topic_source_partition_source_offset ON dead_letter (source_topic, source_partition, source_offset);

-- From which offset on a stage used which code and settings.
CREATE TABLE epoch (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, stage TEXT NOT NULL, stage_partition INTEGER NOT NULL,
    from_offset INTEGER NOT NULL, code_version TEXT NOT NULL, digests TEXT NOT NULL, disabled TEXT NOT NULL,
    log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    PRIMARY KEY (log_partition, log_offset)
) STRICT;

-- Who did or saw what.
CREATE TABLE audit (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
    purpose TEXT NOT NULL, outcome TEXT NOT NULL, at INTEGER NOT NULL, actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL, actor_role TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL,
    known_at INTEGER NOT NULL, PRIMARY KEY (log_partition, log_offset)
) STRICT;
CREATE INDEX audit_by_target ON audit (target);

-- Present state of each task: its newest revision.
-- clock_at: the next moment at which it is late, unless its clock is stopped.
CREATE TABLE task (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, causation_id TEXT NOT NULL, patient_key TEXT NOT NULL,
    occurred_at TEXT NOT NULL, received_at INTEGER NOT NULL, task_id TEXT NOT NULL, revision INTEGER NOT NULL,
    status TEXT NOT NULL, business_status TEXT NOT NULL, status_reason TEXT NOT NULL, code TEXT NOT NULL,
    domain TEXT NOT NULL, title TEXT NOT NULL, reason TEXT NOT NULL, next_action TEXT NOT NULL,
    priority TEXT NOT NULL, citation TEXT NOT NULL, rule_id TEXT NOT NULL, rule_version TEXT NOT NULL,
    decision_id TEXT NOT NULL, focus TEXT NOT NULL, patient_id TEXT NOT NULL, patient_name TEXT NOT NULL,
    patient_identifier TEXT NOT NULL, birth_date TEXT NOT NULL, gender TEXT NOT NULL, encounter_id TEXT NOT NULL,
    visit_number TEXT NOT NULL, location TEXT NOT NULL, role TEXT NOT NULL, unit TEXT NOT NULL, acuity TEXT NOT NULL,
    sla TEXT NOT NULL, evidence TEXT NOT NULL, queue TEXT NOT NULL, owner TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, acknowledged_at INTEGER NOT NULL, acknowledge_by INTEGER NOT NULL,
    due_at INTEGER NOT NULL, step INTEGER NOT NULL, sla_state TEXT NOT NULL, route_key TEXT NOT NULL,
    provisional INTEGER NOT NULL, told TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL,
    known_at INTEGER NOT NULL,
    is_open INTEGER AS (status IN ('requested', 'received', 'accepted', 'ready', 'in-progress', 'on-hold')) STORED,
    clock_at INTEGER AS (CASE
        WHEN sla_state IN ('stopped', 'met') THEN NULL
        WHEN acknowledged_at = 0 AND acknowledge_by > 0 AND (due_at = 0 OR acknowledge_by < due_at) THEN acknowledge_by
        WHEN due_at > 0 THEN due_at
    END) STORED,
    PRIMARY KEY (task_id)
) STRICT;
CREATE INDEX task_by_is_open ON task (is_open, clock_at);
CREATE INDEX task_by_correlation_id ON task (correlation_id);
CREATE INDEX task_by_created_at ON task (created_at);

-- Entries of evaluations in which something happened; the rest is in rule_count.
CREATE TABLE rule_evaluation (
    event_id TEXT NOT NULL, correlation_id TEXT NOT NULL, patient_key TEXT NOT NULL, received_at INTEGER NOT NULL,
    rule_set TEXT NOT NULL, entry INTEGER NOT NULL, rule_id TEXT NOT NULL, rule_version TEXT NOT NULL,
    status TEXT NOT NULL, focus TEXT NOT NULL, outcome TEXT NOT NULL, failed_clause TEXT NOT NULL,
    decision_id TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    PRIMARY KEY (log_partition, log_offset, entry)
) STRICT;
CREATE INDEX rule_evaluation_by_correlation_id ON rule_evaluation (correlation_id);

-- Keyed hashes of identifiers; target is a patient_key (kind mrn) or the correlation_id of a message.
CREATE TABLE lookup (hash TEXT NOT NULL, target TEXT NOT NULL, PRIMARY KEY (hash, target)) STRICT, WITHOUT ROWID;

-- Raw messages stored without an end state yet.
CREATE TABLE in_flight (
    raw_partition INTEGER NOT NULL, raw_offset INTEGER NOT NULL, event_id TEXT NOT NULL, feed TEXT NOT NULL,
    received_at INTEGER NOT NULL, PRIMARY KEY (raw_partition, raw_offset)
) STRICT, WITHOUT ROWID;

-- Records that are not in our format; they are passed over and shown.
CREATE TABLE unreadable (
    topic TEXT NOT NULL, log_partition INTEGER NOT NULL, log_offset INTEGER NOT NULL, known_at INTEGER NOT NULL,
    detail TEXT NOT NULL, PRIMARY KEY (topic, log_partition, log_offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_seen (feed TEXT PRIMARY KEY, last_received_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE feed_count (
    feed TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (feed, state, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE unmapped_count (
    feed TEXT NOT NULL, message_type TEXT NOT NULL, field TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (feed, message_type, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE warning_count (
    feed TEXT NOT NULL, code TEXT NOT NULL, path TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (feed, code, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE rule_count (
    day TEXT NOT NULL, rule_id TEXT NOT NULL, rule_version TEXT NOT NULL, status TEXT NOT NULL,
    outcome TEXT NOT NULL, failed_clause TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (day, rule_id, rule_version, status, outcome, failed_clause)
) STRICT, WITHOUT ROWID;
