"""The message around a record, opened only when a rule asks: state of the specimen, notes, mapped unit."""

import re
from functools import cached_property

import orjson

from processors.envelope import Record

#: HL7 table 0493 (specimen condition), SPM-24.
HAEMOLYSED_CODE = "HEM"
_WORD = re.compile(r"\bha?emoly[sz]\w*", re.IGNORECASE)
#: Not this specimen, or not haemolysed: "not ...", "if ...", "previous ...", "... index 12", "...: none". When in doubt
#: the specimen counts as good, because then a critical value is paged.
_DENIED = re.compile(
    r"\b(?:not|no|non|nil|without|negative|absent|if|when|may|rule out|previous|prior|earlier|last|first)"
    r"\W+(?:\w+\W+){0,3}ha?emoly[sz]"
    r"|\bha?emoly[sz]\w*[^\w.;]+(?:index\W*(?:[<\d](?!\d*\s*\+)|normal|$)"
    r"|(?:\w+[^\w.;]+){0,2}(?:none|nil|absent|negative|no|not|normal|undetected|0)\b(?!\.\d))",
    re.IGNORECASE,
)


class Message:
    """The FHIR bundle of a timeline event, parsed at most once."""

    def __init__(self, bundle: str) -> None:
        self._bundle = bundle

    def is_haemolysed(self, record: Record) -> bool:
        """SPM-24 says HEM, or a note of the result, its report or its specimen says haemolysed."""
        resource = _parsed(record.get("resource", ""))
        return any(_condition_or_note(r) for r in (resource, *self._reports(resource), *self._specimens(resource)))

    def ucum(self, record: Record) -> str:
        """The UCUM code that the site mapped the unit to, or ''."""
        quantity = _parsed(record.get("resource", "")).get("valueQuantity", {})
        return str(quantity.get("code", ""))

    @cached_property
    def _resources(self) -> list[Record]:
        return [entry.get("resource", {}) for entry in _parsed(self._bundle).get("entry", [])]

    def _of_type(self, kind: str) -> list[Record]:
        return [r for r in self._resources if r.get("resourceType") == kind]

    def _reports(self, observation: Record) -> list[Record]:
        wanted = observation.get("id", "")
        reports = self._of_type("DiagnosticReport")
        return [r for r in reports if any(_target(ref) == wanted for ref in r.get("result", []))]

    def _specimens(self, observation: Record) -> list[Record]:
        """The specimens that the result or its report names; another order's specimen says nothing here."""
        named = {_target(observation.get("specimen", {}))}
        named |= {_target(ref) for report in self._reports(observation) for ref in report.get("specimen", [])}
        return [s for s in self._of_type("Specimen") if s.get("id") in named]


def _target(reference: Record) -> str:
    return str(reference.get("reference", "")).rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def _condition_or_note(resource: Record) -> bool:
    codings = [c.get("code") for condition in resource.get("condition", []) for c in condition.get("coding", [])]
    texts = [condition.get("text", "") for condition in resource.get("condition", [])]
    texts += [note.get("text", "") for note in resource.get("note", [])]
    texts += [resource.get("conclusion", "")]
    return HAEMOLYSED_CODE in codings or any(map(_says_haemolysed, texts))


def _says_haemolysed(text: str) -> bool:
    return bool(_WORD.search(text)) and not _DENIED.search(text)


def _parsed(text: str) -> Record:
    return orjson.loads(text) if text else {}
