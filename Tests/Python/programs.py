"""The built programs, and the pipeline of compose.yaml's simulator profile run without containers."""

import atexit
import ctypes
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import yaml
from ports import free_port

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("PROGRAMS", ROOT / ".build/debug"))
COMPOSE = ROOT / "compose"
READY_SECONDS = 60


def program(name):
    path = BIN / name
    assert path.exists(), f"{path} is missing: ./dev build"
    return str(path)


def clean(environment):
    """Nothing of the caller's settings."""
    return {"PATH": os.environ["PATH"], **environment}


def eventually(what, check, seconds=READY_SECONDS):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s for {what}")


def get(url, token=None):
    """The body of an answer, None for anything but 200."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


# MARK: settings


def config(name, environment):
    """Runs `config`: the settings in force, or the reason why there are none."""
    command = [program(f"zitadel-{name}"), "config"]
    done = subprocess.run(command, env=clean(environment), capture_output=True, text=True)
    return (done.stdout, None) if done.returncode == 0 else (None, done.stderr)


def settings_of(name):
    """The names that a program reads."""
    return set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)(?:=| is unset)", defaults_of(name), re.M))


def default_of(name, key):
    return re.search(rf"^{key}=(.*)  # default", defaults_of(name), re.M)[1]


@functools.cache
def defaults_of(name):
    return config(name, {"ZITADEL_GRPC_HOST": "http://x"})[0]


def problems_of_settings(name, environment):
    """Why a program would not start with this environment. Secret files count as present, whatever is in them."""
    with tempfile.TemporaryDirectory() as folder:
        readable = dict(environment)
        for key in environment:
            if key.endswith("_FILE"):
                path = Path(folder, key)
                path.write_text("postgresql://user:secret@host/database" if key == "STATE_URL_FILE" else "secret")
                readable[key] = str(path)
        reason = config(name, readable)[1]
    problems = [reason] if reason else []
    for key, value in environment.items():
        if key.startswith("KAFKA_") and key.removesuffix("_FILE") not in settings_of(name):
            problems += kafka_property_problem(key.removesuffix("_FILE"), value)
    return problems


def kafka_property_problem(key, value):
    """`config` leaves librdkafka's own properties to librdkafka, so the library is asked here."""
    library = ctypes.CDLL("librdkafka.so.1")
    library.rd_kafka_conf_new.restype = ctypes.c_void_p
    text = ctypes.create_string_buffer(512)
    name = key.removeprefix("KAFKA_").lower().replace("_", ".")
    conf = ctypes.c_void_p(library.rd_kafka_conf_new())
    result = library.rd_kafka_conf_set(conf, name.encode(), value.encode(), text, ctypes.c_size_t(512))
    library.rd_kafka_conf_destroy(conf)
    return [] if result == 0 else [f"{key}: {text.value.decode()}"]


def env_file(path):
    """KEY=VALUE lines, without comments."""
    lines = [line.strip() for line in Path(path).read_text().splitlines()]
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


# MARK: compose.yaml


def interpolated(item, values):
    """Variables are replaced after the YAML is read, as docker compose does it."""
    if isinstance(item, dict):
        return {key: interpolated(value, values) for key, value in item.items()}
    if isinstance(item, list):
        return [interpolated(value, values) for value in item]
    if not isinstance(item, str):
        return item

    def value(match):
        name, default = match[1], match[2] or ""
        assert name in values or default.startswith(":-"), f"{name} has no value and no default"
        return values.get(name) or default[2:]

    return re.sub(r"\$\{([A-Z_]+)(:[-?][^}]*)?\}", value, item)


@functools.cache
def compose():
    written = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
    return interpolated(written, env_file(COMPOSE / ".env.example"))


def topics():
    """Name of a topic → the options that topics.sh makes it with."""
    script = (COMPOSE / "topics.sh").read_text().replace("${KAFKA_TOPIC:-zitadel.events.v1}", "zitadel.events.v1")
    return {name.strip('"'): rest for name, rest in re.findall(r"^topic (\S+) (.*)$", script, re.M)}


# MARK: the pipeline


class Pipeline:
    """Broker, PostgreSQL, simulator, bridge and consumer with the commands and the environment of compose.yaml.

    Only addresses and the places of secrets are other ones, and the development broker stands in for Kafka."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="zkb-compose-"))
        self.folder.chmod(0o755)
        self.processes = []
        atexit.register(self.stop)
        self.secrets = self.prepare()
        self.zitadel, self.webhooks = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        self.bridge_ops, self.consumer_ops = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        self.queries = f"127.0.0.1:{free_port()}"
        self.postgres_port = free_port()
        self.kafka = self.start_broker()
        self.start_postgres()
        self.start_product()

    def prepare(self):
        copy = self.folder / "compose"
        shutil.copytree(COMPOSE, copy, ignore=shutil.ignore_patterns("secrets", ".env"))
        subprocess.run([copy / "prepare"], check=True, capture_output=True)
        return copy / "secrets"

    def rewritten(self, text):
        replaced = {
            "/run/secrets/": f"{self.secrets}/",
            "kafka:9092": self.kafka,
            "http://simulator:8090": f"http://{self.zitadel}",
            "bridge.webhook:8094": self.webhooks,
            "0.0.0.0:8090": self.zitadel,
            "0.0.0.0:8095": self.queries,
        }
        for old, new in replaced.items():
            text = text.replace(old, new)
        return text

    def environment(self, service):
        written = compose()["services"][service].get("environment", {})
        return {key: self.rewritten(str(value)) for key, value in written.items()}

    def start(self, name, command, environment):
        out = open(self.folder / f"{name}.out", "w")
        log = open(self.folder / f"{name}.log", "w")
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command], env=clean(environment), stdout=out, stderr=log,
            stdin=subprocess.DEVNULL, start_new_session=True)
        self.processes.append((name, process))
        return process

    def wait(self, what, check):
        try:
            return eventually(what, check)
        except AssertionError as error:
            logs = [str(error)]
            for log in self.folder.glob("*.log"):
                logs += [f"--- {log.name}", *log.read_text().splitlines()[-5:]]
            raise AssertionError("\n".join(logs)) from None

    def start_broker(self):
        counts = {name: re.match(r"--partitions (\d+)", rest)[1] for name, rest in topics().items()}
        options = [option for name, count in counts.items() for option in ("--topic", f"{name}:{count}")]
        self.start("broker", [program("kafka-dev-broker"), *options], {})
        out = self.folder / "broker.out"
        return json.loads(self.wait("the broker", out.read_text).splitlines()[0])["bootstrap"]

    def start_postgres(self):
        folder = self.folder / "postgres"
        folder.mkdir()
        # PostgreSQL refuses to run as root.
        as_user = ["runuser", "-u", "nobody", "--"] if os.getuid() == 0 else []
        if as_user:
            shutil.chown(folder, "nobody")
        versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        bin = str(versions[-1]) + "/" if versions else ""
        arguments = compose()["services"]["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split()
        subprocess.run(
            [*as_user, f"{bin}initdb", "-D", folder / "data", "-U", "postgres", "--auth-local=trust",
             "--auth-host=scram-sha-256", "--no-sync", *arguments],
            check=True, capture_output=True, cwd="/")
        self.start(
            "postgres",
            [*as_user, f"{bin}postgres", "-D", str(folder / "data"), "-k", str(folder), "-h", "127.0.0.1",
             "-p", str(self.postgres_port), "-c", "fsync=off"], {})
        socket_of = {"PGHOST": str(folder), "PGPORT": str(self.postgres_port)}
        ready = [f"{bin}pg_isready", "-q"]
        self.wait("PostgreSQL", lambda: subprocess.run(ready, env=clean(socket_of)).returncode == 0)
        script = (COMPOSE / "postgres/scope.sh").read_text().replace("/run/secrets", str(self.secrets))
        subprocess.run(["sh", "-c", script], env=clean(socket_of), check=True, capture_output=True)
        url = self.secrets / "state-url"
        url.chmod(0o644)
        url.write_text(url.read_text().replace("@postgres:5432/", f"@127.0.0.1:{self.postgres_port}/"))

    def start_product(self):
        command = [self.rewritten(word) for word in compose()["services"]["simulator"]["command"]]
        self.start("simulator", [program("zitadel-simulator"), *command], {})
        self.wait("the simulator", lambda: get(f"http://{self.zitadel}/stats"))
        listeners = {"BRIDGE_LISTEN": self.webhooks, "BRIDGE_OPS_LISTEN": self.bridge_ops}
        self.start(
            "bridge", [program("zitadel-bridge"), "run"], self.environment("bridge-simulator") | listeners)
        # The development broker answers a waiting fetch only when its time is over.
        listeners = {"CONSUMER_OPS_LISTEN": self.consumer_ops, "KAFKA_FETCH_WAIT_MAX_MS": "10"}
        self.start("consumer", [program("zitadel-consumer"), "run"], self.environment("consumer") | listeners)
        status = f"http://{self.bridge_ops}/status"
        self.wait("a registered bridge", lambda: '"state":"registered"' in (get(status) or ""))
        self.wait("a ready bridge", lambda: get(f"http://{self.bridge_ops}/readyz"))
        self.wait("a ready consumer", lambda: get(f"http://{self.consumer_ops}/readyz"))

    @functools.cached_property
    def demo(self):
        """Plays it, once: its names are taken afterwards."""
        command = [program("zitadel-simulator"), "demo", "--server", f"http://{self.zitadel}"]
        subprocess.run(command, check=True, capture_output=True, env=clean({}))

    def token(self):
        return (self.secrets / "api-token").read_text()

    def stop(self):
        for _, process in reversed(self.processes):
            if process.poll() is None:
                # To the group: `runuser` stands before PostgreSQL.
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(timeout=40)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)


@functools.cache
def pipeline():
    """Started by the first test that asks, and ended with this process."""
    return Pipeline()
