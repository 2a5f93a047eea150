"""The documentation says what the programs and the repository are: links, commands, settings, metrics, messages."""

import functools
import re

import pytest
import yaml
from documents import BY_NAME, DOCUMENTS, OURS, SCRIPTS, commands, defaults, is_setting, span_commands, unknown_words
from programs import ROOT, problems_of_settings, settings_of

OPERATIONS = BY_NAME["docs/operations.md"]
TROUBLESHOOTING = BY_NAME["docs/troubleshooting.md"]
ARCHITECTURE = BY_NAME["ARCHITECTURE.md"]
LANGUAGES = {"sh", "ini", "sql", "json", "text"}
PRODUCT = ["Bridge", "Consumer", "KafkaClient", "ServiceRuntime", "ZitadelClient"]

# What a command needs that is not here. A block that has one says so in a comment, `# needs Kafka`.
FOREIGN = {"kafka-topics.sh": "Kafka", "kafka-acls.sh": "Kafka", "docker": "Docker", "kubectl": "Kubernetes",
           "systemctl": "systemd"}
# What every machine of ours has, or a file of the repository.
AT_HAND = {"kcat", "grep", "cut", "sort", "uniq", "python3", "cd", "install", "systemd-sysusers", "./prepare"}

# Names that look like settings of ours and are others'.
OTHERS_NAMES = {
    "ZITADEL_HTTPCLIENT_DENYLIST": "Zitadel's own", "ZITADEL_EXECUTIONS_DENYLIST": "Zitadel's own",
    "KAFKA_PORT": "a service link", "ZITADEL_PORT": "a service link", "STATE_SERVICE_HOST": "a service link",
    "STATE_DIRECTORY": "systemd's", "KAFKA_TOPIK": "a misspelling, as an example",
}
# What benchmarks write.
NOT_FILES = "benchmarks/work"

per_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)


# MARK: links and files


@per_document
def test_every_link_leads_somewhere(document):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", document.prose):
        path, _, anchor = target.partition("#")
        if re.match(r"https?:", path):
            continue
        place = (document.path.parent / path).resolve() if path else document.path
        if not place.exists():
            broken.append(target)
        elif anchor and anchor not in BY_NAME[str(place.relative_to(ROOT))].anchors:
            broken.append(target)
    assert not broken


@functools.cache
def file_names():
    return {path.name for folder in ("Sources", "Tests", "benchmarks") for path in (ROOT / folder).rglob("*.*")}


@per_document
def test_every_file_named_is_there(document):
    missing = []
    for span in document.spans:
        if re.fullmatch(r"(Sources|Tests|docs|deploy|compose|schemas|examples|benchmarks)/[\w./*+-]+", span):
            if not span.startswith(NOT_FILES) and not list(ROOT.glob(span.rstrip("/"))):
                missing.append(span)
        elif re.fullmatch(r"[\w+/]+\.swift", span) and span.rsplit("/")[-1] not in file_names():
            missing.append(span)
    assert not missing


def test_every_page_is_reached_from_the_readme():
    linked = set(re.findall(r"\]\(([^)#\s]+)", BY_NAME["README.md"].prose))
    assert {name for name in BY_NAME if re.fullmatch(r"docs/[^/]+\.md", name)} <= linked


def test_the_file_map_has_each_folder_once():
    first = [cell for row in ARCHITECTURE.rows("File map") for cell in re.findall(r"`([^`]+)`", row[0])]
    folders = {str(path.relative_to(ROOT / top)) + "/" for top in ("Sources", "Tests")
               for path in (ROOT / top).rglob("*") if path.is_dir() and "__pycache__" not in path.parts}
    named = {name for name in first if name.endswith("/")}
    # `include/` stands in the row of its folder.
    assert {folder for folder in folders if folder not in named and not folder.endswith("/include/")} == set()
    assert sorted(named) == sorted(name for name in first if name.endswith("/"))
    assert named - {"include/"} <= folders


def test_the_tests_that_guard_the_promises_are_there():
    sources = "\n".join(path.read_text() for path in (ROOT / "Tests").rglob("*.swift"))
    named = [quote for row in ARCHITECTURE.rows("The promises and what keeps them")[1:]
             for quote in re.findall(r'"([^"]+)"', row[2])]
    assert len(named) > 10
    assert [quote for quote in named if not all(part in sources for part in quote.split("…"))] == []


# MARK: commands


@per_document
def test_a_block_says_what_it_is(document):
    assert {language for language, _ in document.blocks} <= LANGUAGES


@per_document
def test_a_command_knows_its_options_and_a_tool_is_told(document):
    for block in document.blocks_of("sh"):
        for line in block.splitlines():
            for command in commands(document.name, line):
                name = command.program.rsplit("/", 1)[-1]
                if command.program in OURS | SCRIPTS:
                    assert not unknown_words(command), line
                elif command.program in FOREIGN:
                    assert f"# needs {FOREIGN[command.program]}" in block, line
                else:
                    assert command.program in AT_HAND, f"{name}: {line}"


def test_commands_in_the_prose_know_their_options():
    found = list(span_commands())
    assert len(found) > 50
    assert [(command.document, command.line, unknown) for command in found if (unknown := unknown_words(command))] == []


# MARK: settings


@per_document
def test_every_name_that_looks_like_a_setting_is_one(document):
    pattern = r"(?<![\w$])((?:ZITADEL|BRIDGE|KAFKA|CONSUMER|STATE)_[A-Z][A-Z_]*[A-Z])(?![\w<…{])"
    names = re.findall(pattern, document.text)
    assert {name for name in names if not is_setting(name) and name not in OTHERS_NAMES} == set()


@per_document
def test_a_block_of_settings_starts_the_programs(document):
    for block in document.blocks_of("ini"):
        values = dict(re.findall(r"^([A-Z_]+)=(\S+)", block, re.M))
        if "ZITADEL_GRPC_HOST" not in values:
            values |= {"ZITADEL_GRPC_HOST": "http://x", "ZITADEL_PAT": "x"}
        if "needs a librdkafka" in block:
            values = {name: value for name, value in values.items() if "OAUTHBEARER" not in name + value}
        for name, other in (("bridge", "consumer"), ("consumer", "bridge")):
            others = settings_of(other) - settings_of(name)
            assert problems_of_settings(name, {key: values[key] for key in set(values) - others}) == []


def test_the_table_of_settings_has_every_setting_with_its_default():
    rows = {name: row for row in OPERATIONS.rows("Configure") for name in re.findall(r"`([A-Z_]+)`", row[0])}
    assert set(defaults()) <= set(rows)
    shown = {name: re.findall(r"`([^`]+)`", rows[name][1]) for name in defaults()}
    assert {name for name, value in defaults().items() if value and value not in shown[name]} == set()


# MARK: metrics and messages


@functools.cache
def source(module="*"):
    """All of a module's text, with strings that go over several lines or additions joined."""
    files = sorted((ROOT / "Sources").glob(f"{module}/**/*.swift"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return re.sub(r'"\s*\n\s*\+ "', "", re.sub(r"\\\n\s*", "", text))


@functools.cache
def metrics():
    return set(re.findall(r'"((?:bridge|consumer|listener|process)_[a-z_]+)"', source()))


def metric_names(text):
    names = re.findall(r"(?<![\w.-])(?:bridge|consumer|listener_tls|process)_[a-z][a-z_]+(?![\w.…])", text)
    return {re.sub(r"_(bucket|sum|count)$", "", name) if name not in metrics() else name for name in names}


@per_document
def test_every_metric_named_exists(document):
    assert metric_names(document.text) <= metrics()


def test_the_table_of_metrics_has_every_metric():
    rows = OPERATIONS.rows("Metrics")
    assert metrics() <= metric_names(" ".join(row[0] for row in rows))


def test_every_message_of_the_table_is_in_the_code():
    messages = [text for row in OPERATIONS.rows("Log messages")[1:] for text in re.findall(r"`([^`]+)`", row[0])]
    assert len(messages) > 40
    assert [text for text in messages if f'"{text}"' not in source()] == []


def test_every_warning_and_error_is_in_the_table():
    calls = re.compile(r"\.(?:warning|error|critical)\(\s*\"([^\"\\]+)\"")
    logged = {text for module in PRODUCT for text in calls.findall(source(module))}
    assert len(logged) > 25
    assert {text for text in logged if f"`{text}`" not in OPERATIONS.section("Log messages")} == set()


def test_what_troubleshooting_shows_is_what_the_programs_say():
    first = [row[0] for section in re.findall(r"^## (.+)$", TROUBLESHOOTING.text, re.M)
             for row in TROUBLESHOOTING.rows(section)]
    shown = [double or single for cell in first for double, single in re.findall(r"`` (.+?) ``|`([^`]+)`", cell)]
    words = [text for text in shown if " " in text and not text.startswith(("state ", "rebuild ", "sum("))]
    assert len(words) > 60
    others = "|".join(["…", "service.host", "sasl.oauthbearer", *OTHERS_NAMES])
    parts = [(text, part.strip(" `")) for text in words for part in re.split(others, text)]
    assert [text for text, part in parts if part and part not in source()] == []


def test_every_alert_leads_to_a_section():
    groups = yaml.safe_load((ROOT / "deploy/observability/alerts.yml").read_text())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    named = re.findall(r"`(Zitadel\w+)`", TROUBLESHOOTING.section("Alerts"))
    assert sorted(named) == sorted(alerts)
