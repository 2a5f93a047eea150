"""The documented commands that need no other service are run as they stand, against the running pipeline."""

import json
import re
import subprocess

import pytest
from documents import BY_NAME, OURS, block_commands, span_commands
from programs import clean, pipeline, program

# Line → exit code, and what it prints. `ID`, `U`, `P`, `R`, `LETTER` stand for what is in the pipeline.
RUN = {
    "zitadel-bridge status": (0, "registered"),
    "zitadel-bridge status --url U --json": (0, '"elected":true'),
    "zitadel-bridge doctor": (0, "accepts an event signed with the key"),
    "zitadel-bridge config": (0, "ZITADEL_PAT=<redacted>"),
    "zitadel-bridge poll --once --json": (0, '"result":"complete"'),
    "zitadel-bridge backfill --since beginning --dry-run": (0, "user.human.added"),
    "zitadel-bridge register --dry-run": (0, ""),
    "zitadel-consumer status": (0, "last applied"),
    "zitadel-consumer status --address HOST:PORT --json": (0, '"partitions":['),
    "zitadel-consumer state show ID": (0, '"userId"'),
    "zitadel-consumer state export": (0, '"access"'),
    "zitadel-consumer state hash": (0, ""),
    "zitadel-consumer state explain --user U --project P --role R": (0, "yes"),
    "zitadel-consumer state migrate --print-sql": (0, "CREATE TABLE"),
    "zitadel-consumer state publish --all --user ID --dry-run": (2, "--all"),
    "zitadel-consumer replay --to earliest --dry-run": (0, "PARTITION"),
    "zitadel-consumer replay --to datetime 2026-01-02T03:04:05Z": (0, "PARTITION"),
    "zitadel-consumer replay --to offset 3:120 4:77": (0, "PARTITION"),
    "zitadel-consumer replay --to shift -1000": (0, "PARTITION"),
    "zitadel-consumer replay --to latest": (0, "PARTITION"),
    # A consumer runs.
    "zitadel-consumer rebuild --swap": (1, "because a consumer runs"),
    "zitadel-consumer rebuild --discard": (0, ""),
    "zitadel-consumer dlq list": (0, "LETTER"),
    "zitadel-consumer dlq show 0:12": (0, "reason"),
    "zitadel-consumer dlq redrive --all --dry-run": (1, "cannot be read"),
}
# What would set offsets is only planned.
PLANNED = {line for line in RUN if " replay --to " in line and "--dry-run" not in line}

# Blocks of commands name nothing that is neither run nor here.
NOT_RUN = {
    "zitadel-consumer dlq redrive --all": "changes the topic that other tests read; DeadLetterCommandTests",
    "zitadel-consumer rebuild": "RebuildTests",
    "zitadel-consumer replay --to earliest": "joins the group of the pipeline, and is refused late; ReplayTests",
    "zitadel-consumer state migrate": "the test of the roles below",
}


def arguments(stack, line):
    state = [json.loads(text) for text in stack.run("zitadel-consumer", "state", "export").splitlines()]
    user = next(user for user in state if user["access"])
    access = user["access"][0]
    words = {
        "ID": user["userId"], "P": access["projectId"], "R": access["roleKeys"][0], "0:12": "0:0",
        "HOST:PORT": stack.consumer_settings["CONSUMER_OPS_LISTEN"],
        "U": f"http://{stack.bridge_settings['BRIDGE_OPS_LISTEN']}" if "--url" in line else user["userId"],
    }
    return [words.get(word, word) for word in line.split()] + (["--dry-run"] if line in PLANNED else [])


def test_every_command_of_a_block_is_run_or_has_a_reason():
    ours = {command.line for command in block_commands() if command.program in OURS}
    assert ours - set(RUN) - set(NOT_RUN) == set()
    documented = ours | {command.line for command in span_commands()}
    assert set(RUN) | set(NOT_RUN) <= documented


@pytest.mark.parametrize("line", RUN)
def test_a_command_does_what_is_written(stack, line):
    status, words = RUN[line]
    program, *rest = arguments(stack, line)
    settings = stack.bridge_settings if program == "zitadel-bridge" else stack.consumer_settings
    done = subprocess.run(
        [stack.programs / program, *rest], env=stack.settings | settings, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert words in done.stdout + done.stderr


def test_the_first_look_at_the_topic_shows_records(stack):
    (line,) = BY_NAME["docs/subscribe.md"].blocks_of("sh")
    line = line.replace("127.0.0.1:9092", stack.bootstrap)
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('"specversion":"1.0"') > 30


def psql(server, role, database, sql):
    environment = {"PGHOST": f"{server.folder}/postgres", "PGPORT": str(server.postgres_port), "PGUSER": role}
    return subprocess.run(["psql", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-d", database], input=sql, text=True,
                          capture_output=True, env=clean(environment), cwd="/")


def test_the_two_roles_of_postgresql_are_enough():
    server = pipeline()
    sql = BY_NAME["docs/operations.md"].blocks_of("sql")[0].replace("scope", "documented")
    as_administrator, as_owner = re.split(r"-- as documented_owner.*\n", sql)
    done = psql(server, "postgres", "postgres", as_administrator)
    assert done.returncode == 0, done.stderr
    assert psql(server, "documented_owner", "documented", as_owner).returncode == 0
    place = f"/documented?host={server.folder}/postgres&port={server.postgres_port}"
    for words, role, status in (("state migrate", "owner", 0), ("state hash", "app", 0)):
        done = subprocess.run(
            [program("zitadel-consumer"), *words.split()], capture_output=True, text=True, cwd="/",
            env=clean({"STATE_URL": f"postgresql://documented_{role}@{place}"}))
        assert done.returncode == status, done.stderr
    # It may write facts and nothing else; with the state topic, what that section grants.
    grant = re.search(r"`(GRANT DELETE [^`]+)`", BY_NAME["docs/operations.md"].text)[1].replace("scope", "documented")
    assert psql(server, "documented_app", "documented", "DELETE FROM stream_users").returncode != 0
    assert psql(server, "documented_owner", "documented", grant).returncode == 0
    assert psql(server, "documented_app", "documented", "DELETE FROM stream_users").returncode == 0
    assert psql(server, "documented_app", "documented", "DROP TABLE users").returncode != 0
