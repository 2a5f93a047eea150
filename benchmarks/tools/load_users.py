"""Produces one `zitadel.user.created` record for each of COUNT users, no faster than the consumer under test applies them:
the mock broker keeps 5 MiB a partition, far less than all of them.

load_users.py COUNT METRICS_URL; environment BOOTSTRAP, TOPIC
"""
import os
import re
import sys
import time
import urllib.request

from confluent_kafka import Producer

import genpool

AHEAD_MAX = 100000
count, url = int(sys.argv[1]), sys.argv[2]
producer = Producer({"bootstrap.servers": os.environ["BOOTSTRAP"], "enable.idempotence": True, "acks": "all",
                     "linger.ms": 100, "queue.buffering.max.messages": 2 * AHEAD_MAX})


def consumed():
    with urllib.request.urlopen(url, timeout=10) as answer:
        found = re.search(r"^consumer_records_consumed_total ([0-9.e+]+)", answer.read().decode(), re.M)
    return int(float(found[1])) if found else 0


for u in range(count):
    if u % 10000 == 0:
        while u - consumed() > AHEAD_MAX:
            producer.poll(0.05)
    # The first of the five events of user u.
    key, value, headers = genpool.expected(genpool.body(u // 100 * 500 + u % 100))
    producer.produce(os.environ["TOPIC"], value, key, headers=list(headers.items()))
    producer.poll(0)
if left := producer.flush(60):
    raise SystemExit(f"{left} records were not acknowledged")
while consumed() < count:
    time.sleep(0.1)
