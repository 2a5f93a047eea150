"""deploy/: the image, the units and the manifests say what the programs do, and are hardened."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from programs import ROOT, clean, default_of, env_file, problems_of_settings, program

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
KUBERNETES = DEPLOY / "kubernetes"
# The oldest release that Kubernetes still mends is newer.
KUBERNETES_VERSION = "1.33"
# The most that systemd may find open, of 10.
EXPOSURE = 2.0


def port(program_name, key):
    return int(default_of(program_name, key).rsplit(":", 1)[1])


PORTS = {
    "bridge": {port("bridge", "BRIDGE_LISTEN"), port("bridge", "BRIDGE_OPS_LISTEN")},
    "consumer": {port("consumer", "CONSUMER_LISTEN"), port("consumer", "CONSUMER_OPS_LISTEN")},
}


# MARK: image


def stages():
    """Name of a stage → its base and its instructions, those of a base of ours first."""
    found = {}
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.M))
    for part in re.split(r"^FROM ", joined, flags=re.M)[1:]:
        head, _, body = part.partition("\n")
        base, name = re.fullmatch(r"(\S+) AS (\w+)", head.strip()).groups()
        own = [re.match(r"(\w+)\s+(.*)", line).groups() for line in body.splitlines() if line.strip()]
        found[name] = (base, found.get(base, (None, []))[1] + own)
    return found


STAGES = stages()
IMAGES = ["bridge", "consumer", "simulator"]


def last(stage, instruction):
    return [text for name, text in STAGES[stage][1] if name == instruction][-1]


def installed(stage):
    return set(" ".join(text for name, text in STAGES[stage][1] if name == "RUN").split())


def test_hadolint_finds_nothing():
    command = [Path(sys.executable).parent / "hadolint", "--config", DEPLOY / ".hadolint.yaml", DEPLOY / "Dockerfile"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("stage", STAGES)
def test_a_base_is_ours_or_pinned_to_a_version_of_debian_12(stage):
    base = STAGES[stage][0]
    assert base in STAGES or re.fullmatch(r"\w+:([\d.]+-bookworm|bookworm-\d{8}-slim)", base)
    assert "ADD" not in [name for name, _ in STAGES[stage][1]]


@pytest.mark.parametrize("stage", IMAGES)
def test_an_image_runs_one_program_without_root_and_without_a_shell(stage):
    name = f"zitadel-{stage}"
    assert int(last(stage, "USER").split(":")[0]) > 1000
    assert last(stage, "ENTRYPOINT") == f'["{name}"]'
    assert f"/programs/{name} /usr/local/bin/" in last(stage, "COPY")
    check = re.search(r'CMD (\[.*\])', last(stage, "HEALTHCHECK"))[1]
    words = yaml.safe_load(check)
    assert words[0] == name
    command = [program(name), *words[1:], "--help"]
    asked = subprocess.run(command, check=True, capture_output=True, text=True, env=clean({}))
    assert f"USAGE: {name} {words[1]} " in asked.stdout, "no such command"
    if stage in PORTS:
        assert {int(number) for number in last(stage, "EXPOSE").split()} == PORTS[stage]


def test_the_builder_has_the_libraries_that_the_tests_ran_with():
    packages = re.search(r"^PACKAGES=\(([^)]*)\)", (ROOT / "dev").read_text(), re.M)[1].split()
    wanted = {name for name in packages if name.endswith("-dev") or name == "pkg-config"}
    assert wanted <= installed("build")
    swift = re.match(r"swift:(\d+)\.(\d+)", STAGES["build"][0]).groups()
    least = re.search(r"^SWIFT_MIN=(\d+)\.(\d+)", (ROOT / "dev").read_text(), re.M).groups()
    assert tuple(map(int, swift)) >= tuple(map(int, least))


@pytest.mark.skipif(not shutil.which("dpkg"), reason="asks Debian which package a library is from")
@pytest.mark.parametrize("name", ["zitadel-bridge", "zitadel-consumer", "zitadel-simulator"])
def test_the_image_has_every_library_that_a_program_loads(name):
    listed = subprocess.run(["ldd", program(name)], check=True, capture_output=True, text=True).stdout
    needed = subprocess.run(["readelf", "-d", program(name)], check=True, capture_output=True, text=True).stdout
    direct = set(re.findall(r"\(NEEDED\).*\[(.*)\]", needed))
    for library, path in re.findall(r"(\S+) => (/\S+)", listed):
        # The Swift runtime is linked into the programs of the image.
        if library not in direct or "/swift/" in path:
            continue
        # By its name alone: /lib is a link to /usr/lib, and packages know either.
        owner = subprocess.run(["dpkg", "-S", f"*/{Path(path).name}"], capture_output=True, text=True).stdout
        package = owner.split(":")[0]
        # Of every image of Debian.
        assert package in installed("runtime") | {"libc6", "libgcc-s1", "libstdc++6"}, f"{library} is from {package}"


def test_the_build_context_is_what_the_compiler_needs():
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert kept == ["Package.swift", "Package.resolved", "Sources", "Tests"]


# MARK: units


def unit(path):
    found = {}
    for line in path.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs Debian's package systemd")


@needs_systemd
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_finds_little_open(path):
    command = ["systemd-analyze", "security", "--offline=yes", f"--threshold={int(EXPOSURE * 10)}", "--no-pager", path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@needs_systemd
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_systemd_takes_the_unit(path, tmp_path):
    copy = tmp_path / path.name
    # The program as it was built: systemd asks for the file.
    copy.write_text(path.read_text().replace(f"/usr/local/bin/{path.stem}", program(path.stem)))
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", copy]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and path.name not in done.stderr, done.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_the_program_takes_the_environment_of_the_unit(path):
    written, name = unit(path), path.stem.removeprefix("zitadel-")
    environment = env_file(DEPLOY / f"systemd/{name}.env.example")
    environment |= dict(text.split("=", 1) for text in written["Environment"])
    if "StateDirectory" in written:
        environment["STATE_DIRECTORY"] = "/var/lib/" + written["StateDirectory"][0]
    for key in written.get("UnsetEnvironment", []):
        environment.pop(key, None)
    assert problems_of_settings(name, environment) == []
    assert written["EnvironmentFile"] == [f"/etc/zitadel-kafka-bridge/{name}.env"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_credential_that_is_named_is_loaded(path):
    written = unit(path)
    loaded = {text.split(":")[0] for text in written["LoadCredential"]}
    assert {text.split("%d/")[1] for text in written["Environment"]} == loaded


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_there_is_time_for_a_graceful_end(path):
    lifecycle = (ROOT / "Sources/ServiceRuntime/Lifecycle/RunServices.swift").read_text()
    seconds = [int(number) for number in re.findall(r"\.seconds\((\d+)\)", lifecycle)]
    assert sum(sorted(seconds)[-2:]) < int(unit(path)["TimeoutStopSec"][0])


def test_the_state_is_where_the_unit_may_write():
    state = env_file(DEPLOY / "systemd/consumer.env.example")["STATE_URL"]
    written = unit(DEPLOY / "systemd/zitadel-consumer.service")
    assert state.startswith(f"sqlite:///var/lib/{written['StateDirectory'][0]}/")
    assert f"u {written['User'][0]} " in (DEPLOY / "systemd/zitadel-consumer.sysusers").read_text()


# MARK: Kubernetes


KUSTOMIZATION = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
OBJECTS = [
    item for name in KUSTOMIZATION["resources"] for item in yaml.safe_load_all((KUBERNETES / name).read_text())
]
DEPLOYMENTS = {item["metadata"]["name"]: item for item in OBJECTS if item["kind"] == "Deployment"}


def of_kind(kind):
    return {item["metadata"]["name"]: item for item in OBJECTS if item["kind"] == kind}


def container(name):
    (only,) = DEPLOYMENTS[name]["spec"]["template"]["spec"]["containers"]
    return only


@pytest.mark.parametrize("item", OBJECTS, ids=lambda item: f"{item['kind']} {item['metadata']['name']}")
def test_an_object_keeps_the_schema_of_kubernetes(item):
    kubernetes_validate.validate(item, KUBERNETES_VERSION, strict=True)


def test_an_unknown_member_would_be_noticed():
    item = {**of_kind("Service")["bridge"]}
    item["spec"] = item["spec"] | {"selektor": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(item, KUBERNETES_VERSION, strict=True)


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not in Debian 12")
def test_kustomize_builds_it():
    subprocess.run(["kubectl", "kustomize", KUBERNETES], check=True, capture_output=True)


def test_the_two_programs_are_deployed_twice_each():
    assert {name: item["spec"]["replicas"] for name, item in DEPLOYMENTS.items()} == {"bridge": 2, "consumer": 2}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_pod_is_restricted(name):
    pod, inner = DEPLOYMENTS[name]["spec"]["template"]["spec"], container(name)["securityContext"]
    assert pod["enableServiceLinks"] is False and pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert inner["readOnlyRootFilesystem"] and not inner["allowPrivilegeEscalation"]
    assert inner["capabilities"]["drop"] == ["ALL"]
    assert str(pod["securityContext"]["runAsUser"]) == last(name, "USER").split(":")[0]
    assert pod["terminationGracePeriodSeconds"] > 30
    assert container(name)["resources"]["limits"]["memory"] and container(name)["resources"]["requests"]["cpu"]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_ports_and_probes_are_those_of_the_program(name):
    ports = {port["name"]: port["containerPort"] for port in container(name)["ports"]}
    assert set(ports.values()) == PORTS[name]
    ops = default_of(name, f"{name.upper()}_OPS_LISTEN").split(":")[1]
    assert ports["ops"] == int(ops)
    probes = {probe: container(name)[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert all(probe["port"] == "ops" for probe in probes.values())
    assert [probe["path"] for probe in probes.values()] == ["/livez", "/livez", "/readyz"]
    annotations = DEPLOYMENTS[name]["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == ops
    for exposed in of_kind("Service")[name]["spec"]["ports"]:
        assert exposed["port"] == ports[exposed["targetPort"]] and exposed["targetPort"] != "ops"


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_selectors_find_the_pods(name):
    labels = DEPLOYMENTS[name]["spec"]["template"]["metadata"]["labels"]
    ports = {port["name"] for port in container(name)["ports"]}
    selectors = [
        DEPLOYMENTS[name]["spec"]["selector"]["matchLabels"], of_kind("Service")[name]["spec"]["selector"],
        of_kind("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"],
        of_kind("NetworkPolicy")[name]["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector.items() <= labels.items() for selector in selectors)
    rules = of_kind("NetworkPolicy")[name]["spec"]["ingress"]
    assert {port["port"] for rule in rules for port in rule["ports"]} == ports


def test_nothing_but_what_is_named_may_talk():
    policy = of_kind("NetworkPolicy")["nothing-else"]["spec"]
    assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_the_program_takes_the_environment_of_the_pod(name):
    (source,) = container(name)["envFrom"]
    generated = {item["name"]: item["envs"] for item in KUSTOMIZATION["configMapGenerator"]}
    (file,) = generated[source["configMapRef"]["name"]]
    assert problems_of_settings(name, env_file(KUBERNETES / file)) == []


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_secret_file_is_mounted_and_its_making_is_told(name):
    (mount,) = container(name)["volumeMounts"]
    (volume,) = DEPLOYMENTS[name]["spec"]["template"]["spec"]["volumes"]
    readme = (KUBERNETES / "README.md").read_text()
    making = re.search(rf"create secret generic {volume['secret']['secretName']} (.*)", readme)[1]
    made = set(re.findall(r"--from-file=([\w-]+)=", making))
    files = [path for key, path in env_file(KUBERNETES / f"{name}.env").items() if key.endswith("_FILE")]
    assert mount["name"] == volume["name"] and {str(Path(path).parent) for path in files} == {mount["mountPath"]}
    assert {Path(path).name for path in files} == made


def test_zitadel_is_told_the_name_of_the_service():
    endpoint = env_file(KUBERNETES / "bridge.env")["ZITADEL_WEBHOOK_ENDPOINT"]
    host = f"bridge.{KUSTOMIZATION['namespace']}.svc.cluster.local"
    assert endpoint == f"http://{host}:{port('bridge', 'BRIDGE_LISTEN')}/webhook/zitadel-events"
    assert KUSTOMIZATION["namespace"] in of_kind("Namespace")
