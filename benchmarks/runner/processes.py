"""Starting and ending processes, and what a process tree costs: CPU seconds and memory."""
import os
import signal
import subprocess
import time
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")
KEY, TOPIC, INSTANCE = "bench-signing-key", "zitadel.events.v1", "290000000000000001"
# Our programs refuse variables of theirs that they do not know, so none comes from the caller's shell.
OURS = ("ZITADEL_", "BRIDGE_", "KAFKA_", "CONSUMER_", "STATE_", "LOG_")


def clean_environment(extra=None):
    return {k: v for k, v in os.environ.items() if not k.startswith(OURS)} | (extra or {})


def tree(pid):
    """The process and its living descendants."""
    kids, todo, out = {}, [pid], []
    for d in os.listdir("/proc"):
        if d.isdigit():
            try:
                with open(f"/proc/{d}/stat") as f:
                    kids.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]), []).append(int(d))
            except OSError:
                pass
    while todo:
        p = todo.pop()
        out.append(p)
        todo += kids.get(p, [])
    return out


def cpu(pid):
    """User and system seconds of the living tree."""
    seconds = 0.0
    for p in tree(pid):
        try:
            with open(f"/proc/{p}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            seconds += (int(fields[11]) + int(fields[12])) / TICK
        except OSError:
            pass
    return seconds


def _sum_mib(pid, file, member):
    kib = 0
    for p in tree(pid):
        try:
            with open(f"/proc/{p}/{file}") as f:
                kib += next(int(line.split()[1]) for line in f if line.startswith(member))
        except (OSError, StopIteration):
            pass
    return kib / 1024


def pss_mib(pid):
    return _sum_mib(pid, "smaps_rollup", "Pss:")


def rss_mib(pid):
    return _sum_mib(pid, "status", "VmRSS:")


def peak_rss_mib(pid):
    return _sum_mib(pid, "status", "VmHWM:")


def machine_busy():
    """Busy seconds of all cores since boot, stolen time included, and the stolen part of it."""
    with open("/proc/stat") as f:
        v = [int(x) for x in f.readline().split()[1:]]
    return (sum(v[:3]) + sum(v[5:8])) / TICK, v[7] / TICK


def spawn(command, env=None, cpus=None, nice=5, log=None, yielding=False):
    """Starts a process that gets SIGTERM when the runner dies, however it dies. One that is `yielding` leaves its core to whoever wants it."""
    prefix = ["setpriv", "--pdeathsig", "TERM", "nice", "-n", str(nice)]
    if yielding:
        prefix += ["chrt", "--idle", "0"]
    if cpus is not None:
        prefix += ["taskset", "-c", cpus]
    out = open(log, "ab") if log else subprocess.DEVNULL
    return subprocess.Popen(prefix + command, env=clean_environment(env), stdout=out, stderr=out, start_new_session=True)


def stop(process, patience=8):
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        except ProcessLookupError:
            pass


def get(url, timeout=2):
    """The text of an answer below 300, or None."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.read().decode() if answer.status < 300 else None
    except OSError:
        return None


def wait_ready(process, url, seconds=20):
    end = time.time() + seconds
    while time.time() < end and process.poll() is None:
        if get(url) is not None:
            return True
        time.sleep(0.1)
    return False


def start_broker(binary, boot, partitions, rtt=0, **how):
    """Starts the mock broker and returns it with its bootstrap address."""
    boot.unlink(missing_ok=True)
    process = spawn([str(binary), str(boot), TOPIC, str(partitions), str(rtt)], **how)
    end = time.time() + 20
    while not boot.exists() or not boot.read_text().strip():
        if process.poll() is not None or time.time() > end:
            stop(process)
            raise SystemExit("The mock broker did not start.")
        time.sleep(0.05)
    return process, boot.read_text().strip()
