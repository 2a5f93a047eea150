"""What others read from a running pipeline: librdkafka through confluent-kafka, and the CloudEvents SDK."""

import json
import random
from datetime import datetime, timezone

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from conftest import golden_records, lines
from scope_state import state_lines
from stack import DEAD_LETTERS, TOKEN, TOPIC
from topic import read_to_end
from validators import DEAD_LETTER, EVENT, HEADERS, READER, USER, validator

GROUP = "zitadel-scope-management"


@pytest.fixture(scope="module")
def records(stack):
    """The records of the bridge; the one that is no event of ours is left out."""
    found = [record for record in read_to_end(stack.bootstrap, TOPIC) if record.value() != b"{}"]
    assert len(found) > 30
    return found


def headers_of(record):
    return {name: value.decode("utf-8") for name, value in record.headers()}


def test_every_value_passes_the_schemas(records):
    for record in records:
        event = json.loads(record.value())
        validator(EVENT).validate(event)
        validator(READER).validate(event)


def test_every_value_is_one_line_without_blanks(records):
    for record in records:
        text = record.value().decode("utf-8")
        assert text == json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))


def test_the_key_is_the_subject(records):
    for record in records:
        event = json.loads(record.value())
        aggregate = event["data"]["aggregate"]
        assert record.key().decode("utf-8") == event["subject"] == event["partitionkey"]
        assert event["id"] == f"{aggregate['type']}/{aggregate['id']}/{aggregate['sequence']}"
        owner = event["data"]["payload"]["userId"] if aggregate["type"] == "usergrant" else aggregate["id"]
        assert event["subject"] == owner


def test_headers_are_those_of_the_contract_and_no_others(records):
    for record in records:
        headers = headers_of(record)
        assert len(headers) == len(record.headers())
        validator(HEADERS).validate(headers)
        event = json.loads(record.value())
        for name in ("id", "type", "source", "subject", "time", "specversion"):
            assert headers[f"ce_{name}"] == event[name]


def test_records_of_one_key_are_in_one_partition(records):
    partitions = {}
    for record in records:
        assert partitions.setdefault(record.key(), record.partition()) == record.partition()


def test_the_sdk_of_cloudevents_reads_them(records):
    for record in records:
        message = KafkaMessage(headers=dict(record.headers()), key=record.key(), value=record.value())
        event, plain = from_structured(message, JSONFormat()), json.loads(record.value())
        assert event.get_specversion() == "1.0"
        assert (event.get_source(), event.get_id()) == (plain["source"], plain["id"])
        assert (event.get_type(), event.get_subject()) == (plain["type"], plain["subject"])
        assert event.get_time() == datetime.fromisoformat(plain["time"][:-1]).replace(tzinfo=timezone.utc)
        assert event.get_datacontenttype() == "application/json"
        assert event.get_dataschema() == plain["dataschema"]
        assert event.get_extension("partitionkey") == plain["partitionkey"]
        assert event.get_data() == plain["data"]


def test_the_same_events_by_another_way_are_the_same_records(stack, records):
    topic = "zitadel.events.again"
    stack.run("zitadel-bridge", "backfill", "--since", "beginning", KAFKA_TOPIC=topic,
              KAFKA_CURSOR_TOPIC="zitadel.bridge.cursor.again", ZITADEL_GRPC_HOST=stack.zitadel, ZITADEL_PAT=TOKEN)
    again = list(read_to_end(stack.bootstrap, topic))
    assert {headers_of(record)["bridge-path"] for record in again} == {"backfill"}
    for record in again:
        validator(HEADERS).validate(headers_of(record))
    assert ({(record.key(), record.value()) for record in again}
            == {(record.key(), record.value()) for record in records})


def test_a_dead_letter_is_the_record_with_reason_and_origin(stack):
    letter = min(read_to_end(stack.bootstrap, DEAD_LETTERS), key=lambda record: record.offset())
    headers = headers_of(letter)
    validator(DEAD_LETTER).validate(headers)
    assert (letter.key(), letter.value(), headers["ce_type"]) == (b"1", b"{}", "not.ours")
    assert (headers["dlq-origin-topic"], headers["dlq-consumer-group"]) == (TOPIC, GROUP)


def test_an_attempt_to_redrive_leaves_a_mark(stack):
    stack.run("zitadel-consumer", "dlq", "redrive", "--all", status=1)
    records = sorted(read_to_end(stack.bootstrap, DEAD_LETTERS), key=lambda record: record.offset())
    # Other consumers of the session have letters of the same record.
    letter = next(record for record in records if headers_of(record).get("dlq-consumer-group") == GROUP)
    place = f"{letter.partition()}:{letter.offset()}"
    (mark,) = [record for record in records if headers_of(record).get("dlq-redrive-of") == place]
    headers = headers_of(mark)
    validator(DEAD_LETTER).validate(headers)
    assert "dlq-attempted-at" in headers and (mark.key(), mark.value()) == (b"1", b"")


def test_another_reader_of_the_topic_gets_the_state_that_ours_exports(stack, records):
    exported = stack.run("zitadel-consumer", "state", "export").splitlines()
    assert len(exported) > 3 and any(json.loads(line)["access"] for line in exported)
    for line in exported:
        validator(USER).validate(json.loads(line))
    assert state_lines([record.value() for record in records]) == exported


@pytest.mark.parametrize("seed", range(5))
def test_another_reader_gets_the_golden_state_in_any_order(seed):
    values = [record["value"] for record in golden_records("Tests/Fixtures/histories/small.jsonl")]
    delivered = values + values[:100]
    random.Random(seed).shuffle(delivered)
    assert state_lines(delivered) == lines("Tests/Fixtures/histories/small.export.jsonl")
