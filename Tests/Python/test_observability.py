"""deploy/observability/: rules and dashboard ask for what the programs expose, and each alert does what it says."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from programs import COMPOSE, ROOT, eventually, get, pipeline

FOLDER = ROOT / "deploy/observability"
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
DASHBOARD = json.loads((FOLDER / "grafana/zitadel-kafka-bridge.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
# What Prometheus adds to each series, and what it makes itself.
OF_PROMETHEUS = {"job": {"zitadel-bridge", "zitadel-consumer"}, "instance": None}
MADE_BY_PROMETHEUS = {"up"}

EXPRESSIONS = [("rule " + rule.get("alert", rule.get("record")), rule["expr"]) for rule in RULES] + [
    (f"panel {panel['title']} {target['refId']}", target["expr"]) for panel in PANELS for target in panel["targets"]
]


def promtool(*arguments):
    found = ROOT / ".build/promtool/usr/bin/promtool"
    command = str(found) if found.exists() else shutil.which("promtool")
    assert command, "promtool is missing: ./dev install"
    return subprocess.run([command, *map(str, arguments)], capture_output=True, text=True)


def without_variables(expression):
    """As Grafana sends it."""
    return expression.replace("$__rate_interval", "5m").replace("$__range", "6h")


@pytest.fixture(scope="module")
def exposed():
    """Name of a series → the labels of each, from `/metrics` of running programs."""
    running = pipeline()
    running.demo

    def scraped():
        texts = [get(f"http://{address}/metrics") or "" for address in (running.bridge_ops, running.consumer_ops)]
        # These have a value after the first complete poll, and after the first assignment.
        has_values = "\nbridge_held_events " in texts[0] and "\nconsumer_lag_records{" in texts[1]
        return texts if has_values else None

    found = {}
    for line in "\n".join(eventually("both programs' metrics", scraped)).splitlines():
        match = re.match(r"([a-z_]+)(?:\{(.*)\})? ", line)
        if match:
            labels = dict(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
            found.setdefault(match[1], []).append(labels)
    return found


def unquoted(expression):
    return re.sub(r'"[^"]*"', '""', expression)


def names(expression):
    """Metrics of an expression: words that are no function, keyword, label or duration."""
    text = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|without|on|ignoring)\s*\([^)]*\)", " ", unquoted(expression))
    words = re.findall(r"[a-zA-Z_:][\w:]*(?!\s*\()\b", text)
    return {word for word in words if not re.search(rf"\b{word}\s*\(", text)} - {"and", "or", "unless"}


def test_rules_keep_the_syntax():
    done = promtool("check", "rules", FOLDER / "alerts.yml")
    assert done.returncode == 0, done.stderr


def test_alerts_fire_and_are_quiet_when_they_should():
    done = promtool("test", "rules", FOLDER / "alerts_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_has_a_history_that_makes_it_fire_and_one_that_does_not():
    tests = yaml.safe_load((FOLDER / "alerts_test.yml").read_text())["tests"]
    asked = [(case["alertname"], bool(case["exp_alerts"])) for test in tests for case in test["alert_rule_test"]]
    assert set(asked) == {(name, fires) for name in ALERTS for fires in (True, False)}


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_urgent_it_is_and_what_it_means(name):
    assert ALERTS[name]["labels"]["severity"] in ("page", "ticket") and ALERTS[name]["annotations"]["summary"]


def test_the_queries_of_the_dashboard_parse(tmp_path):
    queries = [{"record": f"q{i}", "expr": without_variables(e)} for i, (_, e) in enumerate(EXPRESSIONS)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": queries}]}))
    done = promtool("check", "rules", "--lint=none", tmp_path / "rules.yml")
    assert done.returncode == 0, done.stderr
    assert not re.search(r"\$\w", "".join(query["expr"] for query in queries)), "an unknown variable"


def unknown_labels(expression, exposed):
    """Labels, and values of labels, that no series of the metrics of an expression has."""
    series = [one for name in names(expression) for one in exposed.get(name, [])]
    known = {key for one in series for key in one} | set(OF_PROMETHEUS)
    grouped = {word.strip() for listed in re.findall(r"\bby\s*\(([^)]*)\)", expression) for word in listed.split(",")}
    found = [f"by ({label})" for label in grouped - known]
    for name, selectors in re.findall(r"([a-z_]+)\{([^}]*)\}", expression):
        for key, operator, value in re.findall(r'(\w+)\s*(=~|!=|=)\s*"([^"]*)"', selectors):
            present = OF_PROMETHEUS.get(key) or {one[key] for one in exposed.get(name, []) if key in one}
            options = alternatives(value) if operator == "=~" else [value]
            found += [f'{name}{{{key}="{option}"}}' for option in options if not any(
                re.fullmatch(option, text) if operator == "=~" else option == text for text in present)]
    return found


def alternatives(pattern):
    """Each branch of a pattern of ours: `a|b`, or `before-(a|b)`."""
    pattern = pattern.replace("\\\\", "\\")
    inner = re.fullmatch(r"(.*)\((.*\|.*)\)", pattern)
    return [f"{inner[1]}{part}" for part in inner[2].split("|")] if inner else pattern.split("|")


def test_the_programs_expose_what_rules_and_dashboard_ask_for(exposed):
    known = set(exposed) | RECORDED | MADE_BY_PROMETHEUS
    missing = {where: found for where, text in EXPRESSIONS if (found := names(without_variables(text)) - known)}
    assert missing == {}


def test_the_programs_expose_the_labels_that_rules_and_dashboard_ask_for(exposed):
    missing = {
        where: found for where, text in EXPRESSIONS if (found := unknown_labels(without_variables(text), exposed))}
    assert missing == {}


def test_a_label_that_is_not_there_would_be_noticed(exposed):
    assert unknown_labels('sum by (kind) (bridge_events_total{path="poll"})', exposed) == ["by (kind)"]
    assert unknown_labels('bridge_events_total{outcome=~"published|lost"}', exposed) == [
        'bridge_events_total{outcome="lost"}']


def test_a_metric_that_is_not_there_would_be_noticed(exposed):
    asked = names('sum by (le) (rate(bridge_no_such_seconds_bucket{path="poll"}[5m])) > 0 and up == 1')
    assert asked == {"bridge_no_such_seconds_bucket", "up"}
    assert "bridge_no_such_seconds_bucket" not in exposed


def test_panels_have_their_own_ids_and_do_not_overlap():
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    cells = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        columns, lines = (range(place[at], place[at] + place[size]) for at, size in (("x", "w"), ("y", "h")))
        own = {(x, y) for x in columns for y in lines}
        assert not own & cells and place["x"] + place["w"] <= 24, panel["title"]
        cells |= own


def test_the_dashboard_has_a_row_for_each_part():
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows == ["Time to revoke", "Ingress", "Polling", "Kafka", "Consumer", "Processes"]


def test_compose_gives_rules_and_dashboard_to_prometheus_and_grafana():
    written = (COMPOSE / "compose.yaml").read_text()
    provider = yaml.safe_load((COMPOSE / "grafana/dashboards.yml").read_text())["providers"][0]
    rules = yaml.safe_load((COMPOSE / "prometheus/prometheus.yml").read_text())["rule_files"]
    assert f"../deploy/observability/grafana:{provider['options']['path']}:ro" in written
    assert [f"../deploy/observability/alerts.yml:{path}:ro" in written for path in rules] == [True]
