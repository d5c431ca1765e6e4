"""The tables of the SQL store, topic by topic: which column holds which field of the record."""

from processors import topics

ENVELOPE = {
    "event_id": "event_id",
    "correlation_id": "correlation_id",
    "causation_id": "causation_id",
    "patient_key": "patient_key",
    "occurred_at": "occurred_at",
    "received_at": "received_at",
}
_SOURCE = {
    "feed": "source.feed",
    "facility": "source.facility",
    "application": "source.application",
    "message_type": "source.message_type",
    "trigger_event": "source.trigger",
    "control_id": "source.control_id",
}


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_TASK = {
    **_same("task_id", "revision", "status", "business_status", "status_reason"),
    **{
        name: f"spec.{name}"
        for name in ("code", "domain", "title", "reason", "next_action", "priority", "citation", "rule_id")
    },
    **{name: f"spec.{name}" for name in ("rule_version", "decision_id", "focus")},
    "patient_id": "spec.subject.patient_id",
    "patient_name": "spec.subject.name",
    "patient_identifier": "spec.subject.identifier",
    "birth_date": "spec.subject.birth_date",
    "gender": "spec.subject.gender",
    "encounter_id": "spec.subject.encounter_id",
    "visit_number": "spec.subject.visit_number",
    "location": "spec.subject.location",
    "role": "spec.route.role",
    "unit": "spec.route.unit",
    "acuity": "spec.route.acuity",
    "sla": "json:spec.sla",
    "evidence": "json:spec.evidence",
    **_same("queue", "owner", "created_at", "updated_at", "acknowledged_at", "acknowledge_by", "due_at", "step"),
    **_same("sla_state", "route_key", "provisional"),
    "told": "json:told",
}

#: topic -> (table, column -> path in the record; `json:` keeps a list or record as JSON text).
#: Every table holds the envelope, log_partition, log_offset and known_at besides; payloads and FHIR
#: resources stay in Kafka and are found by position.
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    topics.RAW: (
        "raw",
        {**_SOURCE, **_same("digest", "size", "charset", "peer", "transport", "redrive_of", "received_as")},
    ),
    topics.MESSAGE: (
        "message",
        {
            **_SOURCE,
            **_same("state", "reason", "path", "detail", "duplicate_of", "raw_partition", "raw_offset", "size"),
            **_same("bundles", "resources", "verdict"),
            "unmapped": "json:unmapped",
            "warnings": "json:warnings",
            "departures": "json:departures",
        },
    ),
    topics.PATIENT: (
        "patient_record",
        _same(
            *("patient_id", "identifier", "identifier_system", "family", "given", "birth_date", "gender", "deceased"),
            *("replaced_by", "active", "source_path"),
        ),
    ),
    topics.ENCOUNTER: (
        "encounter_record",
        _same(
            *("encounter_id", "patient_id", "visit_number", "status", "class_code", "unit", "room", "bed"),
            *("started_at", "ended_at", "expected_discharge_at", "discharge_disposition", "event", "source_path"),
        ),
    ),
    topics.ORDER: (
        "order_record",
        _same(
            *("order_id", "patient_id", "encounter_id", "placer_number", "filler_number", "status", "order_control"),
            *("order_status", "result_status", "code", "code_system", "display", "priority", "requested_at"),
            "source_path",
        ),
    ),
    topics.OBSERVATION: (
        "observation_record",
        {
            **_same("observation_id", "patient_id", "encounter_id", "order_id", "filler_number", "status"),
            **_same("status_code", "code", "code_system", "display", "local_code", "value_type", "value_text"),
            **_same("value_number", "comparator", "unit", "reference_range", "effective_at", "issued_at"),
            **_same("version_time", "sub_id", "specimen", "source_path"),
            "interpretation": "json:interpretation",
        },
    ),
    topics.APPOINTMENT: (
        "appointment_record",
        _same(
            *("appointment_id", "patient_id", "placer_number", "filler_number", "status", "event", "start_at"),
            *("end_at", "reason", "kind", "source_path"),
        ),
    ),
    topics.REFERRAL: (
        "referral_record",
        _same(
            *("referral_id", "patient_id", "number", "status", "referral_status", "priority", "effective_at"),
            *("expires_at", "source_path"),
        ),
    ),
    topics.MEDICATION: (
        "medication_record",
        _same(
            *("medication_id", "patient_id", "encounter_id", "kind", "status", "code", "code_system", "display"),
            *("order_number", "started_at", "source_path"),
        ),
    ),
    topics.DOCUMENT: (
        "document_record",
        _same(
            *("document_id", "patient_id", "encounter_id", "status", "doc_status", "code", "code_system", "display"),
            *("created_at", "source_path"),
        ),
    ),
    topics.CLINICAL: (
        "clinical_record",
        _same(
            *("clinical_id", "patient_id", "encounter_id", "kind", "status", "code", "code_system", "display"),
            *("recorded_at", "source_path"),
        ),
    ),
    topics.DECISION: (
        "decision",
        {
            **_same("rule_id", "rule_version", "rule_set", "domain", "outcome", "decided_by", "shadow"),
            **_same("suppressed_by", "effect", "reason", "citation", "next_action", "task_id", "focus"),
            "role": "route.role",
            "unit": "route.unit",
            "acuity": "route.acuity",
            **{name: f"json:{name}" for name in ("score", "clauses", "evidence", "sla", "subject")},
        },
    ),
    topics.TASK: ("task_revision", _TASK),
    topics.TASK_EVENT: (
        "task_event",
        {
            **_same("task_id", "revision", "command", "command_id", "accepted", "refusal", "from_status", "to_status"),
            **_same("business_status", "reason_code", "comment", "at", "step", "queue", "rule_id"),
            "actor_kind": "actor.kind",
            "actor_id": "actor.id",
            "actor_role": "actor.role",
            "notify": "json:notify",
        },
    ),
    topics.DEAD_LETTER: (
        "dead_letter",
        {
            "feed": "source.feed",
            "message_type": "source.message_type",
            "control_id": "source.control_id",
            **_same("stage", "reason", "path", "detail", "error_class", "retryable", "truncated", "size", "sha256"),
            "source_topic": "topic",
            "source_partition": "partition",
            "source_offset": "offset",
            "state": "state",
        },
    ),
    topics.EPOCH: (
        "epoch",
        {
            "stage": "stage",
            "stage_partition": "partition",
            **_same("from_offset", "code_version"),
            "digests": "json:digests",
            "disabled": "json:disabled",
        },
    ),
    topics.AUDIT: (
        "audit",
        {
            **_same("action", "target", "purpose", "outcome", "at"),
            "actor_kind": "actor.kind",
            "actor_id": "actor.id",
            "actor_role": "actor.role",
        },
    ),
}
#: Every topic the sink reads. Evaluations become counts and the entries in which something happened.
SINK_TOPICS = (*TABLES, topics.EVALUATION)

POSITION = ("log_partition", "log_offset", "known_at")
EVALUATION_COLUMNS = (
    *("event_id", "correlation_id", "patient_key", "received_at", "rule_set", "entry", "rule_id", "rule_version"),
    *("status", "focus", "outcome", "failed_clause", "decision_id", *POSITION),
)


def columns(topic: str) -> tuple[str, ...]:
    """Columns of the table that a topic's records are appended to, in the order of `cells`."""
    return (*ENVELOPE, *TABLES[topic][1], *POSITION)
