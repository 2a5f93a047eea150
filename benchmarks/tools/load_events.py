"""Produces the records of COUNT events (genpool.py) and writes what a state must hold in the end.

load_events.py COUNT EXPECTED_FILE [EVENTS_PER_USER]; environment BOOTSTRAP, TOPIC
"""
import json
import os
import sys

from confluent_kafka import Producer

import genpool
import state

count, expected_file, per_user = int(sys.argv[1]), sys.argv[2], int((sys.argv[3:] or [5])[0])
# The mock broker answers a fetch with one produced batch a partition: large batches, or it bounds every consumer.
producer = Producer({"bootstrap.servers": os.environ["BOOTSTRAP"], "enable.idempotence": True, "acks": "all",
                     "linger.ms": 2000, "queue.buffering.max.messages": 500000})
users, metadata, grants = {}, {}, {}


def publish(key, value, headers):
    while True:
        try:
            return producer.produce(os.environ["TOPIC"], value, key, headers=list(headers.items()))
        except BufferError:
            producer.poll(0.05)


def apply(value):
    """The state event by event; the pool keeps the order of each aggregate."""
    e = json.loads(value)
    aggregate, payload, user = e["data"]["aggregate"], e["data"]["payload"], e["subject"]
    if e["type"] == "zitadel.user.metadata.set":
        metadata[user, payload["key"]] = (user, payload["key"], aggregate["sequence"], payload["value"])
    elif e["type"] == "zitadel.user.grant.added":
        roles = json.dumps(payload["roleKeys"], ensure_ascii=False, separators=(",", ":"))
        grants[aggregate["id"]] = (aggregate["id"], 1, user, payload["projectId"], payload.get("projectGrantId"), roles,
                                   aggregate["resourceOwner"])
    else:
        row = users.setdefault(user, dict.fromkeys(state.USER_COLUMNS) | {"id": user, "org": aggregate["resourceOwner"]})
        row["sequence"] = aggregate["sequence"]
        row.update((state.SNAKE[m], v) for m, v in payload.items() if m in state.SNAKE)


def body(i):
    """Event i with `per_user` events a user, users interleaved in groups of 100. From 5 on, metadata and profiles change again and again."""
    if per_user == 5:
        return genpool.body(i)
    group, r = divmod(i, 100 * per_user)
    step, u = divmod(r, 100)
    event = json.loads(genpool.body(group * 500 + (min(step, 1) if step % 2 == 0 else 3) * 100 + u))
    event["sequence"] = step + 1
    if event["event_type"] == "user.human.profile.changed":
        event["event_payload"]["nickName"] = f"nick {step}"
    return genpool.go_json(event)


size = 0
for i in range(count):
    key, value, headers = genpool.expected(body(i))
    size += len(value)
    publish(key, value, headers)
    apply(value)
if left := producer.flush(60):
    raise SystemExit(f"{left} records were not acknowledged")
tables = {"users": [tuple(r[c] for c in state.USER_COLUMNS) for r in users.values()], "metadata": list(metadata.values()),
          "grants": list(grants.values())}
with open(expected_file, "w") as f:
    json.dump({"sqlite": state.digest(tables), "export": state.digest(state.what_an_export_shows(tables))}, f)
print(count, "records loaded, mean", size // count, "bytes")
