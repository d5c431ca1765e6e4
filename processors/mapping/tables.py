"""CodeableConcepts of HL7 tables: bare codes are of the field's table, and written as the table writes them."""

from collections.abc import Callable
from typing import TypeAlias

from processors.envelope import Record
from processors.fhir.systems import TERMINOLOGY
from processors.mapping.codes import concept
from processors.mapping.scope import Scope
from processors.mapping.v2_tables import CODES, table_uri

_Concept: TypeAlias = Callable[[str, Scope], Record | None]


def of_table(number: str) -> _Concept:
    """A datatype for a code of a v2 table, in any case of letters; codings of other systems stay as sent."""
    system = TERMINOLOGY + "v2-" + number
    own = (system, f"urn:oid:2.16.840.1.113883.12.{int(number)}")
    known = {code.upper(): code for code in CODES[number]}

    def read(raw: str, scope: Scope) -> Record | None:
        value = concept(raw, scope)
        if value is None or "coding" not in value:
            return value
        first, *others = value["coding"]
        if first.get("system", system) in own:
            sent = first["code"]
            found = known.get(sent.upper(), sent)
            said = {"system": table_uri(system, found), "code": sent if found == sent else found}
            first = {**first, **said}
        return {**value, "coding": [first, *others]}

    return read
