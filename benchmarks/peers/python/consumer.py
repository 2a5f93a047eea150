"""Kafka -> SQLite consumer peer: batches of consume(BATCH), one transaction a batch, offsets committed after it.

consumer.py FILE; environment BOOTSTRAP, TOPIC, GROUP, COUNT, BATCH

Applies the canonical records to users (columns), metadata and grants. Guard: a row changes only when the record's sequence
is newer than the row's. With Kafka's order per key that makes every repetition harmless. A batch is merged in memory first.
"""
import json
import os
import resource
import sqlite3
import sys
import time

import orjson
from confluent_kafka import Consumer

FILE = sys.argv[1]
COUNT, BATCH = int(os.environ["COUNT"]), int(os.environ.get("BATCH", "1000"))
COLUMNS = ("username", "firstName", "lastName", "nickName", "displayName", "preferredLanguage", "gender", "email", "phone")
FIELDS = {"zitadel.user.created": COLUMNS, "zitadel.user.profile.updated": COLUMNS[1:7], "zitadel.user.username.changed": COLUMNS[:1]}
PLACE = {c: 2 + i for i, c in enumerate(COLUMNS)}  # behind id and sequence; the organization is last
TABLES = {
    "users": (("id",), ("sequence", "username", "first_name", "last_name", "nick_name", "display_name", "preferred_language", "gender", "email", "phone", "org")),
    "metadata": (("user_id", "key"), ("sequence", "value")),
    "grants": (("id",), ("sequence", "user_id", "project_id", "project_grant_id", "role_keys", "org")),
}


def merge(values):
    """Records of one batch -> rows per table. Newer wins; columns that a newer record does not carry stay."""
    users, metadata, grants = {}, {}, {}
    for raw in values:
        e = orjson.loads(raw)
        kind, d = e["type"], e["data"]
        a, p = d["aggregate"], d["payload"]
        seq = a["sequence"]
        fields = FIELDS.get(kind)
        if fields:
            row = users.get(e["subject"])
            if row is None:
                row = users[e["subject"]] = [e["subject"], 0, *(None,) * 9, a.get("resourceOwner")]
            if seq > row[1]:
                row[1] = seq
                for f in fields:
                    if f in p:
                        row[PLACE[f]] = p[f]
        elif kind == "zitadel.user.metadata.set":
            k = (e["subject"], p["key"])
            row = metadata.get(k)
            if row is None or seq > row[2]:
                metadata[k] = (*k, seq, p.get("value"))
        elif kind == "zitadel.user.grant.added":
            row = grants.get(a["id"])
            if row is None or seq > row[1]:
                grants[a["id"]] = (a["id"], seq, e["subject"], p.get("projectId"), p.get("projectGrantId"), orjson.dumps(p.get("roleKeys", [])).decode(), a.get("resourceOwner"))
    return {"users": list(users.values()), "metadata": list(metadata.values()), "grants": list(grants.values())}


def ddl(table):
    keys, rest = TABLES[table]
    return (f"create table if not exists {table}(" + ", ".join(f"{c} text not null" for c in keys) + ", "
            + ", ".join(f"{c} " + ("bigint not null" if c == "sequence" else "text") for c in rest) + f", primary key ({', '.join(keys)}))")


def upsert(table, source):
    keys, rest = TABLES[table]
    new = (lambda c: f"coalesce(excluded.{c}, {table}.{c})") if table == "users" else (lambda c: f"excluded.{c}")
    return (f"insert into {table} {source} on conflict({', '.join(keys)}) do update set " + ", ".join(f"{c}={new(c)}" for c in rest)
            + f" where excluded.sequence > {table}.sequence")


db = sqlite3.connect(FILE, isolation_level=None)
db.execute("pragma journal_mode=wal")
db.execute("pragma synchronous=full")
db.execute("pragma cache_size=-65536")
for t in TABLES:
    db.execute(ddl(t))
statements = {t: upsert(t, "values(" + ",".join("?" * (len(k) + len(r))) + ")") for t, (k, r) in TABLES.items()}


def apply(rows):
    db.execute("begin immediate")
    for t, s in statements.items():
        db.executemany(s, rows[t])
    db.execute("commit")


c = Consumer({"bootstrap.servers": os.environ["BOOTSTRAP"], "group.id": os.environ.get("GROUP", "peer"), "auto.offset.reset": "earliest",
              "enable.auto.commit": False, "queued.min.messages": 100000, "fetch.wait.max.ms": 10})
c.subscribe([os.environ.get("TOPIC", "zitadel.events.v1")])
n, t0 = 0, None
while n < COUNT:
    msgs = c.consume(BATCH, 0.2)
    if not msgs:
        continue
    if t0 is None:
        t0, u = time.time(), resource.getrusage(resource.RUSAGE_SELF)
        c0 = u.ru_utime + u.ru_stime
    values = [m.value() for m in msgs if not m.error()]
    apply(merge(values))
    c.commit(asynchronous=True)
    n += len(values)
t = time.time() - t0
u = resource.getrusage(resource.RUSAGE_SELF)
cpu = u.ru_utime + u.ru_stime - c0
print("JSON", json.dumps({"seconds": t, "records_per_second": n / t, "cpu_100k": cpu / n * 1e5, "rss_mib": u.ru_maxrss / 1024}), flush=True)
c.close()  # waits for the last commit
