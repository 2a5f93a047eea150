"""Produces records of new users (genpool.py) at a constant rate until it is ended.

produce_steadily.py RATE COUNT READY_FILE; environment BOOTSTRAP, TOPIC

COUNT records are made before READY_FILE is written and the first one is sent: making them takes a third of a core.
"""
import os
import pathlib
import sys
import time

from confluent_kafka import Producer

import genpool

rate, count, ready = float(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
records = [(key, value, list(headers.items())) for key, value, headers in map(genpool.expected, map(genpool.body, range(count)))]
producer = Producer({"bootstrap.servers": os.environ["BOOTSTRAP"], "enable.idempotence": True, "acks": "all", "linger.ms": 20})
ready.touch()
start = time.monotonic()
for i, (key, value, headers) in enumerate(records):
    due = start + i / rate
    while (wait := due - time.monotonic()) > 0:
        producer.poll(0)
        time.sleep(wait)
    producer.produce(os.environ["TOPIC"], value, key, headers=headers)
raise SystemExit(f"the {count} records are used up")
