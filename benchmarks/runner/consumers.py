"""Measures the consumers side by side. Called by benchmarks/consumer; benchmarks/README.md says how to read it.

The clock of every consumer starts when it has its first batch and stops when the last record is applied, so joining the
group and starting the process do not count. The state is compared with the expected one after each run.
"""
import argparse
import datetime
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import postgres
import processes
import servers
import table

sys.path.insert(0, str(servers.TOOLS))
import state  # noqa: E402

WORK = servers.WORK
EXPECTED = WORK / "consumer.expected"
PARTITIONS = 64  # the mock broker keeps 5 MiB a partition
CONSUMED = re.compile(r"^consumer_records_consumed_total(?:\{[^}]*\})?\s+([0-9.e+]+)", re.M)


def options():
    a = argparse.ArgumentParser(prog="benchmarks/consumer")
    a.add_argument("--peers-only", action="store_true", help="without our consumer")
    a.add_argument("--records", type=int, default=100000)
    a.add_argument("--events-per-user", type=int, choices=(5, 20), default=5, help="20: long histories, of which little survives a batch")
    a.add_argument("--only", action="append", help="this consumer and no other; repeatable")
    a.add_argument("--users", type=int, help="instead of speed: the memory of our consumer with so many users in SQLite")
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--patience", type=int, default=120, help="seconds until a consumer counts as stuck")
    a.add_argument("--port", type=int, default=18280, help="ops listener of our consumer")
    a.add_argument("--out", default=str(WORK / "consumer.jsonl"))
    return a.parse_args()


def database(name):
    """A path without a database."""
    path = WORK / f"{name}.db"
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(f"{path}{suffix}").unlink(missing_ok=True)
    return path


def peer(command):
    """A peer measures itself and prints one JSON line."""
    def run(name, bootstrap, group, o):
        db = database(name)
        environment = {"BOOTSTRAP": bootstrap, "TOPIC": processes.TOPIC, "GROUP": group, "COUNT": str(o.records)}
        done = subprocess.run(["nice", "-n", "5", *map(str, command), str(db)], capture_output=True, text=True, timeout=o.patience,
                              env=processes.clean_environment(environment))
        line = next((l for l in done.stdout.splitlines() if l.startswith("JSON ")), None)
        if not line:
            return {"error": (done.stdout + done.stderr)[-300:]}
        return json.loads(line[5:]) | {"same": state.same(EXPECTED, "sqlite", db)}
    return run


def consumed(url):
    """Our counter over all its labels, 0 while it is not there."""
    return sum(float(v) for v in CONSUMED.findall(processes.get(url) or ""))


def follow(process, url, records, patience, server=None):
    """Samples the counter until all records are applied.

    Records of the first batch are applied before the first sample that sees them, so neither they nor their time count.
    """
    first, end = None, time.time() + patience
    while time.time() < end and process.poll() is None:
        n = consumed(url)
        now, used = time.perf_counter(), processes.cpu(process.pid) + (server.cpu() if server else 0)
        if n and first is None:
            first = (n, now, used)
        if n >= records:
            counted = n - first[0]
            if not counted:
                return {"error": "all records came in one batch: nothing to measure, take more --records"}
            seconds = now - first[1]
            return {"seconds": seconds, "records_per_second": counted / seconds, "cpu_100k": (used - first[2]) / counted * 1e5,
                    "rss_mib": processes.peak_rss_mib(process.pid)}
        time.sleep(0.02)  # an answer costs the consumer 1 ms
    return {"error": f"{consumed(url):.0f} of {records} records consumed, see {WORK}/zitadel-consumer.log"}


def ours_postgres(name, bootstrap, group, o):
    """CPU includes the server's; memory is the consumer's alone."""
    server = postgres.Server()
    try:
        return ours(name, bootstrap, group, o, server)
    finally:
        server.stop()


def ours(name, bootstrap, group, o, server=None):
    url, binary = server.url if server else f"sqlite://{database(name)}", str(servers.RELEASE / "zitadel-consumer")
    environment = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "KAFKA_TOPIC": processes.TOPIC, "KAFKA_GROUP_ID": group,
                   "STATE_URL": url, "CONSUMER_OPS_LISTEN": f"127.0.0.1:{o.port}", "CONSUMER_LISTEN": "127.0.0.1:0", "LOG_LEVEL": "error"}
    process = processes.spawn([binary, "run"], environment, log=WORK / f"{name}.log")
    try:
        result = follow(process, f"http://127.0.0.1:{o.port}/metrics", o.records, o.patience, server)
    finally:
        processes.stop(process)
    if "error" in result:
        return result
    export = WORK / "consumer.export.jsonl"
    with open(export, "w") as out:
        subprocess.run([binary, "state", "export"], env=processes.clean_environment(environment), stdout=out, check=True)
    return result | {"same": state.same(EXPECTED, "export", export)}


def ask_for_users(url, users, questions=20000):
    """Questions of a service, spread over all users, and a page of users for every hundredth."""
    host, port = url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    for i in range(questions):
        u = 310000000000000000 + i * 104729 % users * 7919
        connection.request("GET", f"/v1/users?limit=500&after={u}" if i % 100 == 0 else f"/v1/users/{u}")
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"the query API answered {answer.status}")


def memory(broker, bootstrap, o):
    """Builds a state of `--users` users from one record each, then asks the query API; prints memory after each step."""
    metrics, api = f"http://127.0.0.1:{o.port}/metrics", f"http://127.0.0.1:{o.port + 1}"
    environment = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "KAFKA_TOPIC": processes.TOPIC, "KAFKA_GROUP_ID": "memory", "LOG_LEVEL": "error",
                   "STATE_URL": f"sqlite://{database('memory')}", "CONSUMER_OPS_LISTEN": f"127.0.0.1:{o.port}", "CONSUMER_LISTEN": api[7:]}
    process = processes.spawn([str(servers.RELEASE / "zitadel-consumer"), "run"], environment, log=WORK / "memory.log")
    try:
        processes.wait_ready(process, metrics)
        started, used = time.time(), processes.cpu(process.pid)
        subprocess.run(["nice", "-n", "5", servers.PYTHON, str(servers.TOOLS / "load_users.py"), str(o.users), metrics], check=True,
                       env=processes.clean_environment({"BOOTSTRAP": bootstrap, "TOPIC": processes.TOPIC}))
        row = {"users": o.users, "seconds": time.time() - started, "cpu_100k": (processes.cpu(process.pid) - used) / o.users * 1e5,
               "peak_building_mib": processes.peak_rss_mib(process.pid), "rss_built_mib": processes.rss_mib(process.pid)}
        ask_for_users(api, o.users)
        row |= {"peak_serving_mib": processes.peak_rss_mib(process.pid), "rss_serving_mib": processes.rss_mib(process.pid),
                "database_mib": database_size("memory") / 2**20}
        print("  ".join(f"{k} {v:,.1f}" for k, v in row.items()))
        with open(o.out, "a") as out:
            out.write(json.dumps(row) + "\n")
    finally:
        processes.stop(process)
        database("memory")


def database_size(name):
    return (WORK / f"{name}.db").stat().st_size


CONSUMERS = {
    "zitadel-consumer": ours,
    "zitadel-consumer-postgresql": ours_postgres,
    "python": peer([servers.PYTHON, servers.PEERS / "python/consumer.py"]),
    "cpp-floor": peer([servers.BIN / "cpp-consumer"]),
}


def load(bootstrap, records, per_user):
    subprocess.run(["nice", "-n", "5", servers.PYTHON, str(servers.TOOLS / "load_events.py"), str(records), str(EXPECTED), str(per_user)],
                   env=processes.clean_environment({"BOOTSTRAP": bootstrap, "TOPIC": processes.TOPIC}), check=True)


def measure(name, bootstrap, group, o, broker):
    (busy, _), started, own, brokers = processes.machine_busy(), time.time(), os.times(), processes.cpu(broker.pid)
    try:
        result = CONSUMERS[name](name, bootstrap, group, o)
    except subprocess.TimeoutExpired:
        return {"error": f"not done after {o.patience} s"}
    after, seconds = os.times(), time.time() - started
    mine = sum(after[:4]) - sum(own[:4]) + processes.cpu(broker.pid) - brokers
    return result | {"other_cores": max(0.0, (processes.machine_busy()[0] - busy - mine) / seconds)}


def main():
    o = options()
    names = [n for n in CONSUMERS if n in (o.only or CONSUMERS) and not (o.peers_only and n.startswith("zitadel-consumer"))]
    now = datetime.datetime.now(datetime.timezone.utc)
    common = {"run": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "records": o.records, "events_per_user": o.events_per_user, **servers.versions()}
    broker, bootstrap = processes.start_broker(servers.BIN / "mockbroker", WORK / "consumer.boot", PARTITIONS, log=WORK / "broker.log")
    rows = []
    if o.users:
        try:
            return memory(broker, bootstrap, o)
        finally:
            processes.stop(broker)
    try:
        load(bootstrap, o.records, o.events_per_user)
        with open(o.out, "a") as out:
            for round_number in range(1, o.rounds + 1):
                for name in names:
                    row = {"consumer": name, "round": round_number, **measure(name, bootstrap, f"{name}-{round_number}", o, broker), **common}
                    rows.append(row)
                    out.write(json.dumps(row) + "\n")
                    out.flush()
                    print(f"{name:27s} round {round_number}", row.get("error") or
                          f"{row['records_per_second']:8.0f} records/s  cpu/100k {row['cpu_100k']:.2f}  peak rss {row['rss_mib']:.0f} MiB"
                          f"  state {'as expected' if row['same'] else 'DIFFERS'}  others {row['other_cores']:.2f}", flush=True)
    finally:
        processes.stop(broker)
    print(table.consumer(rows))
    print(f"\nEvery line is in {o.out}")
    if any("error" in r or not r["same"] for r in rows):
        raise SystemExit("A consumer failed or its state differs.")


if __name__ == "__main__":
    main()
