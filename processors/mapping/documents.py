"""TXA with its OBX and NTE -> DocumentReference: contents, parent, orders, visit, and who worked on it."""

from processors.envelope import Record
from processors.fhir.systems import DATA_ABSENT, SENT_COMPLETION
from processors.hl7.message import Segment
from processors.mapping import txa_documentreference
from processors.mapping.attachments import datas, is_long, mime_type, outside, plain, pointers, presentation
from processors.mapping.codes import concept
from processors.mapping.groups import Part, Result
from processors.mapping.identifiers import ei
from processors.mapping.identities import result_id
from processors.mapping.links import Links
from processors.mapping.nte_annotation import note_text
from processors.mapping.results import observation
from processors.mapping.rows import CompiledMap
from processors.mapping.scope import Scope, reference
from processors.mapping.times import date_time
from processors.mapping.txa_provenance import provenances

_TXA = CompiledMap(txa_documentreference.TXA)
_ABSENT = {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}
_CANCELLED = "T11"
_TEXT = ("TX", "FT", "ST", "")
_CONTENT = (*_TEXT, "ED", "RP")
#: OBX fields that a content uses: set id, type, name, sub-id, value, time.
_USED = (0, 1, 2, 3, 4, 5, 14)
#: NTE fields that a content uses: set id, comment, coded comment.
_USED_OF_NOTE = (0, 1, 3, 9)


def write(part: Part, links: Links, scope: Scope) -> None:
    """The DocumentReference of a TXA; OBX that are no document but data become Observations that it relates to."""
    txa = part.segment
    resource: Record = {"resourceType": "DocumentReference", "id": _identity(txa, scope)}
    _TXA(txa, resource, scope)
    if scope.message.trigger == _CANCELLED:
        resource["status"] = resource["docStatus"] = "entered-in-error"
    elif "docStatus" not in resource and "_docStatus" in resource:
        sent = resource.pop("_docStatus")["extension"]
        resource["extension"] = [{**one, "url": SENT_COMPLETION} for one in sent]
    resource.setdefault("status", "current")
    if links.subject is not None:
        resource["subject"] = links.subject
    resource["content"] = _contents(part, scope) or [{"attachment": {}}]
    _say_presentation(txa, resource["content"], scope)
    _say_day(txa, resource, scope)
    related = _orders(resource, links, scope)
    related += _data(part, resource["id"], links, scope)
    context = resource.pop("context", {})
    context.pop("related", None)
    context |= {"encounter": [links.encounter]} if links.encounter is not None else {}
    context |= {"related": related} if related else {}
    if context:
        resource["context"] = context
    named = scope.bundle.add(resource, txa.path())
    provenances(txa, named, scope)
    links.focus.insert(0, named)
    for segment in part.under:
        scope.unplace(segment)


def _data(part: Part, document: str, links: Links, scope: Scope) -> list[Record]:
    """The Observations of the OBX that are data; people under them find no place."""
    taken: dict[str, int] = {}
    found = []
    for result in part.results:
        if result.obx.text(2) not in _CONTENT:
            made = observation(result, result_id(document, result.obx, "", taken), links, scope)
            found += [made[1]] if made else []
            for segment in result.under:
                scope.unplace(segment)
    return found


def _identity(txa: Segment, scope: Scope) -> str:
    """The document's number (TXA-12); without one its file (TXA-16) or the message."""
    number, system = ei(txa.repetitions(12)[0], scope) if txa.raw(12) else ("", "")
    if number:
        return scope.keyring.fhir_id("DocumentReference", system or scope.site.feed, number)
    name = txa.text(16) or scope.message.control_id
    return scope.keyring.fhir_id("DocumentReference", scope.bundle.patient_key, name)


def _contents(part: Part, scope: Scope) -> list[Record]:
    """One content for each ED and RP, each run of text lines, and the notes; [] where nothing was sent."""
    found: list[Record] = []
    for run in _runs(part.results):
        obx = run[0].obx
        scope.segment, scope.field = obx, 5
        if obx.text(2) in _TEXT:
            made = _text(run, scope)
        else:
            made = (datas if obx.text(2) == "ED" else pointers)(obx.raw(5), scope)
        if scope.trace is not None:
            made = scope.trace.mark(made, obx.raw(5))
        about = _about(obx, scope) if made else {}
        found += [one | about for one in made]
        for result in run:
            found += _note(result.notes, scope)
            _count_rest(result, scope)
    return [{"attachment": one} for one in found + _note(part.notes, scope)]


def _runs(results: list[Result]) -> list[list[Result]]:
    """Lines of text of the same name (OBX-3) that follow each other belong together: senders use an OBX per line."""
    runs: list[list[Result]] = []
    for result in results:
        obx = result.obx
        if obx.text(2) not in _CONTENT:
            continue
        last = runs[-1][-1] if runs else None
        both = last is not None and obx.text(2) in _TEXT and last.obx.text(2) in _TEXT
        if last is not None and both and not last.notes and obx.raw(3) == last.obx.raw(3):
            runs[-1].append(result)
        else:
            runs.append([result])
    return runs


def _text(run: list[Result], scope: Scope) -> list[Record]:
    """The lines, escapes decoded, as one text."""
    sent = [result.obx.raw(5) for result in run]
    if is_long(sent):
        return [outside(sent, scope)]
    lines = [scope.unescape(raw).rstrip() for result in run for raw in result.obx.repetitions(5) or [""]]
    text = "\n".join("" if line == '""' else line for line in lines)
    return [plain(text, scope)] if text.strip() else []


def _about(obx: Segment, scope: Scope) -> Record:
    """OBX-3 as the title of a content, OBX-14 as the time it was made."""
    found: Record = {}
    name = concept(obx.raw(3), scope) if obx.raw(3) else None
    if name:
        found["title"] = name.get("text") or name["coding"][0].get("display") or name["coding"][0]["code"]
    scope.field = 14
    made = date_time(obx.raw(14), scope) if obx.raw(14) else None
    return found | ({"creation": made} if made else {})


def _note(segments: list[Segment], scope: Scope) -> list[Record]:
    """NTE-3 and NTE-9 as a text of its own."""
    sent = [segment.raw(3) for segment in segments]
    long = is_long(sent)
    lines = [] if long else [note_text(segments, scope)]
    for segment in segments:
        for n, raw in enumerate(segment.fields):
            if raw and n not in _USED_OF_NOTE:
                scope.count_unmapped(f"NTE-{n}")
        lines += [_coded(raw, scope) for raw in segment.repetitions(9)]
    text = "\n".join(line for line in lines if line.strip())
    found = [outside(sent, scope)] if long else []
    if text:
        found.append(plain(text, scope))
    trace = scope.trace
    return [one if trace is None else trace.mark(one, segments[0].raw(3) or segments[0].raw(9)) for one in found]


def _coded(raw: str, scope: Scope) -> str:
    """A coded comment as the guide writes it: the original text, then code, text and system."""
    parts = [*scope.texts(raw), *[""] * 9]
    triplet = "-".join(part for part in parts[:3] if part)
    return "\n".join(part for part in (parts[8], triplet) if part)


def _count_rest(result: Result, scope: Scope) -> None:
    """An OBX that is a content has no place for the rest of its fields."""
    for n, raw in enumerate(result.obx.fields):
        if raw and n not in _USED:
            scope.count_unmapped(f"OBX-{n}")
    for segment in result.under:
        scope.unplace(segment)


def _say_presentation(txa: Segment, contents: list[Record], scope: Scope) -> None:
    """TXA-3 is the type of the contents that say none themselves; a content without anything is absent."""
    kind = scope.texts((txa.repetitions(3) or [""])[0])[0]
    mime = mime_type(kind, "") if kind else ""
    shown = presentation(kind, scope) if kind and not mime else []
    for content in contents:
        attachment = content["attachment"]
        if "contentType" not in attachment:
            if mime:
                attachment["contentType"] = mime if scope.trace is None else scope.trace.mark(mime, txa.raw(3))
            elif shown:
                attachment["extension"] = [*shown, *attachment.get("extension", ())]
        if not attachment:
            content["attachment"] = _ABSENT


def _say_day(txa: Segment, resource: Record, scope: Scope) -> None:
    """TXA-6 without time of day is no instant: it says when the first content was made."""
    if "date" in resource or not txa.raw(6):
        return
    scope.segment, scope.field = txa, 6
    day = date_time(txa.raw(6), scope)
    first = resource["content"][0]
    if day and "creation" not in first["attachment"]:
        first["attachment"] = {**first["attachment"], "creation": day}


def _orders(resource: Record, links: Links, scope: Scope) -> list[Record]:
    """The orders of the message, and those that TXA-14 and TXA-15 name beside them."""
    held = scope.bundle.resources
    orders = [held.get(one["reference"].removeprefix("urn:uuid:"), {}) for one in links.focus]
    requests = [one for one in orders if one.get("resourceType") == "ServiceRequest"]
    numbers = {i.get("value") for one in requests for i in one.get("identifier", ())}
    named = resource.get("context", {}).get("related", ())
    return [reference(one["id"]) for one in requests] + [n for n in named if n["identifier"]["value"] not in numbers]
