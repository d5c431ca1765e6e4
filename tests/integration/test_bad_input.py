"""What senders get wrong, over a socket into the running platform: the answer, the end state, and what goes on."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
from made_up import BORN, FAMILY, GIVEN, STREET, document, pid_of, potassium, report, sodium
from whole import Whole

from processors.identity import content_digest
from streams.catalog import load_catalog
from streams.reader import read_topic

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(240)]
LETTERS = "SELECT * FROM dead_letter WHERE size = ? AND sha256 = ?"


@dataclass(frozen=True, slots=True)
class Ack:
    """What an answer says: MSA-1, MSA-2, the condition of ERR-3 and the place of ERR-2."""

    code: str
    control_id: str
    condition: str = ""
    place: str = ""


YES = "AA"


def sent(whole: Whole, payload: bytes) -> Ack:
    """Send something odd, then a good message that must be converted; what the odd one was answered."""
    answer = read(whole.send(payload))
    good = report()
    assert read(whole.send(good.bytes())) == Ack(YES, good.control_id)
    assert whole.end_state(good.control_id)["state"] == "converted"
    return answer


def read(answer: bytes) -> Ack:
    segments = {line[:3]: line.split("|") for line in answer.decode("utf-8", "replace").split("\r")}
    msa = [*segments["MSA"], "", ""]
    err = [*segments.get("ERR", []), "", "", "", ""]
    return Ack(msa[1], msa[2], err[3].split("^")[0], err[2])


def warnings(row: object) -> set[tuple[str, str]]:
    """(code, segment-field) of a message's visible warnings."""
    return {(one["code"], one["path"]) for one in json.loads(row["warnings"])}  # type: ignore[index]


def observations(whole: Whole, correlation_id: str, count: int) -> list[object]:
    sql = "SELECT * FROM observation_record WHERE correlation_id = ? ORDER BY log_offset"
    return whole.arrived(sql, correlation_id, count=count)


def letter(whole: Whole, payload: bytes) -> dict[str, object]:
    """The dead letter that the gateway made of these bytes."""
    (row,) = whole.arrived(LETTERS, len(payload), content_digest(payload))
    return dict(row)


def test_unreadable_bytes_are_refused_and_kept_as_a_dead_letter(whole: Whole) -> None:
    payload = b"\x00\xff\xfe\x93" + FAMILY.encode() + b"\x01\x02"
    assert sent(whole, payload) == Ack("AE", "", "100", "MSH^1")
    found = letter(whole, payload)
    assert (found["stage"], found["reason"], found["path"], found["truncated"]) == ("gateway", "not_hl7", "MSH", 0)


def test_a_message_without_msh_is_refused_and_kept_as_a_dead_letter(whole: Whole) -> None:
    payload = report().bytes().split(b"\r", 1)[1]
    assert sent(whole, payload) == Ack("AE", "", "100", "MSH^1")
    assert letter(whole, payload)["reason"] == "not_hl7"


def test_bytes_without_any_frame_are_told_how_to_frame(whole: Whole) -> None:
    answer = whole.send_raw(report().bytes())
    assert read(answer) == Ack("AE", "", "100")
    assert b"0x0B" in answer


def test_a_message_is_taken_from_between_garbage_and_packets(whole: Whole) -> None:
    first = report()
    answer = whole.send_raw(FAMILY.encode() + b"\r\n\x0b" + first.bytes() + b"\x1c\r")
    assert read(answer) == Ack(YES, first.control_id)
    assert whole.end_state(first.control_id)["state"] == "converted"


def test_an_unknown_type_is_stored_and_dead_lettered_with_its_field(whole: Whole) -> None:
    odd = report()
    payload = odd.bytes().replace(b"ORU^R01^ORU_R01", b"XYZ^Z99")
    assert sent(whole, payload) == Ack(YES, odd.control_id)
    end = whole.end_state(odd.control_id)
    assert (end["state"], end["reason"], end["path"]) == ("dead-lettered", "unsupported_type", "MSH-9.1")
    (found,) = whole.arrived("SELECT * FROM dead_letter WHERE control_id = ?", odd.control_id)
    assert (found["stage"], found["correlation_id"]) == ("normalize", end["correlation_id"])


def test_a_report_without_pid_is_converted_with_a_warning(whole: Whole) -> None:
    odd = report(pid="-")
    assert sent(whole, odd.bytes()) == Ack(YES, odd.control_id)
    end = whole.end_state(odd.control_id)
    assert (end["state"], warnings(end)) == ("converted", {("patient_missing", "PID")})
    assert len(observations(whole, end["correlation_id"], 2)) == 2


def test_an_admission_without_pid_is_dead_lettered_with_its_segment(whole: Whole) -> None:
    odd = report(pid="-")
    text = odd.text().replace("ORU^R01^ORU_R01", "ADT^A01^ADT_A01")
    assert sent(whole, text.encode()) == Ack(YES, odd.control_id)
    end = whole.end_state(odd.control_id)
    assert (end["state"], end["reason"], end["path"]) == ("dead-lettered", "required_field_missing", "PID")


def test_a_bad_date_is_left_out_with_a_warning_that_names_the_field(whole: Whole) -> None:
    odd = report()
    odd = report(mrn=odd.mrn, pid=pid_of(odd.mrn, born="19571345"))
    assert sent(whole, odd.bytes()) == Ack(YES, odd.control_id)
    end = whole.end_state(odd.control_id)
    assert warnings(end) == {("date_unreadable", "PID[1]-7")}
    (patient,) = whole.arrived("SELECT * FROM patient_record WHERE correlation_id = ?", end["correlation_id"])
    assert (patient["birth_date"], patient["family"]) == ("", FAMILY)


def test_a_bad_number_is_kept_as_text_with_a_warning_that_names_the_field(whole: Whole) -> None:
    odd = report(results=(sodium(1), potassium(2, "see note")))
    assert sent(whole, odd.bytes()) == Ack(YES, odd.control_id)
    end = whole.end_state(odd.control_id)
    assert warnings(end) == {("number_unreadable", "OBX[2]-5")}
    kept = [(o["value_text"], o["value_number"]) for o in observations(whole, end["correlation_id"], 2)]
    assert sorted(kept) == [("140", 140.0), ("see note", None)]


def test_an_obx_of_2_mb_is_referred_to_and_its_neighbours_are_converted(whole: Whole) -> None:
    odd = report(results=(document(1, 2_000_000), potassium(2)))
    assert sent(whole, odd.bytes()) == Ack(YES, odd.control_id)
    end = whole.end_state(odd.control_id)
    assert (end["state"], warnings(end)) == ("converted", {("content_large", "OBX[1]-5")})
    values = {o["source_path"]: o["value_text"] for o in observations(whole, end["correlation_id"], 2)}
    assert values["OBX[2]"] == "4.1"
    assert all(len(value) < 1000 for value in values.values())


def test_a_message_of_12_mb_is_refused_with_the_limit_and_its_head_is_kept(whole: Whole) -> None:
    odd = report(results=(document(1, 12_000_000),))
    payload = odd.bytes()
    answer = sent(whole, payload)
    assert answer == Ack("AR", odd.control_id, "207")
    assert b"10000000" in whole.answers[-2]
    found = letter(whole, payload)
    assert (found["reason"], found["truncated"]) == ("too_large", 1)


def test_latin_1_without_msh_18_is_read_rightly_with_a_warning(whole: Whole) -> None:
    odd = report()
    odd = report(mrn=odd.mrn, pid=pid_of(odd.mrn, family="Müßterlé"))
    assert sent(whole, odd.text().encode("latin-1")) == Ack(YES, odd.control_id)
    end = whole.end_state(odd.control_id)
    assert warnings(end) == {("charset_fallback", "MSH-18")}
    (patient,) = whole.arrived("SELECT * FROM patient_record WHERE correlation_id = ?", end["correlation_id"])
    assert patient["family"] == "Müßterlé"


def test_a_z_segment_is_counted_field_by_field(whole: Whole) -> None:
    odd = report()
    assert sent(whole, odd.bytes() + b"ZPD|1|" + FAMILY.encode() + b"\r") == Ack(YES, odd.control_id)
    end = whole.end_state(odd.control_id)
    assert end["state"] == "converted"
    assert json.loads(end["unmapped"]).keys() >= {"ZPD-1", "ZPD-2"}


def test_segments_that_end_in_lf_are_read_like_any_other(whole: Whole) -> None:
    odd = report()
    assert sent(whole, odd.bytes().replace(b"\r", b"\n")) == Ack(YES, odd.control_id)
    end = whole.end_state(odd.control_id)
    assert (end["state"], warnings(end)) == ("converted", set())
    assert len(observations(whole, end["correlation_id"], 2)) == 2


def test_a_missing_control_id_is_told_to_the_sender_and_the_message_converted(whole: Whole) -> None:
    odd = report(control_id="")
    assert sent(whole, odd.bytes()) == Ack("AE", "", "101", "MSH^1^10")
    (raw,) = whole.arrived("SELECT * FROM raw WHERE digest = ?", content_digest(odd.bytes()))
    (end,) = whole.arrived("SELECT * FROM message WHERE correlation_id = ?", raw["event_id"])
    assert (end["state"], warnings(end)) == ("converted", {("control_id_missing", "MSH-10")})


def test_an_incoming_acknowledgement_is_stored_and_never_answered(whole: Whole) -> None:
    odd, good = report(), report()
    ack = f"MSH|^~\\&|LIS|GENERAL|WARD|GENERAL|{odd.sent_at}||ACK^R01|{odd.control_id}|P|2.5.1\rMSA|AA|1\r"
    framed = b"".join(b"\x0b" + payload + b"\x1c\r" for payload in (ack.encode(), good.bytes()))
    assert read(whole.send_raw(framed)) == Ack(YES, good.control_id)
    end = whole.end_state(odd.control_id)
    assert (end["state"], end["reason"], end["path"]) == ("filtered", "filtered", "MSH-9")


def test_a_retransmission_is_a_visible_duplicate_without_effect(whole: Whole) -> None:
    first = report()
    later = first.bytes().replace(first.sent_at.encode(), b"20300101000000+0000", 1)
    assert sent(whole, first.bytes()) == Ack(YES, first.control_id)
    assert sent(whole, later) == Ack(YES, first.control_id)
    original, repeat = whole.end_states(first.control_id, count=2)
    assert (original["state"], repeat["state"]) == ("converted", "duplicate")
    assert repeat["duplicate_of"] == original["correlation_id"]
    assert len(observations(whole, original["correlation_id"], 2)) == 2
    assert len(whole.rows("SELECT 1 FROM observation_record WHERE correlation_id = ?", repeat["correlation_id"])) == 0


def test_the_same_control_id_with_other_content_is_a_message_of_its_own_with_a_warning(whole: Whole) -> None:
    first = report()
    other = report(control_id=first.control_id, mrn=first.mrn, results=(potassium(1, "4.9"),))
    assert sent(whole, first.bytes()) == Ack(YES, first.control_id)
    assert sent(whole, other.bytes()) == Ack(YES, first.control_id)
    _, second = whole.end_states(first.control_id, count=2)
    assert (second["state"], warnings(second)) == ("converted", {("control_id_reused", "MSH-10")})
    assert [o["value_text"] for o in observations(whole, second["correlation_id"], 1)] == ["4.9"]


#: Where content is kept by design: the log's segments, the stages' rows, the SQL store.
CONTENT = {"kafka", "stages", "wardline.db", "wardline.db-wal", "wardline.db-shm"}
VALUES = re.compile(
    "|".join((FAMILY, GIVEN, BORN, "1957-11-03", re.escape(STREET), "Müßterlé", r"QZ\d{6}")).encode()
    + b"|M\xfc\xdfterl\xe9"
)


@pytest.fixture(scope="module")
def bad_day(whole: Whole) -> Whole:
    """The platform after one of each kind of bad message about the same made-up patient."""
    for payload in (
        FAMILY.encode(),
        b"\xff" + FAMILY.encode() + b"\x1c" + STREET.encode(),
        report().bytes().split(b"\r", 1)[1],
        report().bytes().replace(b"ORU^R01^ORU_R01", b"XYZ^Z99"),
        report(pid=pid_of("QZ000000", born="19571345", family="Müßterlé")).text().encode("latin-1"),
        report(results=(potassium(1, FAMILY), f"OBX|{FAMILY}|{FAMILY}|{FAMILY}||{FAMILY}")).bytes(),
        report().bytes() + f"ZPD|{FAMILY}|{STREET}\r{FAMILY}|{STREET}\rPID|2||{FAMILY}\r".encode(),
        report(results=(f"{document(1, 10_000_000)}", FAMILY)).bytes(),
    ):
        sent(whole, payload)
    whole.send_raw(f"{FAMILY}\r{STREET}".encode())
    whole.arrived("SELECT * FROM dead_letter", count=5)
    return whole


def test_no_value_of_pid_is_in_any_log_file(bad_day: Whole) -> None:
    told = dict(_files(bad_day.settings.data_dir))
    assert "gateway.log" in {path.name for path in told}
    assert [str(path) for path, content in told.items() if VALUES.search(content)] == []


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).parts[0] not in CONTENT:
            yield path, path.read_bytes()


def test_no_value_of_pid_is_in_any_key_or_header(bad_day: Whole) -> None:
    catalog = load_catalog(bad_day.settings.topics_file)
    with ThreadPoolExecutor(8) as readers:
        found = [*readers.map(partial(_outside, bad_day), (*catalog.topics, *catalog.changelogs))]
    assert sum(map(len, found)) > 100
    assert [text for texts in found for text in texts if VALUES.search(text)] == []


def _outside(whole: Whole, topic: str) -> list[bytes]:
    """Every key and header of a topic."""
    records = [*read_topic(whole.settings.bootstrap, topic)]
    headers = [str(value).encode() for record in records for _, value in record.headers() or ()]
    return headers + [record.key() or b"" for record in records]


def test_no_value_of_pid_is_in_any_error_text_or_answer(bad_day: Whole) -> None:
    told = [
        *bad_day.rows("SELECT reason, path, detail, error_class FROM dead_letter"),
        *bad_day.rows("SELECT reason, path, detail, unmapped, warnings FROM message"),
        *bad_day.rows("SELECT code, path FROM warning_count"),
        *bad_day.rows("SELECT field FROM unmapped_count"),
    ]
    texts = [str(value).encode() for row in told for value in row] + bad_day.answers
    assert len(texts) > 50
    assert [text for text in texts if VALUES.search(text)] == []


def test_no_value_of_pid_is_in_any_metric(bad_day: Whole) -> None:
    roles = bad_day.launcher.run_json["roles"]
    pages = {name: httpx.get(f"{role['web']}/metrics", timeout=10.0).content for name, role in roles.items()}
    assert all(b"# TYPE" in page for page in pages.values())
    assert [name for name, page in pages.items() if VALUES.search(page)] == []
