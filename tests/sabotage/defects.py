"""The defects that `make sabotage` plants: each breaks one promise and names the test that must see it."""

from plant import Defect

_KILLED = (
    "tests/integration/test_stage_faults.py::"
    "test_offsets_rows_and_outputs_commit_together_when_killed_inside_transactions"
)

DEFECTS = (
    Defect(
        name="ack-before-delivery",
        file="streams/gateway/connection.py",
        old="""        return self.stored is None or self.stored.done()

    @property
    def is_confirmed(self) -> bool:
        stored = self.stored
        return stored is not None and stored.done() and not stored.cancelled() and stored.exception() is None
""",
        new="""        return True

    @property
    def is_confirmed(self) -> bool:
        return True
""",
        test="tests/streams/test_gateway_server.py::test_ack_leaves_only_after_the_broker_confirmed",
    ),
    Defect(
        name="yes-to-a-message-that-was-denied",
        file="streams/gateway/connection.py",
        old="self._is_broken = self._is_broken or not waiting.is_confirmed",
        new="self._is_broken = False",
        test="tests/streams/test_gateway_server.py::test_a_denied_message_gets_ar_207",
    ),
    Defect(
        name="file-moved-before-it-is-stored",
        file="streams/gateway/watch.py",
        old="            results = await asyncio.gather(*appended, return_exceptions=True)\n",
        new="            results: list[BaseException | None] = [None for _ in appended]\n",
        test="tests/streams/test_gateway_watch.py::test_the_file_stays_until_the_log_has_confirmed_all_of_it",
    ),
    Defect(
        name="identity-in-two-ways",
        file="streams/gateway/intake.py",
        old="key = patients(message, site, desk.keyring)[0].key",
        new="key = patients(message, Site(feed=site.feed), desk.keyring)[0].key",
        test="tests/streams/test_one_identity.py::test_gateway_and_normalize_give_a_message_the_same_patient_key",
    ),
    Defect(
        name="leading-zeros-kept",
        file="processors/identity.py",
        old="""        value = value.lstrip("0") or "0"
""",
        new="""        value = value or "0"
""",
        test="tests/streams/test_one_identity.py::test_the_feeds_of_one_patient_give_one_patient_key",
    ),
    Defect(
        name="dedupe-by-control-id-alone",
        file="processors/records/normalize.py",
        old="""first = next((one for one in before if one["digest"] == digest), None)""",
        new="""first = next(iter(before), None)""",
        test="tests/processors/test_normalize.py"
        "::test_the_same_control_id_with_other_content_is_a_new_message_with_a_warning",
    ),
    Defect(
        name="due-record-without-second-check",
        file="processors/tasks/ladder.py",
        old="if not task.is_open or not task.next_step or (due.step, due.at) != (task.next_step, task.next_at):",
        new="if not due.step:",
        test="tests/processors/test_tasks_ladder.py"
        "::test_a_due_record_does_not_fire_when_an_acknowledgement_was_already_in_the_backlog",
    ),
    Defect(
        name="refused-command-dropped",
        file="processors/records/task.py",
        old="        if outcome is None:\n",
        new="        if outcome is None or not outcome.accepted:\n",
        test="tests/processors/test_records_task.py::test_a_refused_command_gives_an_event_and_leaves_the_task_alone",
    ),
    Defect(
        name="correction-that-does-not-retract",
        file="processors/rules/effects.py",
        old="        opposite=Effect.AMEND_RENOTIFY,\n        clear=Effect.RETRACT,",
        new="        opposite=Effect.AMEND_RENOTIFY,\n        clear=Effect.NONE,",
        test="tests/processors/test_rules_cases.py::test_every_case_comes_out_as_written",
    ),
    Defect(
        name="limit-itself-is-critical",
        file="processors/rules/limits.py",
        old="""else amount > high and sign in ("", ">=")""",
        new="""else amount >= high and sign in ("", ">=")""",
        test="tests/processors/test_detectors_limits.py::test_the_limit_itself_is_not_critical_and_no_digit_is_lost",
    ),
    Defect(
        name="patient-data-in-a-warning",
        file="processors/hl7/message.py",
        old="""path = f"segment {place}\"""",
        new="""path = f"segment {name}\"""",
        test="tests/processors/test_hl7_message.py::test_a_line_that_is_no_segment_is_kept_and_said",
    ),
    Defect(
        name="identifier-as-key",
        file="processors/identity.py",
        old="""return hmac.digest(self.secret, content, "sha256")[:16].hex()

    def fhir_id""",
        new="""return f"{chosen.authority}-{chosen.value}"

    def fhir_id""",
        test="tests/streams/test_gateway_intake.py::test_key_and_headers_show_no_patient_data",
    ),
    Defect(
        name="sql-positions-apart-from-rows",
        file="streams/sinks/store.py",
        old="            count = self._write(batch, moved)\n",
        new="            batch = list(batch)\n"
        "            self._move({(r.at.topic, r.at.partition): r.at.offset + 1 for r in batch})\n"
        "            self._connection.execute('COMMIT')\n"
        "            self._connection.execute('BEGIN IMMEDIATE')\n"
        "            count = self._write(batch, moved)\n",
        test="tests/streams/test_sink_store.py::test_a_batch_that_fails_leaves_neither_rows_nor_positions",
    ),
    Defect(
        name="offsets-outside-the-transaction",
        file="streams/stage_writer.py",
        old="        producer.begin_transaction()\n",
        new="        producer.begin_transaction()\n"
        "        early = [TopicPartition(self._definition.inbox, n, offset) for n, offset in reached.items()]\n"
        "        producer.send_offsets_to_transaction(early, membership, 30)\n"
        "        Producer.commit_transaction(producer, 60)\n"
        "        producer.begin_transaction()\n",
        test=_KILLED,
    ),
    Defect(
        name="rows-before-the-commit",
        file="streams/stage.py",
        old="        offsets = writer.commit(",
        new="        for number, rows in changed.items():\n"
        "            disk = self._open[number].disk\n"
        "            disk.apply({k: row for k, row in rows.items() if k[0] != chr(0)}, disk.position(1 << 62))\n"
        "        offsets = writer.commit(",
        test=_KILLED,
    ),
)
