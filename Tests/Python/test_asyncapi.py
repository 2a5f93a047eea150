"""The AsyncAPI document: its form by the models of the `asyncapi3` package, its references by hand.

With ASYNCAPI_SCHEMA, a file with AsyncAPI's official JSON Schema (schemas/README.md says where it is), also by that.
"""

import copy
import json
import os
import pathlib
import warnings

import pytest
from conftest import REPOSITORY, load
from jsonschema import Draft7Validator, Draft202012Validator
from pydantic import ValidationError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from asyncapi3.models.asyncapi import AsyncAPI3

DOCUMENT = load("schemas/asyncapi.json")
OFFICIAL_SCHEMA = os.environ.get("ASYNCAPI_SCHEMA")


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def target(reference):
    """What a reference of the document leads to."""
    file, _, pointer = reference.partition("#")
    node = load("schemas/" + file) if file else DOCUMENT
    for name in pointer.split("/")[1:]:
        node = node[name]
    return node


def test_the_document_has_the_form_of_asyncapi_3():
    assert AsyncAPI3.model_validate(DOCUMENT).info.title == DOCUMENT["info"]["title"]


DAMAGES = [
    pytest.param(lambda document: document["info"].pop("version"), id="no version"),
    pytest.param(lambda document: document["operations"]["setAside"].update(action="publish"), id="an action of 2.x"),
    pytest.param(lambda document: document["operations"]["setAside"].update(chanel={}), id="an unknown member"),
]


def damaged(damage):
    document = copy.deepcopy(DOCUMENT)
    damage(document)
    return document


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_document_is_noticed(damage):
    with pytest.raises(ValidationError):
        AsyncAPI3.model_validate(damaged(damage))


@pytest.mark.skipif(not OFFICIAL_SCHEMA, reason="ASYNCAPI_SCHEMA names no file with AsyncAPI's official JSON Schema")
def test_the_official_schema_finds_nothing_in_the_document_and_something_in_damaged_ones():
    validator = Draft7Validator(json.loads(pathlib.Path(OFFICIAL_SCHEMA).read_text()))
    assert [error.message for error in validator.iter_errors(DOCUMENT)] == []
    for case in DAMAGES:
        assert not validator.is_valid(damaged(case.values[0])), case.id


@pytest.mark.parametrize("reference", sorted(set(references(DOCUMENT))))
def test_a_reference_leads_somewhere(reference):
    assert target(reference)


def test_every_schema_it_names_is_one():
    files = [reference for reference in references(DOCUMENT) if not reference.startswith("#")]
    assert files
    for reference in files:
        Draft202012Validator.check_schema(target(reference))


def test_operations_send_messages_of_their_channel():
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"]
        assert all(message["$ref"].startswith(channel + "/messages/") for message in operation["messages"])


def test_topics_are_the_defaults_of_the_programs():
    table = (REPOSITORY / "Sources/ServiceRuntime/Settings/SettingDefinition+Table.swift").read_text(encoding="utf-8")
    for name in ("events", "deadLetters"):
        channel = DOCUMENT["channels"][name]
        assert f'"{channel["address"]}"' in table
        assert channel["bindings"]["kafka"]["topic"] == channel["address"]
