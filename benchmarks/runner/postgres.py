"""A PostgreSQL server for one run: in a folder of its own on disk, durable as installed, on a local socket."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import processes


def programs():
    """Folder of the newest PostgreSQL of Debian, or None."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parent.parent.name))
    return found[-1].parent if found else None


class Server:
    def __init__(self):
        # PostgreSQL refuses to run as root.
        self.prefix = ["runuser", "-u", "nobody", "--"] if os.getuid() == 0 else []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zkb-bench-", dir="/var/tmp"))
        if self.prefix:
            shutil.chown(self.folder, "nobody")
        data = str(self.folder / "data")
        subprocess.run([*self.prefix, str(programs() / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"], check=True,
                       cwd="/", stdout=subprocess.DEVNULL)
        self.process = processes.spawn([*self.prefix, str(programs() / "postgres"), "-D", data, "-k", str(self.folder), "-c", "listen_addresses=",
                                        "-c", "shared_buffers=256MB", "-c", "max_wal_size=4GB"], log="/dev/null")
        self.url = f"postgresql://postgres@/postgres?host={self.folder}"
        ready = [str(programs() / "pg_isready"), "-q", "-t", "20", "-h", str(self.folder)]
        while subprocess.run(ready).returncode:
            if self.process.poll() is not None:
                raise SystemExit("PostgreSQL did not start.")

    def cpu(self):
        return processes.cpu(self.process.pid)

    def empty(self):
        subprocess.run([str(programs() / "psql"), "-q", "-h", str(self.folder), "-U", "postgres", "-c",
                        "DROP SCHEMA public CASCADE; CREATE SCHEMA public; CHECKPOINT"], check=True, stderr=subprocess.DEVNULL)

    def stop(self):
        processes.stop(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)
