"""Bridge and consumer against a broker that asks for TLS, client certificates, or SASL."""

import os
import subprocess

import pytest
from conftest import REPOSITORY
from kafka_front import KafkaFront, make_certificate
from ports import free_addresses
from stack import Stack, eventually, get

PASSWORD = "correct-horse-battery-staple"


class SecuredStack(Stack):
    """Its broker is reached through a front only."""

    def __init__(self, folder, front):
        super().__init__(REPOSITORY, folder)
        self.front = front

    def start_broker(self):
        self.start("kafka-dev-broker", "--advertised-port", str(self.front.port))
        self.front.broker = self.printed("kafka-dev-broker", "port")
        self.bootstrap = self.settings["KAFKA_BOOTSTRAP_SERVERS"] = self.printed("kafka-dev-broker", "bootstrap")

    def __exit__(self, *_):
        super().__exit__()
        self.front.stop()


class Bridge:
    """Only a bridge that receives webhooks, and the secured broker."""

    def __init__(self, folder, front, **settings):
        self.stack = SecuredStack(folder, front)
        self.stack.start_broker()
        webhook, self.ops = free_addresses(2)
        self.stack.start(
            "zitadel-bridge", "run", ZITADEL_GRPC_HOST="http://127.0.0.1:9", ZITADEL_SIGNING_KEY="k" * 36,
            BRIDGE_LISTEN=webhook, BRIDGE_OPS_LISTEN=self.ops, **settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.__exit__()

    @property
    def log(self):
        return (self.stack.folder / "zitadel-bridge.log").read_text(encoding="utf-8")

    def ready(self):
        return get(f"http://{self.ops}/readyz")


@pytest.fixture
def own(tmp_path):
    return make_certificate(tmp_path, "own")


def tls(certificate, **settings):
    return {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CA_LOCATION": str(certificate)} | settings


def sasl(certificate, mechanism, password_file):
    return tls(
        certificate, KAFKA_SECURITY_PROTOCOL="SASL_SSL", KAFKA_SASL_MECHANISM=mechanism, KAFKA_SASL_USERNAME="bridge",
        KAFKA_SASL_PASSWORD_FILE=str(password_file))


def write_secret(path, secret):
    """Another file in its place, as a secret store does it."""
    new = path.with_suffix(".new")
    new.write_text(secret + "\n")
    os.replace(new, path)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_every_event_gets_through_tls_and_sasl_into_the_state(tmp_path, own, mechanism):
    password = tmp_path / "password"
    write_secret(password, PASSWORD)
    front = KafkaFront(*own, users={"bridge": PASSWORD})
    stack = SecuredStack(tmp_path, front)
    stack.settings |= sasl(own[0], mechanism, password)
    with stack:
        stack.play_demo()
        assert '"userId"' in stack.run("zitadel-consumer", "state", "export")
        assert front.logged_in >= 2
    for log in tmp_path.glob("*.log"):
        assert PASSWORD not in log.read_text(encoding="utf-8"), log.name


def test_a_broker_that_nobody_vouches_for_gets_nothing(tmp_path, own):
    other = make_certificate(tmp_path, "other")
    with Bridge(tmp_path, KafkaFront(*own), **tls(other[0])) as bridge:
        eventually("the fault is told", lambda: "certificate verify failed" in bridge.log)
        assert not bridge.ready()
        assert bridge.stack.front.logged_in == 0


def test_an_expired_certificate_is_refused(tmp_path):
    expired = make_certificate(tmp_path, "expired", days=-1)
    with Bridge(tmp_path, KafkaFront(*expired), **tls(expired[0])) as bridge:
        eventually("the fault is told", lambda: "certificate has expired" in bridge.log or "verify failed" in bridge.log)
        assert not bridge.ready()
        assert bridge.stack.front.logged_in == 0


def test_a_client_certificate_opens_and_its_lack_does_not(tmp_path, own):
    client = make_certificate(tmp_path, "client")
    settings = tls(own[0], KAFKA_SSL_CERTIFICATE_LOCATION=str(client[0]), KAFKA_SSL_KEY_LOCATION=str(client[1]))
    (tmp_path / "with").mkdir()
    with Bridge(tmp_path / "with", KafkaFront(*own, client_authority=client[0]), **settings) as bridge:
        eventually("it is ready", bridge.ready)
    (tmp_path / "without").mkdir()
    with Bridge(tmp_path / "without", KafkaFront(*own, client_authority=client[0]), **tls(own[0])) as bridge:
        eventually("the fault is told", lambda: "Kafka does not answer" in bridge.log)
        assert not bridge.ready()


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_a_wrong_password_is_told_without_repeating_it(tmp_path, own, mechanism):
    password = tmp_path / "password"
    write_secret(password, "wrong-" + PASSWORD)
    front = KafkaFront(*own, users={"bridge": PASSWORD})
    with Bridge(tmp_path, front, **sasl(own[0], mechanism, password)) as bridge:
        eventually("the fault is told", lambda: "uthentication" in bridge.log)
        assert not bridge.ready()
        assert PASSWORD not in bridge.log
        assert front.logged_in == 0


def test_a_replaced_password_is_used_without_a_restart(tmp_path, own):
    password = tmp_path / "password"
    write_secret(password, PASSWORD)
    front = KafkaFront(*own, users={"bridge": PASSWORD})
    with Bridge(tmp_path, front, **sasl(own[0], "SCRAM-SHA-256", password)) as bridge:
        eventually("it is ready", bridge.ready)
        front.users = {"bridge": "new-" + PASSWORD}
        write_secret(password, "new-" + PASSWORD)
        eventually("the file is read again", lambda: "Secret file read again" in bridge.log)
        before = front.logged_in
        front.drop_connections()
        eventually("it logs in again", lambda: front.logged_in > before and bridge.ready())


FAULTS = {
    "KAFKA_SSL_CA_LOCATION": {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CA_LOCATION": "/nowhere.pem"},
    "KAFKA_SECURITY_PROTOCOL": {"KAFKA_SECURITY_PROTOCOL": "TLS"},
    "KAFKA_SASL_PASSWORD": {"KAFKA_SASL_PASSWORD": PASSWORD},
    "KAFKA_SSL_KEY_LOCATION": {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "KAFKA_SSL_KEY_LOCATION": "/key.pem"},
    "KAFKA_SASL_MECHANISM": {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "NONSENSE"},
    "KAFKA_SASL_PASSWORD_FILE": {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_PASSWORD_FILE": "/nowhere"},
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("program", ["zitadel-bridge", "zitadel-consumer"])
def test_a_setting_that_cannot_work_stops_the_start(tmp_path, program, name):
    settings = {
        "PATH": os.environ["PATH"], "ZITADEL_GRPC_HOST": "http://127.0.0.1:9", "ZITADEL_SIGNING_KEY": "k" * 36,
        "STATE_URL": f"sqlite://{tmp_path}/state.db", "BRIDGE_LISTEN": "127.0.0.1:0", "BRIDGE_OPS_LISTEN": "127.0.0.1:0",
        "CONSUMER_LISTEN": "127.0.0.1:0", "CONSUMER_OPS_LISTEN": "127.0.0.1:0", **FAULTS[name]}
    done = subprocess.run(
        [REPOSITORY / ".build" / "debug" / program, "run"], env=settings, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=30, check=False)
    errors = done.stderr.decode()
    assert done.returncode == 2, errors
    assert name in errors or name.removeprefix("KAFKA_").lower().replace("_", ".") in errors, errors
    assert PASSWORD not in errors
