"""Whatever bytes come, a message is converted or rejected with a place; nothing empty, nothing dangling comes out."""

import json

from conversion_world import KEYRING, SITE, hl7, oru, references, texts
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from processors.errors import Rejection
from processors.hl7.message import parse
from processors.mapping.convert import PatientBundle, convert

FIELD = st.text(alphabet='ab1. ^&~\\"-+<>/:0FT\x07é', max_size=12)
NAMES = ("PID", "PD1", "NK1", "PV1", "PV2", "MRG", "EVN", "ORC", "OBR", "OBX", "NTE", "SPM", "SCH", "AIS", "AIL", "AIP")
KINDS = ("ORU^R01", "ADT^A01", "ADT^A40", "ADT^A13", "ORM^O01", "OML^O21", "SIU^S26")
SEGMENT = st.builds(
    lambda name, fields: "|".join((name, *fields)), st.sampled_from(NAMES), st.lists(FIELD, max_size=30)
)


def check(data: bytes) -> None:
    for one in bundles(data):
        bundle = json.loads(one.bundle)
        assert set(references(bundle)) <= {e["fullUrl"] for e in bundle["entry"]} | absorbed(bundle)
        assert all(value not in ("", [], {}, None) for value in texts(bundle))


def bundles(data: bytes) -> tuple[PatientBundle, ...]:
    try:
        return convert(parse(data), SITE, KEYRING, 0).bundles
    except Rejection:
        return ()


def absorbed(bundle: dict) -> set[str]:
    """The other side of a merge may be in the other patient's bundle."""
    links = [link for e in bundle["entry"] for link in e["resource"].get("link", ()) if isinstance(link, dict)]
    return {link["other"]["reference"] for link in links}


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(KINDS), st.lists(SEGMENT, max_size=8))
@example("ADT^A40", ["PID|||1^^^A", "MRG|2^^^A"])
@example("ORU^R01", ["OBX|||0|^"])
def test_any_segments_are_converted_or_rejected(kind, segments):
    check(hl7(*segments, kind=kind))


@settings(max_examples=250, deadline=None)
@given(st.integers(0, 500), st.binary(max_size=6), st.integers(0, 40))
@example(167, b"\n", 0)
def test_any_damage_to_a_message_is_survived(place, inserted, removed):
    message = oru()
    check(message[:place] + inserted + message[place + removed :])
