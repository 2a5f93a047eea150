"""Measures the ingress servers side by side. Called by benchmarks/ingress; benchmarks/README.md says how to read it.

1core: server pinned to CPU 0 with one worker, load generator and broker pinned to CPU 1.
2core: server with two workers, nothing pinned.
Each server gets a fresh broker in each round, and the servers alternate inside a round.
"""
import argparse
import datetime
import json
import os
import resource
import subprocess
import time

from confluent_kafka import Consumer, TopicPartition

import processes
import servers
import table

WORK, BIN = servers.WORK, servers.BIN
POOL = WORK / "pool.bin"
PARTITIONS = 12


def options():
    a = argparse.ArgumentParser(prog="benchmarks/ingress")
    a.add_argument("servers", nargs="*", help=f"of {', '.join(servers.SERVERS)}; default: {', '.join(servers.DEFAULT)}")
    a.add_argument("--peers-only", action="store_true", help="without our server")
    a.add_argument("--modes", default="1core", help="1core, 2core or both")
    a.add_argument("--connections", default="32,128", help="closed loop: keep-alive connections")
    a.add_argument("--rates", default="2000", help="open loop: requests/s, such as 2000,8000; empty for none")
    a.add_argument("--rounds", type=int, default=2)
    a.add_argument("--seconds", type=float, default=3)
    a.add_argument("--linger", default="0", help="linger.ms of every producer")
    a.add_argument("--rtt", type=int, default=0, help="milliseconds that the mock broker delays its answers")
    a.add_argument("--events", type=int, default=600000, help="distinct events; each measurement goes on where the last ended. The bridge answers a body that it has published before without publishing it again, so a run must not use them up")
    a.add_argument("--quiet", type=float, default=0.2,
                   help="measure again when other processes used more cores than this meanwhile")
    a.add_argument("--retries", type=int, default=1)
    a.add_argument("--port", type=int, default=18080, help="and the port above it")
    a.add_argument("--out", default=str(WORK / "ingress.jsonl"))
    return a.parse_args()


class Pool:
    """The signed requests. A signature lives for 300 s, so they are signed again well before."""

    def __init__(self, options):
        self.options, self.signed_at = options, 0.0

    def fresh(self):
        if time.time() - self.signed_at > 100:
            self.signed_at = time.time()
            subprocess.run(["nice", "-n", "5", servers.PYTHON, str(servers.TOOLS / "genpool.py"),
                            "-n", str(self.options.events), "--bodies", str(WORK / "bodies.jsonl"),
                            "--host", f"127.0.0.1:{self.options.port}", "--out", str(POOL)],
                           check=True, stdout=subprocess.DEVNULL)


def wrk(connections, seconds, port):
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(servers.TOOLS / "pool.lua"), f"http://127.0.0.1:{port}/"]


def loads(options):
    """-> (name, command) of each load that a server gets."""
    closed = [(f"c{c}", wrk(c, options.seconds, options.port)) for c in options.connections.split(",") if c]
    opened = [(f"open{r}", [str(BIN / "openloop"), str(POOL), "127.0.0.1", str(options.port), "256", r, str(options.seconds)])
              for r in options.rates.split(",") if r]
    return closed + opened


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Measurement:
    """One server with its broker, under one load after the other."""

    def __init__(self, server, broker, consumer, generator_cpus):
        self.server, self.broker, self.consumer, self.generator_cpus = server, broker, consumer, generator_cpus
        self.sent = 0

    def snapshot(self):
        busy, steal = processes.machine_busy()
        written = sum(self.consumer.get_watermark_offsets(TopicPartition(processes.TOPIC, p), 10)[1] for p in range(PARTITIONS))
        return {"written": written, "server": processes.cpu(self.server.pid), "broker": processes.cpu(self.broker.pid),
                "busy": busy, "steal": steal, "generator": children_cpu(), "time": time.time()}

    def run(self, command):
        pin = ["taskset", "-c", self.generator_cpus] if self.generator_cpus else []
        before = self.snapshot()
        done = subprocess.run(["nice", "-n", "5"] + pin + command, capture_output=True, text=True,
                              env={**os.environ, "POOL": str(POOL), "POOL_SKIP": str(self.sent)})
        after = self.snapshot()
        line = next((l for l in done.stdout.splitlines() if l.startswith("JSON ")), None)
        if not line:
            return {"error": (done.stdout + done.stderr)[-300:]}
        result = json.loads(line[5:])
        self.sent += result["requests"]
        return result | self.costs(result, {k: after[k] - before[k] for k in after})

    def costs(self, result, used):
        n = max(result["requests"], 1)
        seconds = n / max(result["rps"], 1)  # the generator's loading of the pool does not count
        others = used["busy"] - used["server"] - used["broker"] - used["generator"]
        return {
            # What a closed loop had in flight at its end is written too: hence a little above 1.
            "published": used["written"] / n,
            "cpu_100k": used["server"] / n * 1e5, "broker_cpu_100k": used["broker"] / n * 1e5,
            "server_cores": used["server"] / seconds, "other_cores": max(0.0, others / used["time"]), "steal_cores": used["steal"] / used["time"],
            "rss_mib": processes.rss_mib(self.server.pid), "pss_mib": processes.pss_mib(self.server.pid),
            "processes": len(processes.tree(self.server.pid)),
        }


def measure_server(name, mode, options, keep):
    workers, server_cpus, other_cpus = (1, "0", "1") if mode == "1core" else (2, None, None)
    broker, bootstrap = processes.start_broker(BIN / "mockbroker", WORK / "ingress.boot", PARTITIONS, options.rtt,
                                               cpus=other_cpus, log=WORK / "broker.log")
    command, environment, ready = servers.start(name, options.port, bootstrap, options.linger, workers)
    server = processes.spawn(command, environment, cpus=server_cpus, log=WORK / f"{name}.log")
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "runner"})
    try:
        if not processes.wait_ready(server, ready):
            return keep({"error": f"did not get ready, see {WORK / name}.log"}, "start")
        m = Measurement(server, broker, consumer, other_cpus)
        m.run(wrk(32, 1, options.port))  # warms up
        for load, generator in loads(options):
            for attempt in range(options.retries + 1):
                result = m.run(generator)
                keep(result | {"attempt": attempt}, load)
                if result.get("other_cores", 0) <= options.quiet:
                    break
    finally:
        consumer.close()
        processes.stop(server)
        processes.stop(broker)


def progress(r):
    if "error" in r:
        return f"{r['server']:15s} {r['mode']} {r['load']:8s} FAILED: {r['error']}"
    return (f"{r['server']:15s} {r['mode']} round {r['round']} {r['load']:8s} {r['rps']:7.0f}/s  p50 {r['p50'] / 1e3:6.2f}  p99 {r['p99'] / 1e3:7.2f} ms"
            f"  cpu/100k {r['cpu_100k']:5.2f}  rss {r['rss_mib']:4.0f} MiB  published {r['published']:.3f}  failed {r['err_status']}"
            f"  others {r['other_cores']:.2f}")


def main():
    o = options()
    names = [n for n in (o.servers or servers.DEFAULT) if not (o.peers_only and n == servers.OURS)]
    if unknown := [n for n in names if n not in servers.SERVERS]:
        raise SystemExit(f"Unknown server {', '.join(unknown)}. Known: {', '.join(servers.SERVERS)}")
    common = {"run": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "linger": o.linger, "rtt": o.rtt, **servers.versions()}
    rows, pool = [], Pool(o)
    with open(o.out, "a") as out:
        for round_number in range(1, o.rounds + 1):
            for mode in o.modes.split(","):
                for name in names:
                    def keep(result, load):
                        row = {"server": name, "mode": mode, "round": round_number, "load": load, **result, **common}
                        rows.append(row)
                        out.write(json.dumps(row) + "\n")
                        out.flush()
                        print(progress(row), flush=True)
                    pool.fresh()
                    measure_server(name, mode, o, keep)
    print(table.ingress(rows))
    print(f"\nEvery line is in {o.out}")
    if failed := sorted({r["server"] for r in rows if "error" in r}):
        raise SystemExit(f"Not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
