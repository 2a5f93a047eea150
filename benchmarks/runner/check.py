"""Same work? Every server must answer as the contract says and put exactly the expected bytes into Kafka.

Called by `benchmarks/ingress --check [server …]`; all requests are bad ones, good ones, or good ones with a difficulty.
"""
import argparse
import hashlib
import hmac
import http.client
import json
import re
import sys
import time

from confluent_kafka import Consumer, TopicPartition

import processes
import servers

sys.path.insert(0, str(servers.TOOLS))
import genpool  # noqa: E402

p = argparse.ArgumentParser(prog="benchmarks/ingress --check")
p.add_argument("servers", nargs="*", help="default: all of the table that do the work")
p.add_argument("--peers-only", action="store_true", help="without our server")
p.add_argument("--port", type=int, default=18180, help="and the port above it")
p.add_argument("--events", type=int, default=1000, help="events of the pool that are sent and compared")
A = p.parse_args()
KEY = processes.KEY.encode()
# headers that a delivery may not change
DEFINED = ("content-type", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_specversion")


def sign(body, t, key=KEY):
    return hmac.new(key, str(t).encode() + b"." + body, hashlib.sha256).hexdigest()


def send(c, body, header=None, method="POST", path=genpool.PATH):
    now = int(time.time())
    header = f"t={now},v1={sign(body, now)}" if header is None else header
    c.request(method, path, body, {"ZITADEL-Signature": header} if header else {})
    r = c.getresponse()
    r.read()
    return r


def records(boot):
    c = Consumer({"bootstrap.servers": boot, "group.id": "check", "enable.auto.commit": False})
    low, high = c.get_watermark_offsets(TopicPartition(processes.TOPIC, 0), 10)
    c.assign([TopicPartition(processes.TOPIC, 0, low)])
    out, end = [], time.time() + 20
    while len(out) < high - low and time.time() < end:
        out += [(m.key(), m.value(), m.headers() or []) for m in c.consume(1000, 0.5) if not m.error()]
    c.close()
    return out


def edges():
    """Bodies that publish nothing but need an answer, and bodies whose record has one difficulty each."""
    e = json.loads(genpool.body(0))
    edit = lambda **k: genpool.go_json({x: y for x, y in (e | k).items() if y is not ...})
    now, b = int(time.time()), genpool.body(0)
    answers = [
        ("wrong mac", b, f"t={now},v1=" + "0" * 64, 401), ("stale", b, f"t={now - 400},v1={sign(b, now - 400)}", 401),
        ("future", b, f"t={now + 400},v1={sign(b, now + 400)}", 401), ("no header", b, "", 401), ("no v1", b, f"t={now}", 401), ("no t", b, f"v1={sign(b, now)}", 401),
        ("altered body", b + b" ", f"t={now},v1={sign(b, now)}", 401), ("altered time", b, f"t={now - 1},v1={sign(b, now)}", 401), ("garbage header", b, "garbage", 401),
        ("other key", b, f"t={now},v1={sign(b, now, b'other')}", 401), ("not hex", b, f"t={now},v1=" + "z" * 64, 401), ("empty body", b"", f"t={now},v1=" + "0" * 64, 401),
        ("not JSON", b"hello", None, 400), ("cut off", b[:-1], None, 400), ("two values", b + b, None, 400), ("array", b"[]", None, 400), ("number", b"1", None, 400),
        ("empty object", b"{}", None, 400), ("no aggregate id", edit(aggregateID=...), None, 400), ("id is a number", edit(aggregateID=3), None, 400),
        ("no event type", edit(event_type=...), None, 400), ("no sequence", edit(sequence=...), None, 400), ("sequence 0", edit(sequence=0), None, 400),
        ("sequence 1.5", edit(sequence=1.5), None, 400), ("sequence as text", edit(sequence="1"), None, 400), ("no time", edit(created_at=...), None, 400),
        ("no such time", edit(created_at="yesterday"), None, 400), ("time without zone", edit(created_at="2026-01-02T03:04:05"), None, 400),
        ("month 13", edit(created_at="2026-13-02T03:04:05Z"), None, 400), ("payload is an array", edit(event_payload=["x"]), None, 400),
        ("payload is a number", edit(event_payload=1), None, 400), ("other instance", edit(instanceID="299999999999999999"), None, 403),
        ("type outside the catalogue", edit(event_type="user.human.password.changed", event_payload={"encodedHash": "$argon2id$"}), None, 204),
        ("payload lost", edit(event_payload={}), None, 503), ("no payload", edit(event_payload=...), None, 503)]
    publish = [edit(aggregateID=f"4{i:017d}", **k) for i, k in enumerate([
        dict(created_at="2026-01-02T05:04:08.5+02:00"), dict(created_at="2026-01-01T00:30:00+02:00"), dict(created_at="2026-02-28T20:59:59.000001-05:30"),
        dict(created_at="2026-01-02T03:04:07.123456789Z"), dict(sequence=2 ** 53 - 1), dict(resourceOwner=..., userID=...),
        dict(event_payload={"userName": "min"}), dict(event_payload={"userName": "n", "firstName": None, "nickName": "", "gender": 9}),
        dict(event_payload={"userName": "a\tb\nc\rd\be\ff\x01g\x1f", "displayName": "\u65e5\u672c \U0001f600 \u2028 \"q\" \\ / <&> \u007f"})])]
    return answers, publish


def check(name):
    log = servers.WORK / "check.log"
    broker, boot = processes.start_broker(servers.BIN / "mockbroker", servers.WORK / "check.boot", 1, log=log)
    command, environment, ready = servers.start(name, A.port, boot, 0, 1)
    server = processes.spawn(command, environment, log=log)
    bad = []
    try:
        if not processes.wait_ready(server, ready):
            return [f"did not get ready, see {log}"]
        c = http.client.HTTPConnection("127.0.0.1", A.port, timeout=15)
        answers, publish = EDGES
        bodies = publish + [genpool.body(i) for i in range(A.events)]
        want = {}
        for b in bodies:
            if (s := send(c, b).status) != 204:
                bad.append(f"{s} instead of 204 for {b[:160]}")
            key, value, headers = genpool.expected(b)
            want[headers["ce_id"]] = (key, value, headers)
        now = int(time.time())
        if send(c, bodies[0], f"t={now},v1={'0' * 64},v1={sign(bodies[0], now)}").status != 204:
            bad.append("two signatures, the second good: not 204")
        for what, b, header, status in answers:
            c.close()
            r = send(c, b, header)
            if r.status != status:
                bad.append(f"{what}: {r.status} instead of {status}")
            elif status == 503 and not r.getheader("Retry-After"):
                bad.append(f"{what}: no Retry-After")
        for method, path, status in (("POST", "/other", 404), ("GET", genpool.PATH, 405)):
            c.close()
            if (s := send(c, b"", method=method, path=path).status) != status:
                bad.append(f"{method} {path}: {s} instead of {status}")
        got = records(boot)
        seen = set()
        for key, value, headers in got:
            h = dict(headers)
            ident = h.get("ce_id")
            if ident not in want:
                bad.append(f"unexpected record {ident} {value[:80]}")
            elif (key, value) != want[ident][:2]:
                bad.append(f"record {ident} differs:\n  got  {key} {value.decode()}\n  want {want[ident][0]} {want[ident][1].decode()}")
            elif {k: h.get(k) for k in DEFINED} != want[ident][2]:
                bad.append(f"headers of {ident} differ: {h}")
            elif h.get("bridge-path") != b"webhook" or not re.match(rb"\d{4}-\d\d-\d\dT.*Z$", h.get("bridge-received-at", b"")):
                bad.append(f"bridge headers of {ident}: {h}")
            blob = key + value + b"".join(v for _, v in headers)
            bad += [f"{ident} leaks {canary}" for canary in genpool.CANARIES if canary in blob]
            seen.add(ident)
        if seen != set(want):
            bad.append(f"{len(set(want) - seen)} of {len(want)} records missing")
        if not len(want) <= len(got) <= len(want) + 1:  # the doubled request may be published again or not
            bad.append(f"{len(got)} records for {len(want)} events")
    finally:
        processes.stop(server)
        processes.stop(broker)
    return bad


EDGES = edges()
failed = False
for n in A.servers or [n for n in servers.DEFAULT if n != "nginx-200" and not (A.peers_only and n == servers.OURS)]:
    r = check(n)
    failed |= bool(r)
    fine = f"ok ({A.events} + {len(EDGES[1])} records equal byte for byte, {len(EDGES[0]) + 3} other answers)"
    print(f"{n:16s}", fine if not r else f"{len(r)} faults\n  " + "\n  ".join(r[:6]), flush=True)
sys.exit(failed)
