"""The servers that take part, and how each is started. A new one is one more entry of SERVERS.

Every peer reads PORT, BOOTSTRAP, TOPIC, SIGNING_KEY, INSTANCE_ID and LINGER_MS, and answers GET /healthz.
"""
import os
import pathlib
import platform
import subprocess

import processes

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent
PEERS, TOOLS = BENCHMARKS / "peers", BENCHMARKS / "tools"
WORK = pathlib.Path(os.environ.get("BENCH_WORK", BENCHMARKS / "work"))  # venv, binaries, pool, logs, results
PYTHON, BIN = str(WORK / "venv/bin/python"), WORK / "bin"
RELEASE = pathlib.Path(os.environ.get("BENCH_RELEASE", ROOT / ".build/release"))
OURS = "zitadel-bridge"


def start(name, port, bootstrap, linger, workers):
    """-> command, environment, readiness URL"""
    command, environment, ready = SERVERS[name](port, bootstrap, linger, workers)
    return [str(c) for c in command], environment, ready or f"http://127.0.0.1:{port}/healthz"


def peer_environment(port, bootstrap, linger, workers):
    return {"PORT": str(port), "BOOTSTRAP": bootstrap, "TOPIC": processes.TOPIC, "SIGNING_KEY": processes.KEY,
            "INSTANCE_ID": processes.INSTANCE, "LINGER_MS": str(linger), "WORKERS": str(workers)}


def ours(port, bootstrap, linger, workers):
    ops = port + 1
    return [RELEASE / OURS, "run"], {
        "ZITADEL_GRPC_HOST": "http://127.0.0.1:1",  # nothing listens there: the webhook path does without
        "ZITADEL_SIGNING_KEY": processes.KEY, "ZITADEL_INSTANCE_ID": processes.INSTANCE,
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap, "KAFKA_TOPIC": processes.TOPIC, "KAFKA_LINGER_MS": str(linger),
        "BRIDGE_LISTEN": f"127.0.0.1:{port}", "BRIDGE_OPS_LISTEN": f"127.0.0.1:{ops}", "LOG_LEVEL": "error",
    }, f"http://127.0.0.1:{ops}/readyz"


def nginx(template):
    def make(port, bootstrap, linger, workers):
        run = WORK / "nginx-run"
        run.mkdir(exist_ok=True)
        text = (PEERS / "nginx" / template).read_text()
        modules = os.environ.get("NGINX_MODULES", "/usr/lib/nginx/modules")
        for k, v in {"MODULES": modules, "LUA": PEERS / "nginx", "RUN": run, "WORKERS": workers, "PORT": port}.items():
            text = text.replace(f"@{k}@", str(v))
        (run / "nginx.conf").write_text(text)
        binary = BIN / "nginx" if (BIN / "nginx").exists() else "nginx"
        return ([binary, "-p", run, "-e", run / "nginx.err", "-c", run / "nginx.conf"],
                peer_environment(port, bootstrap, linger, workers), None)
    return make


def fastapi(port, bootstrap, linger, workers):
    command = [PYTHON, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--workers", workers,
               "--no-access-log", "--log-level", "warning", "--port", port, "fastapi_app:app"]
    return command, peer_environment(port, bootstrap, linger, workers) | {"PYTHONPATH": str(PEERS / "python")}, None


def go(http, json):
    def make(port, bootstrap, linger, workers):  # one process; GOMAXPROCS = workers
        extra = {"GOMAXPROCS": str(workers), "GOGC": "400"}
        return ([BIN / "go-ingress", "-http", http, "-json", json],
                peer_environment(port, bootstrap, linger, workers) | extra, None)
    return make


def cpp(port, bootstrap, linger, workers):
    return [BIN / "cpp-ingress", port, workers], peer_environment(port, bootstrap, linger, workers), None


SERVERS = {
    OURS: ours,
    "go-fasthttp": go("fast", "fast"),
    "cpp-floor": cpp,
    "nginx-200": nginx("ceiling.conf.in"),
    # only when named; the last two need `setup --all`
    "go-nethttp": go("std", "std"),
    "fastapi": fastapi,
    "nginx-luajit": nginx("nginx.conf.in"),
}
DEFAULT = (OURS, "go-fasthttp", "cpp-floor", "nginx-200")


def versions():
    """What a result depends on, kept with every result line."""
    def first_line(*command, cwd=None):
        try:
            out = subprocess.run(command, capture_output=True, text=True, cwd=cwd).stdout.splitlines()
            return out[0].strip() if out else ""
        except OSError:
            return ""
    with open("/proc/cpuinfo") as f:
        model = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), platform.machine())
    go_version = WORK / "go.version"
    return {"commit": first_line("git", "rev-parse", "--short", "HEAD", cwd=ROOT), "cpu": model, "cores": os.cpu_count(),
            "go": go_version.read_text().strip() if go_version.exists() else "",
            "librdkafka": first_line("pkg-config", "--modversion", "rdkafka")}
