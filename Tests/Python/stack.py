"""The built programs as one pipeline on loopback, and what tests ask of it."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import time
import urllib.request

from confluent_kafka import Producer
from ports import free_addresses

OURS = ("ZITADEL_", "BRIDGE_", "KAFKA_", "CONSUMER_", "STATE_", "SIMULATOR_", "LOG_")
TOPIC = "zitadel.events.v1"
DEAD_LETTERS = TOPIC + ".dlq"
TOKEN = "python-tests-owner-token"
SECONDS = 30


def eventually(what, condition, check=lambda: None):
    """Asks until the answer is true; `check` raises when waiting makes no sense any more."""
    deadline = time.monotonic() + SECONDS
    while True:
        answer = condition()
        if answer:
            return answer
        check()
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {SECONDS} s for: {what}")
        time.sleep(0.05)


def end_with_parent():
    """Runs in the child: it is told to end when this process dies, however it dies (Linux, PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Stack:
    """Started by `with`; whatever happens, all processes are gone behind it."""

    def __init__(self, repository, folder):
        self.programs = repository / ".build" / "debug"
        self.folder = folder
        self.processes = []
        # The programs get these settings and no others of the caller's shell.
        self.settings = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self.settings["STATE_URL"] = f"sqlite://{folder}/state.db"

    def __enter__(self):
        try:
            self.start_all()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start_all(self):
        self.start_broker()
        self.start("zitadel-simulator", "serve", "--listen", "127.0.0.1:0", SIMULATOR_PAT=TOKEN)
        self.zitadel = "http://" + self.printed("zitadel-simulator", "listen")
        webhook, bridge_ops, consumer_ops = free_addresses(3)
        # What `run` and every other command of the same program is given.
        self.bridge_settings = {
            "ZITADEL_GRPC_HOST": self.zitadel, "ZITADEL_PAT": TOKEN, "BRIDGE_LISTEN": webhook,
            "ZITADEL_WEBHOOK_ENDPOINT": f"http://{webhook}/webhook/zitadel-events", "BRIDGE_OPS_LISTEN": bridge_ops}
        self.consumer_settings = {
            "CONSUMER_OPS_LISTEN": consumer_ops, "CONSUMER_LISTEN": "127.0.0.1:0", "KAFKA_FETCH_WAIT_MAX_MS": "10"}
        self.start("zitadel-bridge", "run", **self.bridge_settings)
        self.start("zitadel-consumer", "run", **self.consumer_settings)
        self.consumer_metrics = f"http://{consumer_ops}/metrics"
        self.bridge_metrics = f"http://{bridge_ops}/metrics"
        self.wait("the bridge is registered", lambda: '"registered"' in get(f"http://{bridge_ops}/status"))
        self.wait("the bridge polls", lambda: '"elected":true' in get(f"http://{bridge_ops}/status"))
        self.wait("the consumer has joined its group", lambda: get(f"http://{consumer_ops}/readyz"))

    def start_broker(self):
        self.start("kafka-dev-broker")
        self.bootstrap = self.settings["KAFKA_BOOTSTRAP_SERVERS"] = self.printed("kafka-dev-broker", "bootstrap")

    def start(self, name, *arguments, **settings):
        with open(self.folder / f"{name}.out", "wb") as out, open(self.folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                [self.programs / name, *arguments], env=self.settings | settings, stdin=subprocess.DEVNULL, stdout=out,
                stderr=log, preexec_fn=end_with_parent)
        self.processes.append((name, process))

    def stop(self):
        for _, process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def wait(self, what, condition):
        eventually(what, condition, self.check_alive)

    def check_alive(self):
        for name, process in self.processes:
            if process.poll() is not None:
                log = (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
                raise AssertionError(f"{name} ended with {process.returncode}:\n{log[-2000:]}")

    def printed(self, name, member):
        """A program's first line of output is one JSON object."""
        path = self.folder / f"{name}.out"
        self.wait(f"{name} prints where it listens", lambda: b"\n" in path.read_bytes())
        return json.loads(path.read_bytes().splitlines()[0])[member]

    def run(self, name, *arguments, status=0, **settings):
        """A command of one of the programs; its standard output."""
        done = subprocess.run(
            [self.programs / name, *arguments], env=self.settings | settings, stdin=subprocess.DEVNULL,
            capture_output=True, timeout=SECONDS, check=False)
        assert done.returncode == status, done.stderr.decode()
        return done.stdout.decode()

    def play_demo(self):
        self.run("zitadel-simulator", "demo", "--server", self.zitadel)
        self.wait("every event of the demo is applied", self.all_applied)

    def all_applied(self):
        stats = json.loads(get(self.zitadel + "/stats") or "null")
        if stats is None:
            return False
        published = sum(value for name, value in metrics(self.bridge_metrics).items() if 'outcome="published"' in name)
        return stats["delivered"] > 0 and stats["pending"] == 0 and self.consumed() >= published >= stats["delivered"]

    def add_dead_letter(self):
        before = self.consumed()
        self.produce(TOPIC, [b"{}"], key=b"1", headers={"ce_type": b"not.ours"})
        self.wait("the record is set aside", lambda: self.consumed() > before)

    def produce(self, topic, values, **options):
        producer = Producer({"bootstrap.servers": self.bootstrap})
        for value in values:
            producer.produce(topic, value=value, **options)
        assert producer.flush(SECONDS) == 0

    def consumed(self):
        return metrics(self.consumer_metrics).get("consumer_records_consumed_total", 0)


def get(url):
    """The body of a 2xx answer, else nothing."""
    with contextlib.suppress(OSError):
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.read().decode()
    return ""


def metrics(url):
    lines = (line.rsplit(" ", 1) for line in get(url).splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}
