"""What the tests share: the repository's files, and one running pipeline for all that read from a topic."""

import json
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "examples" / "subscribers" / "python"))

from stack import Stack  # noqa: E402


def load(path):
    return json.loads((REPOSITORY / path).read_text(encoding="utf-8"))


def lines(path):
    return (REPOSITORY / path).read_text(encoding="utf-8").split("\n")[:-1]


def golden_records(path):
    """The records of a file of golden events."""
    events = (json.loads(line) for line in lines(path))
    return [event["record"] for event in events if event["record"] is not None]


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """Broker, simulated Zitadel, bridge and consumer; the demo and a dead letter are in the topics and applied."""
    with Stack(REPOSITORY, tmp_path_factory.mktemp("stack")) as running:
        running.play_demo()
        running.add_dead_letter()
        yield running
