"""The schemas say what records are: everything that the code writes passes, and nothing else does."""

import copy
import json

import pytest
from conftest import golden_records, lines, load
from validators import DEAD_LETTER, EVENT, FORMATS, HEADERS, READER, USER, validator

EXAMPLES = [json.loads(line) for line in lines("schemas/examples/events.jsonl")]
BY_EVENT = {example["data"]["event"]: example for example in reversed(EXAMPLES)}
RELEASED = [json.loads(line) for line in lines("schemas/released/v1/examples/events.jsonl")]


def values(path):
    return [json.loads(record["value"]) for record in golden_records(path)]


def test_formats_are_checked():
    assert {"date-time"} <= set(FORMATS.checkers), "the package that checks times is missing"


@pytest.mark.parametrize("path", [EVENT, READER, HEADERS, DEAD_LETTER, USER])
def test_a_schema_is_a_schema_and_has_a_name(path):
    assert validator(path).schema["$id"].startswith("urn:zitadel-kafka-bridge:")


@pytest.mark.parametrize("path", [EVENT, READER])
@pytest.mark.parametrize("records", [
    pytest.param(EXAMPLES, id="examples"),
    pytest.param(RELEASED, id="released"),
    pytest.param(values("Tests/Fixtures/events.jsonl"), id="golden"),
    pytest.param(values("Tests/Fixtures/histories/small.jsonl"), id="history"),
])
def test_what_is_written_passes(path, records):
    assert records
    for record in records:
        validator(path).validate(record)


def test_every_type_has_an_example():
    assert {example["type"] for example in EXAMPLES} == set(load(EVENT)["properties"]["type"]["enum"])


def test_examples_agree_with_what_a_schema_cannot_say():
    ids = set()
    for example in EXAMPLES:
        aggregate = example["data"]["aggregate"]
        assert example["id"] == f"{aggregate['type']}/{aggregate['id']}/{aggregate['sequence']}"
        assert example["subject"] == example["partitionkey"]
        assert example["subject"] == example["data"]["payload"].get("userId", aggregate["id"])
        ids.add(example["id"])
    assert len(ids) == len(EXAMPLES)


# MARK: mutations

def places(node, path=()):
    """Every object of a record with its path."""
    if isinstance(node, dict):
        yield path, node
        for name, value in node.items():
            yield from places(value, (*path, name))


def at(record, path):
    for name in path:
        record = record[name]
    return record


def changed(record, path, change):
    other = copy.deepcopy(record)
    change(at(other, path))
    return other


OPTIONAL = {("data", "editor"), ("data", "aggregate", "resourceOwner")}


def damaged(record):
    """The record in every simple way that is wrong, with a name for each."""
    required = set(least(record)["data"]["payload"])
    for path, node in places(record):
        yield f"unknown member in {path}", changed(record, path, lambda node: node.update(unknown="x"))
        for name, value in node.items():
            place = (*path, name)
            is_optional = place in OPTIONAL or path == ("data", "payload") and name not in required
            if not is_optional:
                yield f"without {place}", changed(record, path, lambda node, name=name: node.pop(name))
            for wrong in [None, 1.5, {"a": 1}, not value if isinstance(value, bool) else True]:
                yield f"{place} is {wrong!r}", changed(record, path, lambda node, n=name, w=wrong: node.update({n: w}))


def least(record):
    """The example of the same event types with the fewest members."""
    shapes = load(EVENT)["$defs"][record["type"]]
    events = next(shape["properties"]["event"]["enum"] for shape in shapes.get("oneOf", [shapes])
                  if record["data"]["event"] in shape["properties"]["event"]["enum"])
    same = [example for example in EXAMPLES if example["data"]["event"] in events]
    smallest = copy.deepcopy(min(same, key=lambda example: len(example["data"]["payload"])))
    if record["type"] in ("zitadel.user.profile.updated", "zitadel.project.updated", "zitadel.org.updated"):
        smallest["data"]["payload"] = {}
    return smallest


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: record["id"])
def test_a_damaged_record_does_not_pass(record):
    passed = [name for name, other in damaged(record) if validator(EVENT).is_valid(other)]
    assert passed == []


@pytest.mark.parametrize("change", [
    pytest.param({"specversion": "1.1"}, id="another specversion"),
    pytest.param({"datacontenttype": "text/plain"}, id="another content type"),
    pytest.param({"dataschema": "urn:zitadel-kafka-bridge:event:v2"}, id="another dataschema"),
    pytest.param({"source": "urn:zitadel:instance:"}, id="no instance"),
    pytest.param({"subject": ""}, id="an empty subject"),
    pytest.param({"type": "zitadel.user.renamed"}, id="an unknown type"),
    pytest.param({"type": "zitadel.user.unlocked"}, id="the type of another event"),
    pytest.param({"type": "zitadel.org.removed"}, id="a type of another aggregate"),
    pytest.param({"id": "org/310000000000000001/1"}, id="the id of another aggregate type"),
    pytest.param({"id": "user/310000000000000001/0"}, id="sequence 0 in the id"),
    pytest.param({"id": "user/310000000000000001/01"}, id="a leading zero in the id"),
    pytest.param({"time": "2026-01-02T03:04:05Z"}, id="a time without fraction"),
    pytest.param({"time": "2026-01-02T03:04:05.678901+00:00"}, id="a time with an offset"),
    pytest.param({"time": "2026-13-02T03:04:05.678901Z"}, id="a 13th month"),
])
def test_a_wrong_envelope_does_not_pass(change):
    record = BY_EVENT["user.locked"]
    assert validator(EVENT).is_valid(record)
    assert not validator(EVENT).is_valid(record | change)


@pytest.mark.parametrize("sequence", [0, -1, 2**63, "1"])
def test_a_sequence_has_bounds(sequence):
    record = changed(BY_EVENT["user.locked"], ("data", "aggregate"), lambda node: node.update(sequence=sequence))
    assert not validator(EVENT).is_valid(record)


@pytest.mark.parametrize("event, other", [
    ("user.human.added", "user.human.selfregistered"), ("user.human.added", "user.machine.added"),
    ("user.machine.changed", "user.human.profile.changed"), ("user.grant.removed", "user.grant.cascade.removed"),
    ("user.grant.changed", "user.grant.cascade.changed"),
])
def test_a_payload_belongs_to_its_event(event, other):
    record = changed(BY_EVENT[event], ("data",), lambda data: data.update(event=other))
    assert not validator(EVENT).is_valid(record)


@pytest.mark.parametrize("event, payload", [
    ("user.grant.added", {"roleKeys": ["a", 1]}), ("user.grant.added", {"userId": ""}),
    ("user.human.added", {"gender": "1"}), ("user.human.added", {"passwordHash": "x"}),
    ("user.human.initialization.code.added", {"code": "x"}),
])
def test_a_wrong_payload_does_not_pass(event, payload):
    record = changed(BY_EVENT[event], ("data", "payload"), lambda node: node.update(payload))
    assert not validator(EVENT).is_valid(record)


# MARK: readers

@pytest.mark.parametrize("change", [
    pytest.param(lambda record: record.update(type="zitadel.session.added"), id="a type"),
    pytest.param(lambda record: record["data"].update(event="user.locked.v2"), id="an event of Zitadel"),
    pytest.param(lambda record: record["data"]["payload"].update(reason="x"), id="a payload member"),
    pytest.param(lambda record: record.update(traceparent="x"), id="an extension"),
])
@pytest.mark.parametrize("event", ["user.locked", "user.human.added", "user.grant.cascade.removed"])
def test_readers_pass_what_later_releases_may_bring(event, change):
    record = changed(BY_EVENT[event], (), change)
    assert validator(READER).is_valid(record) and not validator(EVENT).is_valid(record)


@pytest.mark.parametrize("path, name", [
    ((), "id"), (("data", "payload"), "userId"), (("data", "aggregate"), "sequence"),
])
def test_readers_still_need_what_is_always_there(path, name):
    record = changed(BY_EVENT["user.grant.added"], path, lambda node: node.pop(name))
    assert not validator(READER).is_valid(record)


# MARK: the state

USERS = [json.loads(line) for line in lines("Tests/Fixtures/histories/small.export.jsonl")]


def test_every_line_of_the_golden_export_passes_with_its_members_in_order():
    orders = {kind: load(USER)["$defs"][kind]["required"] for kind in ("human", "machine")}
    assert {user["kind"] for user in USERS} == set(orders)
    for user in USERS:
        validator(USER).validate(user)
        assert list(user) == orders[user["kind"]]


def test_a_damaged_line_of_the_state_does_not_pass():
    for user in USERS:
        for name, value in user.items():
            assert not validator(USER).is_valid({key: item for key, item in user.items() if key != name}), name
            assert not validator(USER).is_valid(user | {name: 1 if isinstance(value, (str, bool)) else "x"}), name
        assert not validator(USER).is_valid(user | {"unknown": ""})
        assert not validator(USER).is_valid(user | {"access": [{"orgId": "1", "projectId": "2", "roleKeys": []}]})
        assert not validator(USER).is_valid(user | {"state": "removed"})


# MARK: headers

RECORD_HEADERS = {
    "content-type": "application/cloudevents+json; charset=UTF-8", "ce_id": "user/1/2",
    "ce_type": "zitadel.user.locked",
    "ce_source": "urn:zitadel:instance:1", "ce_subject": "1", "ce_time": "2026-01-02T03:04:05.678901Z",
    "ce_specversion": "1.0", "bridge-path": "webhook", "bridge-received-at": "2026-01-02T03:04:06.000000Z"}
TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


def test_headers_pass_with_and_without_a_trace():
    assert validator(HEADERS).is_valid(RECORD_HEADERS)
    assert validator(HEADERS).is_valid(RECORD_HEADERS | TRACE)


@pytest.mark.parametrize("change", [
    {"content-type": "application/json"}, {"ce_time": "2026-01-02T03:04:05Z"}, {"bridge-path": "queue"},
    {"ce_datacontenttype": "application/json"}, {"traceparent": "00-0-0-01"}, {"ce_specversion": "0.3"},
])
def test_wrong_headers_do_not_pass(change):
    assert not validator(HEADERS).is_valid(RECORD_HEADERS | change)


@pytest.mark.parametrize("name", RECORD_HEADERS)
def test_a_record_has_all_its_headers(name):
    assert not validator(HEADERS).is_valid({key: value for key, value in RECORD_HEADERS.items() if key != name})


# MARK: dead letters

LETTER = {"ce_id": "x", "dlq-reason": "the record has no key", "dlq-origin-topic": "t", "dlq-origin-partition": "3",
          "dlq-origin-offset": "120", "dlq-consumer-group": "g", "dlq-set-aside-at": "2026-01-02T03:04:05.000000Z"}
MARK = {"dlq-redrive-of": "0:12", "dlq-attempts": "2", "dlq-redriven-at": "2026-01-02T03:04:05.000000Z"}


@pytest.mark.parametrize("headers, change", [
    (LETTER, {"dlq-origin-offset": "-1"}), (LETTER, {"dlq-reason": "x" * 501}), (LETTER, {"dlq-set-aside-at": "now"}),
    (MARK, {"dlq-redrive-of": "12"}), (MARK, {"dlq-attempts": "0"}), (MARK, {"other": "x"}),
    (MARK, {"dlq-attempted-at": "2026-01-02T03:04:05.000000Z", "dlq-reason": "x"}),
])
def test_headers_of_dead_letters_have_their_form(headers, change):
    assert validator(DEAD_LETTER).is_valid(headers)
    assert not validator(DEAD_LETTER).is_valid(headers | change)


@pytest.mark.parametrize("name", set(LETTER) - {"ce_id"})
def test_a_dead_letter_has_its_origin(name):
    assert not validator(DEAD_LETTER).is_valid({key: value for key, value in LETTER.items() if key != name})
