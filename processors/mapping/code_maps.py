"""A site's code maps (`codes`, `observation_codes`): what a local code stands for goes first, the code as sent next.

R4 has no element that says by which map a Coding was found. So the mapped Coding names the map, with its version, in an
extension of ours; `wardline sites maps FEED` writes the ConceptMap that this name belongs to.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from processors.envelope import Record
from processors.errors import Warn
from processors.fhir.systems import CONCEPT_MAP, SENT_CODE
from processors.mapping.codes import code, system_in, token
from processors.mapping.rows import Datatype, FieldRow
from processors.mapping.scope import Scope, component
from processors.sites import CodeMap, Site

_OBSERVATION_FIELDS = ("OBX-3", "OBR-4")
#: Where a CWE holds code, text and coding system: CWE.1 to 3, CWE.4 to 6, CWE.10 to 12.
_TRIPLETS = ((1, 2, 3), (4, 5, 6), (10, 11, 12))


@dataclass(frozen=True, slots=True)
class FieldCodes:
    """The map of one field. `canonical`: its name and version, as in ConceptMap.url and ConceptMap.version."""

    field: str
    table: dict[str, CodeMap]
    url: str
    version: str

    @property
    def canonical(self) -> str:
        """Name and version in one, as FHIR writes them."""
        return f"{self.url}|{self.version}"

    def find(self, parts: list[str]) -> tuple[CodeMap, str] | None:
        """What the first code of a CWE in the table stands for, and that code; by its text where no code was sent."""
        for n, text, system in _TRIPLETS:
            sent = code(component(parts, n)) or (component(parts, text) if n == 1 else "")
            found = sent and (self.table.get(f"{sent}^^{component(parts, system)}") or self.table.get(sent))
            if found:
                return found, sent
        return None


def field_codes(site: Site) -> dict[str, FieldCodes]:
    """The code maps of a site by field."""
    tables: dict[str, dict[str, CodeMap]] = {}
    if site.observation_codes:
        tables = {name: dict(site.observation_codes) for name in _OBSERVATION_FIELDS}
    for field, own in site.codes.items():
        tables[str(field)] = {**tables.get(str(field), {}), **own}
    found = {}
    for name, table in tables.items():
        url = f"urn:wardline:feed:{token(site.feed)}:conceptmap:{name}"
        found[name] = FieldCodes(name, table, url, site.codes_version or _digest(table))
    return found


def coded(row: FieldRow, codes: FieldCodes, kind: str) -> tuple[FieldRow, ...]:
    """The row with the map applied. `kind`: the FHIR type of its target; a bare code keeps what was sent beside it."""
    mapped = FieldRow(row.field, row.target, _mapped(row.datatype, codes, kind), row.when)
    if kind != "code":
        return (mapped,)
    path, _, last = row.target.rpartition(".")
    beside = f"{path}." if path else ""
    return mapped, FieldRow(row.field, f"{beside}_{last}.extension[]", _evidence(codes), row.when)


def recoded(value: Any, found: tuple[CodeMap, str], codes: FieldCodes) -> Any:
    """A copy of a value with the mapped Coding first in its CodeableConcept; the value itself where it holds none."""
    if not isinstance(value, dict):
        return value
    if "coding" in value or ("text" in value and len(value) == 1):
        return {**value, "coding": _codings(value.get("coding", []), found, codes)}
    for name, inner in value.items():
        if isinstance(inner, dict):
            changed = recoded(inner, found, codes)
            if changed is not inner:
                return {**value, name: changed}
        elif isinstance(inner, list) and inner:
            changed = [recoded(one, found, codes) for one in inner]
            if any(new is not old for new, old in zip(changed, inner, strict=True)):
                return {**value, name: changed}
    return value


def concept_maps(site: Site) -> list[Record]:
    """The code maps of a site as R4 ConceptMaps."""
    return [_concept_map(one, site) for one in field_codes(site).values()]


def _mapped(datatype: Datatype, codes: FieldCodes, kind: str) -> Datatype:
    def read(raw: str, scope: Scope) -> object | None:
        found = codes.find(scope.texts(raw))
        if found is None:
            return datatype(raw, scope)
        value = _quietly(datatype, raw, scope)
        if kind == "code":
            return found[0].code
        made: object | None = _coding(value, found, codes) if kind == "Coding" else recoded(value, found, codes)
        return made

    return read


def _evidence(codes: FieldCodes) -> Datatype:
    """The map and the code as sent, for a bare code."""

    def read(raw: str, scope: Scope) -> list[Record] | None:
        found = codes.find(scope.texts(raw))
        if found is None:
            return None
        return [_map_named(codes), {"url": SENT_CODE, "valueString": found[1]}]

    return read


def _quietly(datatype: Datatype, raw: str, scope: Scope) -> object | None:
    """The value without the warning that our tables do not know the code: the site's does."""
    said, remarks = len(scope.warnings), scope.remarks
    value = datatype(raw, scope)
    new = scope.warnings[said:]
    if all(one.code is Warn.CODE_UNMAPPED for one in new):
        scope.warned.difference_update((one.code, one.path) for one in new)
        del scope.warnings[said:]
        scope.remarks = remarks
    return value


def _map_named(codes: FieldCodes) -> Record:
    return {"url": CONCEPT_MAP, "valueCanonical": codes.canonical}


def _target(found: CodeMap, codes: FieldCodes) -> Record:
    value: Record = {"extension": [_map_named(codes)], "system": found.system, "code": found.code}
    if found.display:
        value["display"] = found.display
    return value


def _codings(sent: list[Record], found: tuple[CodeMap, str], codes: FieldCodes) -> list[Record]:
    """The mapped Coding, then all as sent; a Coding that says the same is not said twice.

    Where the sender puts a code of the same system first, that one stands, and nothing is changed.
    """
    target, local = found
    if sent and sent[0].get("code") != local and sent[0].get("system") == target.system:
        return sent
    known = (target.system, target.code)
    rest = []
    for one in sent:
        if (one.get("system"), one.get("code")) != known:
            rest.append({**one, "userSelected": True} if one.get("code") == local else one)
    return [_target(target, codes), *rest]


def _coding(value: object | None, found: tuple[CodeMap, str], codes: FieldCodes) -> Record:
    """For an element that is one Coding: the code as sent stays in an extension."""
    target, local = found
    made = _target(target, codes)
    sent = {"code": local}
    if isinstance(value, dict) and value.get("code") == local:
        sent = value
    made["extension"].append({"url": SENT_CODE, "valueCoding": {**sent, "userSelected": True}})
    return made


def _digest(table: dict[str, CodeMap]) -> str:
    said = json.dumps({name: asdict(one) for name, one in table.items()}, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:8]


def _concept_map(codes: FieldCodes, site: Site) -> Record:
    groups: dict[tuple[str, str], list[Record]] = {}
    for name, one in codes.table.items():
        sent, _, system = name.partition("^^")
        target = {"code": one.code, **({"display": one.display} if one.display else {}), "equivalence": "equivalent"}
        source = system_in(system, site.feed) if system else ""
        groups.setdefault((source, one.system), []).append({"code": sent, "target": [target]})
    name = "".join(part.capitalize() for part in (site.feed, *codes.field.split("-")) if part.isalnum())
    return {
        "resourceType": "ConceptMap",
        "id": f"{token(site.feed)}-{codes.field}".replace("_", "-").lower()[:64],
        "url": codes.url,
        "version": codes.version,
        "name": name or "Codes",
        "status": "active",
        "group": [
            {**({"source": source} if source else {}), "target": target, "element": elements}
            for (source, target), elements in groups.items()
        ],
    }
