"""The examples for subscribers that run here: the Python ones, and the lines for a shell."""

import json
import re
import shlex
import sqlite3
import subprocess
import sys

import pytest
from conftest import REPOSITORY
from stack import TOPIC
from topic import read_to_end

PYTHON = REPOSITORY / "examples" / "subscribers" / "python"


def run(command, **options):
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, **options)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_scope_state_prints_what_state_export_prints(stack, tmp_path):
    # A topic without the record that is no event: another subscriber stops at it, as it should.
    values = [record.value() for record in read_to_end(stack.bootstrap, TOPIC) if record.value() != b"{}"]
    stack.produce("zitadel.events.copy", values)
    printed = run([sys.executable, PYTHON / "scope_state.py", "--bootstrap", stack.bootstrap,
                   "--topic", "zitadel.events.copy"])
    assert printed == stack.run("zitadel-consumer", "state", "export")


def directory(stack, database, group):
    run([sys.executable, PYTHON / "subscriber.py", "--bootstrap", stack.bootstrap, "--once", "--group", group,
         "--database", database])
    with sqlite3.connect(database) as connection:
        return (sorted(connection.execute("SELECT user, email FROM addresses WHERE email IS NOT NULL")),
                sorted(connection.execute("SELECT user FROM welcomes")))


def test_the_subscriber_keeps_addresses_and_welcomes_each_user_once(stack, tmp_path):
    database = tmp_path / "directory.db"
    exported = [json.loads(line) for line in stack.run("zitadel-consumer", "state", "export").splitlines()]
    addresses, welcomes = directory(stack, database, "directory")
    assert addresses == sorted((user["userId"], user["email"]) for user in exported if user.get("email"))
    assert len(welcomes) == len(set(welcomes)) >= len(exported)
    # Everything again, as after offsets that were set back.
    assert directory(stack, database, "directory-again") == (addresses, welcomes)


def shell_lines(language):
    readme = (REPOSITORY / "examples" / "subscribers" / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"```{language}\n(.*?)```", readme, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("line", shell_lines("sh"))
def test_a_line_for_the_shell_prints_records(stack, line):
    line = line.replace("127.0.0.1:9092", shlex.quote(stack.bootstrap))
    assert run(["bash", "-o", "pipefail", "-c", line]).strip()


def test_there_are_lines_for_the_shell():
    assert len(shell_lines("sh")) >= 4
