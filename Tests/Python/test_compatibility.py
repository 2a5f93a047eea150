"""The gate: what it lets pass, and what it refuses."""

import json
import shutil
import subprocess
import sys

import pytest
from conftest import REPOSITORY

SCHEMAS = REPOSITORY / "schemas"


def gate(folder, *options):
    """Exit code and output of check-compatibility on a copy of schemas/."""
    done = subprocess.run([sys.executable, SCHEMAS / "check-compatibility", "--schemas", folder, *options],
                          capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


@pytest.fixture
def copy(tmp_path):
    """Today's schemas, released as they are: what a mutation changes is all that differs."""
    folder = tmp_path / "schemas"
    shutil.copytree(SCHEMAS, folder, ignore=shutil.ignore_patterns("released"))
    released = folder / "released" / "v1"
    shutil.copytree(folder, released, ignore=shutil.ignore_patterns("released"))
    return folder


def edit(folder, name, change):
    path = folder / name
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def test_the_schemas_are_compatible_with_what_was_released():
    code, output = gate(SCHEMAS)
    assert code == 0, output


def test_nothing_changed_is_compatible(copy):
    assert gate(copy) == (0, "Compatible with what was released: 0 additions.\n")


EVENT, HEADERS = "event/v1.schema.json", "event/v1.headers.schema.json"
USER, LETTER, ASYNCAPI = "state/user.schema.json", "dead-letter/headers.schema.json", "asyncapi.json"


def payload(schema, kind):
    return schema["$defs"][kind]["properties"]["payload"]


def add_type(schema):
    """A new type of a new aggregate."""
    schema["properties"]["type"]["enum"].append("zitadel.session.added")
    schema["$defs"]["zitadel.session.added"] = {"properties": {
        "event": {"enum": ["session.added"]},
        "payload": {"type": "object", "required": ["a"], "properties": {"a": {}}}}}
    schema["allOf"].append({"if": {"properties": {"type": {"const": "zitadel.session.added"}}},
                            "then": {"properties": {"data": {"$ref": "#/$defs/zitadel.session.added"}}}})


def remove_type(schema):
    schema["properties"]["type"]["enum"].remove("zitadel.user.locked")
    schema["allOf"] = [one for one in schema["allOf"] if "zitadel.user.locked" not in json.dumps(one)]
    del schema["$defs"]["zitadel.user.locked"]


def rename_type(schema):
    text = json.dumps(schema).replace("zitadel.user.locked", "zitadel.user.frozen")
    schema.clear()
    schema.update(json.loads(text))


def split_events(schema):
    """A second shape for a new event of Zitadel; the known ones keep theirs."""
    shape = dict(schema["$defs"]["zitadel.user.locked"])
    other = json.loads(json.dumps(shape).replace("user.locked", "user.locked.v2"))
    schema["$defs"]["zitadel.user.locked"] = {"oneOf": [shape, other]}


def inline_member(schema):
    payload(schema, "zitadel.user.email.changed")["properties"]["email"] = schema["$defs"]["member.email"]


COMPATIBLE = {
    "a new type": (EVENT, add_type),
    "a new event of Zitadel in a type": (
        EVENT, lambda s: s["$defs"]["zitadel.user.locked"]["properties"]["event"]["enum"].append("user.locked.v2")),
    "a new event of Zitadel with another shape": (EVENT, split_events),
    "a new optional payload member": (
        EVENT, lambda s: payload(s, "zitadel.user.locked").update(properties={"reason": {"type": "string"}})),
    "a new optional member of a payload that has some": (
        EVENT, lambda s: payload(s, "zitadel.project.role.added")["properties"].update(note={"type": "string"})),
    "a new optional extension": (EVENT, lambda s: s["properties"].update(traceparent={"type": "string"})),
    "another description": (EVENT, lambda s: s["properties"]["id"].update(description="x")),
    "a definition that moved": (EVENT, inline_member),
    "a new way": (HEADERS, lambda s: s["properties"]["bridge-path"]["enum"].append("redrive")),
    "a new optional header": (HEADERS, lambda s: s["properties"].update(tracestate={"type": "string"})),
    "a new optional header of letters": (
        LETTER, lambda s: s["$defs"]["letter"]["properties"].update({"dlq-x": {"type": "string"}})),
    "a new channel": (ASYNCAPI, lambda s: s["channels"].update(more={"address": "more"})),
    "another text of a channel": (ASYNCAPI, lambda s: s["channels"]["events"].update(description="x")),
}

BREAKING = {
    "a removed type": (EVENT, remove_type),
    "a renamed type": (EVENT, rename_type),
    "a removed event of Zitadel": (
        EVENT, lambda s: s["$defs"]["zitadel.user.email.changed"]["properties"]["event"]["enum"].pop()),
    "a removed payload member": (
        EVENT, lambda s: payload(s, "zitadel.project.role.added")["properties"].pop("group")),
    "a renamed payload member": (
        EVENT, lambda s: payload(s, "zitadel.project.role.added")["properties"].update(
            label=payload(s, "zitadel.project.role.added")["properties"].pop("displayName"))),
    "a new required payload member": (
        EVENT, lambda s: payload(s, "zitadel.user.locked").update(properties={"a": {}}, required=["a"])),
    "an optional member that is required": (
        EVENT, lambda s: payload(s, "zitadel.user.metadata.set")["required"].append("value")),
    "a required member that is optional": (
        EVENT, lambda s: payload(s, "zitadel.user.metadata.set")["required"].remove("key")),
    "an optional envelope member": (EVENT, lambda s: s["required"].remove("time")),
    "another member type": (EVENT, lambda s: s["$defs"]["member.email"].update(type=["string", "null"])),
    "a narrower text": (EVENT, lambda s: s["$defs"]["member.username"].update(maxLength=200)),
    "a wider text": (EVENT, lambda s: s["$defs"]["member.userId"].pop("minLength")),
    "another bound": (
        EVENT, lambda s: s["properties"]["data"]["properties"]["aggregate"]["properties"].update(
            sequence={"type": "integer", "minimum": 0})),
    "a new gender": (EVENT, lambda s: s["$defs"]["member.gender"]["enum"].append("other")),
    "a removed gender": (EVENT, lambda s: s["$defs"]["member.gender"]["enum"].remove("diverse")),
    "another kind": (
        EVENT, lambda s: s["$defs"]["zitadel.user.created"]["oneOf"][2]["properties"]["payload"]["properties"].update(
            kind={"const": "service"})),
    "another array item": (EVENT, lambda s: s["$defs"]["member.roleKeys"].update(items={"type": "object"})),
    "another time": (EVENT, lambda s: s["properties"]["time"].update(pattern="Z$")),
    "another dataschema": (EVENT, lambda s: s["properties"]["dataschema"].update(const="urn:x")),
    "another aggregate": (EVENT, lambda s: s["$defs"]["aggregate.user"]["properties"]["type"].update(const="person")),
    "an envelope without bounds": (EVENT, lambda s: s.pop("additionalProperties")),
    "another id": (EVENT, lambda s: s.update({"$id": "urn:x"})),
    "a removed header": (HEADERS, lambda s: s["properties"].pop("ce_type")),
    "a removed way": (HEADERS, lambda s: s["properties"]["bridge-path"]["enum"].remove("sweep")),
    "another content type": (HEADERS, lambda s: s["properties"]["content-type"].update(const="application/json")),
    "a removed header of letters": (LETTER, lambda s: s["$defs"]["letter"]["properties"].pop("dlq-reason")),
    "a new state of a user": (USER, lambda s: s["$defs"]["human"]["properties"]["state"]["enum"].append("deleted")),
    "a removed member of the state": (USER, lambda s: s["$defs"]["machine"]["properties"].pop("description")),
    "a third kind of user": (USER, lambda s: s["oneOf"].append({"type": "object"})),
    "another topic": (ASYNCAPI, lambda s: s["channels"]["events"].update(address="zitadel.events")),
    "a removed channel": (ASYNCAPI, lambda s: s["channels"].pop("deadLetters")),
    "another key": (ASYNCAPI, lambda s: s["components"]["messages"]["event"]["bindings"]["kafka"].pop("key")),
}


@pytest.mark.parametrize("name", COMPATIBLE)
def test_a_compatible_change_passes(copy, name):
    edit(copy, *COMPATIBLE[name])
    code, output = gate(copy, "--update")
    assert code == 0, output


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_is_refused(copy, name):
    edit(copy, *BREAKING[name])
    code, output = gate(copy, "--update")
    assert code == 1
    assert "breaking " in output


@pytest.mark.parametrize("name", [EVENT, HEADERS, USER, LETTER, ASYNCAPI])
def test_a_removed_file_is_refused(copy, name):
    (copy / name).unlink()
    code, output = gate(copy)
    assert code == 1 and "the file is gone" in output


def test_a_new_version_beside_the_old_one_passes(copy):
    other = json.loads((copy / EVENT).read_text(encoding="utf-8").replace(":event:v1", ":event:v2"))
    other["required"].remove("time")
    (copy / "event" / "v2.schema.json").write_text(json.dumps(other), encoding="utf-8")
    assert gate(copy)[0] == 0


def test_a_reader_schema_that_was_not_made_anew_is_refused(copy):
    edit(copy, EVENT, add_type)
    code, output = gate(copy)
    assert code == 1 and "v1.reader.schema.json" in output


def test_a_release_is_what_the_next_change_is_compared_with(copy):
    edit(copy, EVENT, add_type)
    assert gate(copy, "--update", "--release", "9.9.9")[0] == 0
    assert (copy / "released" / "v1" / "VERSION").read_text(encoding="utf-8") == "9.9.9\n"
    assert gate(copy) == (0, "Compatible with what was released: 0 additions.\n")


def test_what_breaks_is_not_released(copy):
    edit(copy, EVENT, remove_type)
    assert gate(copy, "--update", "--release", "9.9.9")[0] == 1
    assert "session" not in (copy / "released" / "v1" / EVENT).read_text(encoding="utf-8")
    assert "zitadel.user.locked" in (copy / "released" / "v1" / EVENT).read_text(encoding="utf-8")
