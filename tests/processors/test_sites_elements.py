"""The elements that a site's row may name are those of R4, with their types, as fhir.resources has them."""

import re

import pytest
from fhir.resources.R4B import get_fhir_model_class

from processors.fhir.elements import DATATYPES, Element, elements, resource_types

TYPES = [*resource_types(), *DATATYPES]


def declared(name: str) -> dict[str, bool]:
    """Element -> is it a list, by the oracle."""
    model = get_fhir_model_class(name)
    return {
        field.alias or key: "List[" in str(field.annotation)
        for key, field in model.model_fields.items()
        if not key.endswith("__ext")
    }


@pytest.mark.parametrize("name", TYPES)
def test_every_element_exists_and_is_a_list_where_r4_has_one(name):
    known = declared(name)
    assert {key: one.many for key, one in elements(name).items()}.items() <= known.items()


@pytest.mark.parametrize("name", TYPES)
def test_no_element_is_left_out(name):
    left_out = {"id", "resource_type", "resourceType", "fhir_comments", "modifierExtension", "contained"}
    left_out |= {"implicitRules", "meta", "text", "language"}
    missing = {key for key in declared(name) if key not in left_out} - set(elements(name))
    assert missing == set()


@pytest.mark.parametrize("name", TYPES)
def test_complex_types_are_named_right(name):
    for key, field in get_fhir_model_class(name).model_fields.items():
        found = re.search(r"abc\.(\w+)Type", str(field.annotation))
        one = elements(name).get(field.alias or key)
        if found and one and one.type not in ("Backbone", "Quantity"):
            assert one.type == found.group(1)


def test_elements_of_single_backbones_are_known_by_their_path():
    assert elements("Encounter.hospitalization")["dietPreference"] == Element("CodeableConcept", True)


def test_an_unknown_type_has_no_elements():
    assert elements("Pacient") == {}
