"""Produces records of new users (genpool.py) at a constant rate until it is ended.

produce_steadily.py RATE; environment BOOTSTRAP, TOPIC
"""
import itertools
import os
import sys
import time

from confluent_kafka import Producer

import genpool

rate = float(sys.argv[1])
producer = Producer({"bootstrap.servers": os.environ["BOOTSTRAP"], "enable.idempotence": True, "acks": "all", "linger.ms": 5})
start = time.monotonic()
for i in itertools.count():
    due = start + i / rate
    while (wait := due - time.monotonic()) > 0:
        producer.poll(0)
        time.sleep(wait)
    key, value, headers = genpool.expected(genpool.body(i))
    producer.produce(os.environ["TOPIC"], value, key, headers=list(headers.items()))
