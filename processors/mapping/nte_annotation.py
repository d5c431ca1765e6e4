"""NTE -> Annotation (HL7 2.5.1 chapter 2.15.10): the lines of one place become one note, as senders use one each."""

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT, NOTE_BESIDE, SENT_COMMENT_SOURCE, SENT_NOTE, STRUCTURE
from processors.hl7.message import Segment
from processors.mapping.attachments import is_long, outside
from processors.mapping.codes import concept
from processors.mapping.extensions import extension, sent_code
from processors.mapping.parties import practitioner
from processors.mapping.rows import CompiledMap, FieldRow, SegmentMap
from processors.mapping.scope import Scope
from processors.mapping.tables import of_table
from processors.mapping.times import date_time

ALTERNATE_CODES = STRUCTURE + "alternate-codes"
NTE = SegmentMap(
    segment="NTE",
    resource="Annotation",
    rows=(
        FieldRow(2, "extension[]", extension(SENT_COMMENT_SOURCE, "valueCode", sent_code)),
        FieldRow(
            4,
            "extension[]",
            extension(STRUCTURE + "annotationType", "valueCodeableConcept", of_table("0364")),
        ),
        FieldRow(5, "authorReference", practitioner),
        FieldRow(6, "time", date_time),
        FieldRow(9, "extension[]", extension(ALTERNATE_CODES, "valueCodeableConcept", concept)),
    ),
    understood=(1, 3),
)
_COMPILED = CompiledMap(NTE)
#: From NTE-4 on a segment says whose note it is; NTE-2 says which side it came from.
_PLAIN, _SOURCE = 4, 2
#: Stands for a text that is in an attachment.
_OUTSIDE = {"extension": [{"url": DATA_ABSENT, "valueCode": "unsupported"}]}


def notes(segments: list[Segment], scope: Scope) -> list[Record]:
    """One Annotation for all lines, blank lines inside kept; NTE-2, NTE-4 to NTE-9 begin another. [] without text."""
    for segment in segments:
        fields = segment.fields
        if len(fields) > _SOURCE and (fields[_SOURCE] or any(fields[_PLAIN:])):
            return [one for one, _ in annotations(segments, scope)]
    said = _said(segments, {}, scope)
    return [said] if said else []


def _said(segments: list[Segment], about: Record, scope: Scope) -> Record | None:
    """The lines as Annotation, with what else is said about it; a long text is an attachment outside the bundle."""
    lines = [segment.raw(3) for segment in segments]
    if is_long(lines):
        scope.segment, scope.field = segments[0], 3
        held = outside(lines, scope)
        if scope.trace is not None:
            held = scope.trace.mark(held, lines[0])
        extensions = [*about.get("extension", ()), {"url": SENT_NOTE, "valueAttachment": held}]
        return about | {"extension": extensions, "_text": _OUTSIDE}
    text = note_text(segments, scope) or _coded(about)
    return about | {"text": text} if text.strip() else None


def note_beside(segments: list[Segment], resource: Record, scope: Scope) -> None:
    """Notes on what has none in R4 (Patient, Encounter), each in an extension; changes the top level only."""
    made = [{"url": NOTE_BESIDE, "valueAnnotation": one} for one in notes(segments, scope)]
    if made:
        resource["extension"] = [*resource.get("extension", ()), *made]


def note_text(segments: list[Segment], scope: Scope) -> str:
    """The lines of NTE-3 as one text, escapes decoded."""
    lines: list[str] = []
    for segment in segments:
        for raw in segment.repetitions(3) or [""]:
            text = scope.unescape(raw).rstrip()
            lines.append("" if text == '""' else text)
    text = "\n".join(lines).strip("\n")
    if scope.trace is not None and segments:
        text = scope.trace.mark(text, segments[0].raw(3))
    return text


def annotations(segments: list[Segment], scope: Scope) -> list[tuple[Record, Segment]]:
    """As `notes`, each with the segment that begins it."""
    found = []
    for about, lines in _apart(segments, scope):
        said = _said(lines, about, scope)
        if said:
            found.append((said, lines[0]))
    return found


def _apart(segments: list[Segment], scope: Scope) -> list[tuple[Record, list[Segment]]]:
    """Lines that name no source, author, time or type go on with the note before, as do those that name the same."""
    found: list[tuple[Record, list[Segment]]] = []
    said: list[str] = []
    source = ""
    for segment in segments:
        says = segment.fields[_PLAIN:]
        before, source = source, segment.text(_SOURCE) or source
        if found and source == before and (not any(says) or says == said):
            found[-1][1].append(segment)
            continue
        about: Record = {}
        _COMPILED(segment, about, scope)
        found.append((about, [segment]))
        said = says
    return found


def _coded(about: Record) -> str:
    """A coded comment (NTE-9) without a text of its own, as people read it."""
    for one in about.get("extension", ()):
        if one["url"] == ALTERNATE_CODES:
            value = one["valueCodeableConcept"]
            first = value.get("coding", [{}])[0]
            return str(value.get("text") or first.get("display") or first.get("code", ""))
    return ""
