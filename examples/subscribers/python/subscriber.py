#!/usr/bin/env python3
"""A subscriber: keeps each user's e-mail address, and notes once for each new user that a welcome is due.

usage: subscriber.py [--bootstrap 127.0.0.1:9092] [--topic zitadel.events.v1] [--group directory]
                     [--database directory.db] [--once]

Each record is applied in one transaction of the database, and the offset is committed after it: what a crash
interrupts is read again, and changes nothing the second time.
"""

import argparse
import json
import sqlite3

from confluent_kafka import Consumer, KafkaError, KafkaException

CREATED, CHANGED, REMOVED = "zitadel.user.created", "zitadel.user.email.changed", "zitadel.user.removed"

TABLES = """
CREATE TABLE IF NOT EXISTS addresses(user TEXT PRIMARY KEY, sequence INTEGER NOT NULL, email TEXT);
CREATE TABLE IF NOT EXISTS done(source TEXT, id TEXT, PRIMARY KEY(source, id));
CREATE TABLE IF NOT EXISTS welcomes(user TEXT);
"""


def header(record, name):
    return next((value.decode("utf-8") for key, value in record.headers() or [] if key == name), None)


def apply(database, record):
    # Most records are not for us, and their headers say so: nothing is parsed.
    if header(record, "ce_type") not in (CREATED, CHANGED, REMOVED):
        return
    event = json.loads(record.value())
    sequence = event["data"]["aggregate"]["sequence"]
    email = event["data"]["payload"].get("email")
    with database:
        # The newest wins, whatever comes first. A removed user keeps a row without address, so that an older record
        # which comes later does not bring the address back.
        database.execute(
            "INSERT INTO addresses VALUES(?, ?, ?) ON CONFLICT(user) DO UPDATE "
            "SET sequence = excluded.sequence, email = excluded.email WHERE excluded.sequence > sequence",
            (event["subject"], sequence, email))
        # What must not happen twice hangs on the event's identity.
        if event["type"] == CREATED and is_new(database, event):
            database.execute("INSERT INTO welcomes VALUES(?)", (event["subject"],))


def is_new(database, event):
    return database.execute("INSERT OR IGNORE INTO done VALUES(?, ?)", (event["source"], event["id"])).rowcount == 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", default="127.0.0.1:9092")
    parser.add_argument("--topic", default="zitadel.events.v1")
    parser.add_argument("--group", default="directory")
    parser.add_argument("--database", default="directory.db")
    parser.add_argument("--once", action="store_true", help="end when the end of every partition is reached")
    arguments = parser.parse_args()

    database = sqlite3.connect(arguments.database)
    database.executescript(TABLES)
    consumer = Consumer({
        "bootstrap.servers": arguments.bootstrap,
        "group.id": arguments.group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "enable.partition.eof": arguments.once,
    })
    consumer.subscribe([arguments.topic])
    ended = set()
    try:
        while not (arguments.once and ended and len(ended) == len(consumer.assignment())):
            record = consumer.poll(1.0)
            if record is None:
                continue
            if record.error() is None:
                apply(database, record)
                consumer.commit(record, asynchronous=False)
            elif record.error().code() == KafkaError._PARTITION_EOF:
                ended.add(record.partition())
            else:
                raise KafkaException(record.error())
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()
        database.close()


if __name__ == "__main__":
    main()
