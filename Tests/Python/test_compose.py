"""compose/: what it refers to exists, nothing is open to other machines, and its processes work together."""

import ipaddress
import json
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest
import yaml
from compose_spec.models import ComposeSpecification, Service

from ports import free_port
from programs import (
    COMPOSE, ROOT, clean, compose, default_of, env_file, eventually, get, pipeline, problems_of_settings,
    program, topics,
)

SERVICES = compose()["services"]
PRODUCT = [name for name, service in SERVICES.items() if "build" in service]

# The default of Zitadel 4.17, `HTTPClient.DenyList` of its cmd/defaults.yaml.
ZITADEL_DENIES = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "198.18.0.0/15", "::/128", "::1/128", "fc00::/7", "fe80::/10",
]


def test_it_is_a_valid_compose_file():
    ComposeSpecification.model_validate(compose())


@pytest.mark.parametrize("name", SERVICES)
def test_every_key_of_a_service_is_known(name):
    known = {field.alias or key for key, field in Service.model_fields.items()}
    assert set(SERVICES[name]) <= known


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_by_a_version(name):
    version = SERVICES[name]["image"].rsplit(":", 1)[1]
    assert re.fullmatch(r"v?\d+\.\d+(\.\d+)?(-[a-z]+[\d.]*)?", version)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_there(name):
    service, whole = SERVICES[name], compose()
    assert set(service.get("networks", [])) <= set(whole["networks"])
    assert set(service.get("secrets", [])) <= set(whole["secrets"])
    assert set(service.get("depends_on", [])) <= set(SERVICES)
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source in whole["volumes"] if "/" not in source else (COMPOSE / source).exists(), volume


@pytest.mark.parametrize("name", SERVICES)
def test_a_secret_that_is_read_is_mounted(name):
    service = SERVICES[name]
    text = json.dumps([service.get("environment", {}), service.get("command", [])])
    read = {path for path in re.findall(r"/run/secrets/([\w.-]+)", text)}
    assert read <= set(service.get("secrets", []))


@pytest.mark.parametrize("name", SERVICES)
def test_no_password_stands_in_an_environment(name):
    for key, value in SERVICES[name].get("environment", {}).items():
        if re.search("PASSWORD|MASTERKEY|TOKEN|SECRET|_PAT", key):
            assert key.endswith(("_FILE", "_PATPATH", "_PAT_EXPIRATIONDATE")), f"{key}={value}"


def test_ports_are_published_on_loopback_and_do_not_clash():
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert len({port.split(":")[1] for port in published}) == len(published)


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_gains_privileges(name):
    assert "no-new-privileges:true" in SERVICES[name]["security_opt"]
    if name in PRODUCT:
        assert SERVICES[name]["read_only"] and SERVICES[name]["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("service", ["bridge", "bridge-simulator", "consumer"])
def test_the_programs_take_the_environment(service):
    assert problems_of_settings(service.split("-")[0], SERVICES[service]["environment"]) == []


def test_a_misspelled_setting_would_be_noticed():
    environment = SERVICES["bridge"]["environment"]
    assert problems_of_settings("bridge", environment | {"BRIDGE_POLL_INTERVALL": "30s"})
    assert problems_of_settings("bridge", environment | {"KAFKA_SECURITY_PROTOCOLL": "ssl"})


@pytest.mark.parametrize("name", PRODUCT)
def test_a_product_image_is_a_target_of_the_dockerfile(name):
    build = SERVICES[name]["build"]
    dockerfile = (COMPOSE / build["context"] / build["dockerfile"]).read_text()
    assert re.search(rf"^FROM \S+ AS {build['target']}$", dockerfile, re.M)


def test_variables_are_those_of_the_example():
    used = set(re.findall(r"\$\{([A-Z_]+)", (COMPOSE / "compose.yaml").read_text()))
    example = set(env_file(COMPOSE / ".env.example"))
    assert used == example - {"COMPOSE_PROFILES"}
    profiles = {profile for service in SERVICES.values() for profile in service.get("profiles", [])}
    assert env_file(COMPOSE / ".env.example")["COMPOSE_PROFILES"] in profiles


def test_each_profile_has_one_zitadel_and_one_bridge():
    for profile in ("zitadel", "simulator"):
        started = [name for name, service in SERVICES.items() if profile in service.get("profiles", [profile])]
        bridges = [name for name in started if name.startswith("bridge")]
        assert len(bridges) == 1
        networks = SERVICES[bridges[0]]["networks"]
        assert "bridge" in networks["monitoring"]["aliases"] and "bridge.webhook" in networks["webhook"]["aliases"]
        assert set(SERVICES[bridges[0]]["depends_on"]) <= set(started)


def test_zitadel_may_call_the_webhook_network_and_no_other_private_address():
    written = SERVICES["zitadel"]["environment"]["ZITADEL_HTTPCLIENT_DENYLIST"].split(",")
    assert written[0] == "localhost"
    denied = {ipaddress.ip_network(text) for text in written[1:]}
    webhooks = ipaddress.ip_network(compose()["networks"]["webhook"]["ipam"]["config"][0]["subnet"])
    assert not any(network.version == 4 and network.overlaps(webhooks) for network in denied)
    expected = set()
    for text in ZITADEL_DENIES:
        network = ipaddress.ip_network(text)
        inside = network.version == 4 and webhooks.subnet_of(network)
        expected |= set(network.address_exclude(webhooks)) if inside else {network}
    assert denied == expected


def test_zitadel_reaches_the_bridge_by_the_webhook_network_alone():
    bridge, zitadel = SERVICES["bridge"], SERVICES["zitadel"]
    host = re.match(r"http://([\w.]+):8094/", bridge["environment"]["ZITADEL_WEBHOOK_ENDPOINT"])[1]
    named = [network for network, about in bridge["networks"].items() if host in (about or {}).get("aliases", [])]
    assert named == ["webhook"] and "webhook" in zitadel["networks"]


def test_topics_have_the_names_of_the_settings_and_keep_the_promises():
    events, letters, cursor = (topics()[default_of(*key)] for key in (
        ("bridge", "KAFKA_TOPIC"), ("consumer", "KAFKA_DLQ_TOPIC"), ("bridge", "KAFKA_CURSOR_TOPIC")))
    assert len(topics()) == 3
    assert "--partitions 12" in events and "cleanup.policy=delete" in events and "retention.ms=-1" in events
    assert "--partitions 1 " in letters and "cleanup.policy=delete" in letters and "retention.ms=-1" in letters
    assert "--partitions 1 " in cursor and "cleanup.policy=compact" in cursor


def test_prometheus_scrapes_both_programs_at_their_own_ports():
    jobs = yaml.safe_load((COMPOSE / "prometheus/prometheus.yml").read_text())["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}
    bridge, consumer = (default_of(*key).split(":")[1] for key in (
        ("bridge", "BRIDGE_OPS_LISTEN"), ("consumer", "CONSUMER_OPS_LISTEN")))
    assert targets == {"zitadel-bridge": [f"bridge:{bridge}"], "zitadel-consumer": [f"consumer:{consumer}"]}


def test_prepare_makes_every_secret_once_and_closes_the_folder(tmp_path):
    for path in ("prepare", ".env.example"):
        (tmp_path / path).write_bytes((COMPOSE / path).read_bytes())
    (tmp_path / "prepare").chmod(0o755)
    subprocess.run([tmp_path / "prepare"], check=True, capture_output=True)
    secrets = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    files = {Path(secret["file"]).name for secret in compose()["secrets"].values()}
    assert files <= set(secrets) and len(secrets["zitadel-masterkey"]) == 32
    assert stat.S_IMODE(os.stat(tmp_path / "secrets").st_mode) == 0o700
    subprocess.run([tmp_path / "prepare"], check=True, capture_output=True)
    assert secrets == {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}


def test_secrets_are_not_committed():
    for path in ("compose/.env", "compose/secrets/state-url"):
        assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT).returncode == 0, path


def test_the_health_checks_of_the_images_pass_beside_running_programs():
    running = pipeline()
    checks = [
        ["zitadel-bridge", "status", "--url", f"http://{running.bridge_ops}"],
        ["zitadel-consumer", "status", "--address", running.consumer_ops],
        ["zitadel-simulator", "stats", "--server", f"http://{running.zitadel}"],
    ]
    for command in checks:
        subprocess.run([program(command[0]), *command[1:]], check=True, capture_output=True, env=clean({}))


def test_the_health_checks_fail_where_nobody_answers():
    for name in ("bridge", "consumer"):
        nobody = {f"{name.upper()}_OPS_LISTEN": f"127.0.0.1:{free_port()}"}
        done = subprocess.run([program(f"zitadel-{name}"), "status"], capture_output=True, env=clean(nobody))
        assert done.returncode == 1


def test_an_event_of_the_demo_reaches_the_state_by_webhook():
    running = pipeline()
    running.demo
    users = eventually(
        "users in the state",
        lambda: json.loads(get(f"http://{running.queries}/v1/users", running.token()) or "{}").get("users"))
    assert users[0]["userId"]
    assert get(f"http://{running.queries}/v1/users") is None, "the query API answers without its token"
    metrics = get(f"http://{running.bridge_ops}/metrics")
    published = re.search(r'bridge_events_total\{path="webhook",outcome="published"\} (\d+)', metrics)
    assert int(published[1]) > 0
