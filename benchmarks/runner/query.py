"""Measures the query API while the consumer applies records. Called by benchmarks/query; benchmarks/README.md says how to read it."""
import argparse
import datetime
import json
import pathlib
import sqlite3
import subprocess
import sys
import time
import urllib.request

import consumers
import postgres
import processes
import servers
import table

sys.path.insert(0, str(servers.TOOLS))
import querystate  # noqa: E402

# The mock broker looks for a fetch's offset through all batches of a partition, one by one: few partitions and large batches keep
# it from taking ever more of the machine.
WORK, TOKEN, PARTITIONS = servers.WORK, "bench-token", 2
POOL, PREPARED = WORK / "query.pool", WORK / "query.prepared"


def options():
    a = argparse.ArgumentParser(prog="benchmarks/query")
    a.add_argument("--users", type=int, default=100000)
    a.add_argument("--database", default="sqlite", help="sqlite, postgresql or both: sqlite,postgresql")
    a.add_argument("--rates", default="5000", help="open loop: requests/s, such as 2000,5000; 0 for as many as it answers")
    a.add_argument("--connections", type=int, default=16)
    a.add_argument("--apply", type=int, default=1000, help="records/s that are applied meanwhile; 0 for none")
    a.add_argument("--rounds", type=int, default=3)
    a.add_argument("--seconds", type=float, default=5)
    a.add_argument("--floor", type=int, default=35, help="microseconds of work of a server that is measured beside ours, to tell what the machine allows; 0: none")
    a.add_argument("--port", type=int, default=18380, help="of the query API; the next two are the ops listener's and that other server's")
    a.add_argument("--out", default=str(WORK / "query.jsonl"))
    return a.parse_args()


def fill(database, url, users, server):
    """A state with the schema of this program and `users` users."""
    environment = processes.clean_environment({"STATE_URL": url})
    subprocess.run([str(servers.RELEASE / "zitadel-consumer"), "state", "migrate"], env=environment, check=True, stdout=subprocess.DEVNULL)
    statements = querystate.fill(users, database)
    if database == "sqlite":
        with sqlite3.connect(url.removeprefix("sqlite://")) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        script = ";\n".join(statements) + ";\nCHECKPOINT; ANALYZE;"
        subprocess.run([str(postgres.programs() / "psql"), "-q", "-v", "ON_ERROR_STOP=1", "-h", str(server.folder), "-U", "postgres"],
                       input=script, text=True, check=True)


def ask(path, port):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def right_answers(o):
    """Asks 300 of the questions one by one."""
    return all(ask(path, o.port) == {"allowed": allowed} for path, allowed in querystate.checks(o.users, 300, seed=2))


def start_producer(bootstrap, o):
    """Records for the whole run, and half a minute for what is not measured."""
    count = int(o.apply * (o.rounds * len(o.rates.split(",")) * (1 + bool(o.floor)) * (o.seconds + 2) + 30))
    PREPARED.unlink(missing_ok=True)
    process = processes.spawn([servers.PYTHON, str(servers.TOOLS / "produce_steadily.py"), str(o.apply), str(count), str(PREPARED)],
                              {"BOOTSTRAP": bootstrap, "TOPIC": processes.TOPIC}, log=WORK / "query.log", yielding=True)
    while not PREPARED.exists():
        if process.poll() is not None:
            raise SystemExit(f"The producer did not start, see {WORK}/query.log")
        time.sleep(0.05)
    return process


def measure(process, server, port, rate, o):
    ops = f"http://127.0.0.1:{o.port + 1}/metrics"

    def used():
        return processes.cpu(process.pid) + (server.cpu() if server else 0)
    busy, cpu, applied, started = processes.machine_busy()[0], used(), consumers.consumed(ops), time.time()
    # Before all others where that is allowed: it would run on another machine, and must not measure how long it waits for a core itself.
    first = ["chrt", "--fifo", "1"] if subprocess.run(["chrt", "--fifo", "1", "true"], stderr=subprocess.DEVNULL).returncode == 0 else []
    done = subprocess.run(first + [str(servers.BIN / "openloop"), str(POOL), "127.0.0.1", str(port), str(o.connections), str(rate), str(o.seconds)],
                          capture_output=True, text=True)
    seconds = time.time() - started
    line = next((l for l in done.stdout.splitlines() if l.startswith("JSON ")), None)
    if not line:
        return {"error": (done.stdout + done.stderr)[-300:]}
    result, cpu = json.loads(line[5:]), used() - cpu
    return result | {"cpu_100k": cpu / max(result["requests"], 1) * 1e5, "applied": (consumers.consumed(ops) - applied) / seconds,
                     "server_cores": cpu / seconds, "busy_cores": (processes.machine_busy()[0] - busy) / seconds,
                     "rss_mib": processes.rss_mib(process.pid)}


def run(database, o, keep):
    server = postgres.Server() if database == "postgresql" else None
    url = server.url if server else f"sqlite://{consumers.database('query')}"
    children = []
    try:
        fill(database, url, o.users, server)
        broker, bootstrap = processes.start_broker(servers.BIN / "mockbroker", WORK / "query.boot", PARTITIONS, log=WORK / "broker.log", yielding=True)
        children.append(broker)
        environment = {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "KAFKA_TOPIC": processes.TOPIC, "STATE_URL": url, "LOG_LEVEL": "error",
                       "CONSUMER_LISTEN": f"127.0.0.1:{o.port}", "CONSUMER_OPS_LISTEN": f"127.0.0.1:{o.port + 1}", "CONSUMER_API_TOKEN": TOKEN}
        process = processes.spawn([str(servers.RELEASE / "zitadel-consumer"), "run"], environment, nice=0, log=WORK / "query.log")
        children.append(process)
        if not processes.wait_ready(process, f"http://127.0.0.1:{o.port + 1}/readyz", 30):
            return keep({"error": f"did not get ready, see {WORK}/query.log"}, 0, 0)
        if o.apply:
            children.append(start_producer(bootstrap, o))
        right = right_answers(o)
        if o.floor:
            floor = processes.spawn([str(servers.BIN / "floor"), str(o.port + 2), str(o.floor)], nice=0, log=WORK / "query.log")
            children.append(floor)
        for number in range(1, o.rounds + 1):
            for rate in o.rates.split(","):
                keep(measure(process, server, o.port, rate, o) | {"right": right}, number, int(rate))
                if o.floor:
                    keep(measure(floor, None, o.port + 2, rate, o) | {"right": right, "database": f"floor, {o.floor} µs"}, number, int(rate))
    finally:
        for child in reversed(children):
            processes.stop(child)
        if server:
            server.stop()


def progress(r):
    if "error" in r:
        return f"{r['database']:13s} FAILED: {r['error']}"
    return (f"{r['database']:10s} round {r['round']} {r['rate'] or 'closed':>6} → {r['rps']:6.0f}/s  p50 {r['p50'] / 1e3:5.2f}  p99 {r['p99'] / 1e3:6.2f}"
            f"  p99.9 {r['p999'] / 1e3:6.2f} ms  cpu/100k {r['cpu_100k']:5.2f}  applied {r['applied']:5.0f}/s  rss {r['rss_mib']:4.0f} MiB"
            f"  failed {r['err_status']}  busy {r['busy_cores']:.2f} cores")


def main():
    o = options()
    databases = o.database.split(",")
    if unknown := [d for d in databases if d not in ("sqlite", "postgresql")]:
        raise SystemExit(f"Unknown database {', '.join(unknown)}. Known: sqlite, postgresql")
    querystate.write_pool(POOL, (path for path, _ in querystate.checks(o.users, 100000)), o.port, TOKEN)
    now = datetime.datetime.now(datetime.timezone.utc)
    common = {"run": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "users": o.users, "connections": o.connections, "apply": o.apply, **servers.versions()}
    rows = []
    with open(o.out, "a") as out:
        for database in databases:
            def keep(result, number, rate):
                rows.append({"database": database, "round": number, "rate": rate, **result, **common})
                out.write(json.dumps(rows[-1]) + "\n")
                out.flush()
                print(progress(rows[-1]), flush=True)
            run(database, o, keep)
    print(table.query(rows))
    print(f"\nEvery line is in {o.out}")
    if any("error" in r or r["err_status"] or r["lost"] or not r["right"] for r in rows):
        raise SystemExit("Not everything was answered, or not right.")


if __name__ == "__main__":
    main()
