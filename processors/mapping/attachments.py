"""Contents of documents as Attachments: ED, RP (HL7 2.5.1 chapters 2A.24, 2A.64) and text; large ones stay outside."""

import base64
import hashlib
import re
from collections.abc import Iterable

from processors.envelope import Record
from processors.errors import Warn
from processors.fhir.systems import CONTENT, STRUCTURE
from processors.mapping.scope import Scope, component
from processors.mapping.tables import of_table
from processors.mapping.values import LARGE
from processors.mapping.vocabularies_scheduling import PRESENTATION, SUBTYPE

ALTERNATE_CODES = STRUCTURE + "alternate-codes"
PLAIN = "text/plain"
_UNKNOWN = "application/octet-stream"
_BASE64 = re.compile(r"[0-9A-Za-z+/]*={0,2}")
_MIME = re.compile(r"[a-z]+/[a-z0-9.+-]+")
#: ED.2, RP.3 -> the first half of a MIME type.
_TOP = {"AP": "application", "AU": "audio", "IM": "image", "TX": "text", "FT": "text"}
_TOPS = frozenset(("application", "audio", "image", "message", "model", "multipart", "text", "video"))
#: How contents of a kind begin in Base64: senders name the kind wrongly or not at all.
_BEGINNINGS = (
    ("JVBERi", "application/pdf"),
    ("e1xydGY", "application/rtf"),
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("SUkqA", "image/tiff"),
    ("TU0AK", "image/tiff"),
)
_MARKS_OF_ED = 4
_TYPE_OF_DATA = of_table("0191")


def datas(raw: str, scope: Scope) -> list[Record]:
    """OBX-5 of type ED as Attachments: one a repetition, where each is a whole ED; a text may hold the mark itself."""
    repetitions = raw.split(scope.repetition)
    if not all(one.count(scope.component) >= _MARKS_OF_ED for one in repetitions):
        repetitions = [raw]
    found = [data(one, scope) for one in repetitions]
    return [one for one in found if one]


def data(raw: str, scope: Scope) -> Record:
    """ED as Attachment: source, type, subtype, encoding, content. {} without content."""
    pieces = raw.split(scope.component, _MARKS_OF_ED)
    kind, subtype, encoding = (scope.text(component(pieces, n)) for n in (2, 3, 4))
    sent = component(pieces, 5)
    if scope.escape in sent:
        sent = scope.unescape(sent)
    if not sent.strip() or sent == '""':
        return {}
    mime = mime_type(kind, subtype)
    content = _base64(sent, encoding.lower(), mime.startswith("text/"), scope)
    value: Record = {}
    shown = presentation(kind, scope) if kind and not subtype else []
    if shown:
        value["extension"] = shown
    guessed = next((found for begin, found in _BEGINNINGS if content.startswith(begin)), "")
    value["contentType"] = mime or guessed or (PLAIN if encoding.upper() == "A" else _UNKNOWN)
    held = _held(content, scope)
    if scope.trace is not None:
        value = scope.trace.mark(value, subtype or kind)
        held = scope.trace.mark(held, component(pieces, _MARKS_OF_ED + 1))
    return value | held


def pointers(raw: str, scope: Scope) -> list[Record]:
    """OBX-5 of type RP as Attachments: pointer, application, type, subtype."""
    found = []
    for one in raw.split(scope.repetition):
        parts = scope.texts(one)
        url = "".join(parts[0].split())
        if not url:
            continue
        mime = mime_type(component(parts, 3), component(parts, 4))
        value: Record = {"contentType": mime} if mime else {}
        held = {"url": url}
        if scope.trace is not None:
            value, held = scope.trace.mark(value, component(parts, 3)), scope.trace.mark(held, parts[0])
        found.append(value | held)
    return found


def plain(text: str, scope: Scope) -> Record:
    """Text as Attachment, in UTF-8."""
    return {"contentType": PLAIN} | _held(base64.b64encode(text.encode()).decode(), scope)


def is_long(pieces: Iterable[str]) -> bool:
    """Texts as sent that are together too long to travel along."""
    return sum(map(len, pieces)) > LARGE


def outside(pieces: Iterable[str], scope: Scope) -> Record:
    """A long text as Attachment: its lines as sent stay in the raw record, their digest and size name them."""
    digest, size = hashlib.sha256(), 0
    for n, piece in enumerate(pieces):
        for at in range(0, len(piece), LARGE):
            data = (("\n" if n and not at else "") + piece[at : at + LARGE]).encode()
            digest.update(data)
            size += len(data)
    return {"contentType": PLAIN} | _named(digest.hexdigest(), size, scope)


def presentation(kind: str, scope: Scope) -> list[Record]:
    """A type of data (table 0191) that is no MIME type, as extension; [] when it says nothing."""
    value = _TYPE_OF_DATA(kind, scope)
    return [{"url": ALTERNATE_CODES, "valueCodeableConcept": value}] if value else []


def mime_type(kind: str, subtype: str) -> str:
    """The MIME type for a type and subtype of data (tables 0191 and 0291), "" when they name none."""
    for sent in (subtype.lower(), kind.lower(), f"{kind}/{subtype}".lower()):
        top = sent.partition("/")[0]
        if _MIME.fullmatch(sent) and top in _TOPS and SUBTYPE.get(subtype.upper(), sent).startswith(top):
            return sent
    known = SUBTYPE.get(subtype.upper()) or SUBTYPE.get(kind.upper())
    top = _TOP.get(kind.upper(), "")
    made = f"{top}/{subtype}".lower()
    if not known and top and _MIME.fullmatch(made):
        return made
    return known or ("" if subtype else PRESENTATION.get(kind.upper(), ""))


def _base64(sent: str, encoding: str, is_text: bool, scope: Scope) -> str:
    """The content in Base64: sent so, as hexadecimal digits, or as the text itself (A, or no encoding named)."""
    packed = "".join(sent.split())
    if encoding == "hex":
        try:
            return base64.b64encode(bytes.fromhex(packed)).decode()
        except ValueError:
            scope.warn(Warn.CONTENT_UNREADABLE, _UNREADABLE)
    elif encoding == "base64" or (not encoding and not is_text):
        filled = packed + "=" * (-len(packed) % 4)
        if _BASE64.fullmatch(packed) and (encoding or filled == packed):
            return filled
        if encoding:
            scope.warn(Warn.CONTENT_UNREADABLE, _UNREADABLE)
    return base64.b64encode(sent.encode()).decode()


_UNREADABLE = "content is not in the encoding that ED.4 names; kept as text: let the sender correct ED.4"


def _held(content: str, scope: Scope) -> Record:
    """Small content itself; large content stays in the raw record and is named by digest and size."""
    if len(content) <= LARGE:
        return {"data": content}
    size = len(content) // 4 * 3 - content[-2:].count("=")
    return _named(hashlib.sha256(content.encode()).hexdigest(), size, scope)


def _named(digest: str, size: int, scope: Scope) -> Record:
    scope.warn(Warn.CONTENT_LARGE, "content above 256 kB is kept in the raw record and referred to by its SHA-256")
    scope.large = True
    return {"url": CONTENT + digest, "size": size}
