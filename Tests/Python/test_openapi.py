"""The OpenAPI documents and the running programs: answers have the form they tell, and whatever they allow is answered."""

import hmac
import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from conftest import REPOSITORY
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from ports import free_addresses
from stack import get

QUERY = REPOSITORY / "schemas/openapi/zitadel-consumer.openapi.json"
WEBHOOK = REPOSITORY / "schemas/openapi/zitadel-bridge.openapi.json"
TOKEN = "openapi-tests"
# Without unsupported_method: its answer is a problem document as well, but 405 is not listed for each path.
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
          "response_schema_conformance,negative_data_rejection,positive_data_acceptance,ignored_auth")


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [QUERY, WEBHOOK], ids=lambda path: path.stem)
def test_the_document_is_valid(path):
    validate(load(path))


@pytest.fixture(scope="module")
def api(stack):
    """A consumer of its own with a token, behind the demo."""
    listen, ops = free_addresses(2)
    stack.start(
        "zitadel-consumer", "run", STATE_URL=f"sqlite://{stack.folder}/openapi.db", KAFKA_GROUP_ID="openapi",
        CONSUMER_LISTEN=listen, CONSUMER_OPS_LISTEN=ops, CONSUMER_API_TOKEN=TOKEN, KAFKA_FETCH_WAIT_MAX_MS="10")
    stack.wait("all is applied", lambda: json.loads(get(f"http://{ops}/status") or "{}").get("lag") == 0)
    return f"http://{listen}"


def ask(url, **headers):
    """-> status, headers, body"""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"} | headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def resolved(document, node):
    while "$ref" in node:
        for name in node["$ref"].removeprefix("#/").split("/"):
            node_of = document if name == "components" else node_of
            node_of = node_of[name]
        node = node_of
    return node


def check(document, template, url, status, **headers):
    """The answer is one that the document tells of this resource."""
    found, headers, body = ask(url, **headers)
    assert found == status, (url, body)
    response = resolved(document, document["paths"][template]["get"]["responses"][str(status)])
    for name, header in response.get("headers", {}).items():
        header = resolved(document, header)
        assert name in headers or not header.get("required"), (url, name)
        schema = resolved(document, header["schema"])
        if name in headers and schema.get("type") != "integer":
            Draft202012Validator(schema).validate(headers[name])
    if "content" not in response:
        assert body == b""
        return headers, None
    (media, content), = response["content"].items()
    assert headers["Content-Type"] == media
    answer = json.loads(body)
    Draft202012Validator(content["schema"] | {"components": document["components"]}).validate(answer)
    return headers, answer


def test_every_resource_answers_in_its_form(api):
    document = load(QUERY)
    seen = set()

    def told(template, status, query="", **parts):
        seen.add(template)
        path = template.replace("{id}", urllib.parse.quote(parts.get("id", ""), safe=""))
        headers = {name.replace("_", "-"): value for name, value in parts.items() if name != "id"}
        return check(document, template, api + path + query, status, **headers)

    users = told("/v1/users", 200)[1]["users"]
    assert {user["kind"] for user in users} == {"human", "machine"}
    for user in users:
        one, told_user = told("/v1/users/{id}", 200, id=user["userId"])
        assert told_user == user
        told("/v1/users/{id}", 304, id=user["userId"], If_None_Match=one["ETag"])
        access = told("/v1/users/{id}/access", 200, id=user["userId"])[1]["access"]
        context = told("/v1/access", 200, f"?user={user['userId']}")[1]
        assert context["access"] == access == user["access"] and context["groups"] == user["groups"]
        for entry in access:
            query = f"?user={user['userId']}&project={entry['projectId']}&role={urllib.parse.quote(entry['roleKeys'][0])}"
            assert told("/v1/check", 200, query)[1] == {"allowed": True}
        events = told("/v1/users/{id}/history", 200, id=user["userId"])[1]["events"]
        assert all("path" in event and "time" in event for event in events)
        told("/v1/orgs/{id}", 200, id=user["orgId"])
    page = told("/v1/users", 200, "?limit=1")[1]
    told("/v1/users", 200, f"?limit=1&after={page['next']}")
    for group in told("/v1/groups", 200)[1]["groups"]:
        members = told("/v1/groups/{id}/members", 200, id=group["id"])[1]["members"]
        assert len(members) == group["members"]
    for template in ("/v1/users/{id}", "/v1/users/{id}/access", "/v1/users/{id}/history", "/v1/orgs/{id}"):
        told(template, 404, id="nobody")
    for template in document["paths"]:
        told(template, 400, "?unknown=1", id="x")
        told(template, 401, id="x", Authorization="Bearer wrong")
    assert seen == set(document["paths"])


def test_whatever_the_document_allows_is_answered_as_it_tells(api, tmp_path):
    program = [sys.executable, "-m", "schemathesis.cli"]
    done = subprocess.run(
        [*program, "run", str(QUERY), "--url", api, "-H", f"Authorization: Bearer {TOKEN}", "--checks", CHECKS,
         "--phases", "examples,coverage,fuzzing", "--max-examples", "30", "--seed", "1", "--no-color",
         "--warnings", "off", "--generation-database", "none"],
        capture_output=True, text=True, timeout=240, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_the_webhook_answers_as_its_document_tells(stack):
    document = load(WEBHOOK)
    (path, operations), = document["paths"].items()
    example = operations["post"]["requestBody"]["content"]["application/json"]["example"]
    Draft202012Validator(document["components"]["schemas"]["Event"]).validate(example)
    listen, ops = free_addresses(2)
    # On a topic of its own: the example is of another instance than the demo.
    stack.start(
        "zitadel-bridge", "run", ZITADEL_GRPC_HOST="http://127.0.0.1:1", ZITADEL_SIGNING_KEY=TOKEN,
        ZITADEL_INSTANCE_ID=example["instanceID"], BRIDGE_LISTEN=listen, BRIDGE_OPS_LISTEN=ops,
        KAFKA_TOPIC="openapi.events.v1")
    stack.wait("the bridge is ready", lambda: get(f"http://{ops}/readyz"))

    def post(body, key=TOKEN):
        now = str(int(time.time()))
        signature = hmac.digest(key.encode(), now.encode() + b"." + body, "sha256").hex()
        request = urllib.request.Request(
            f"http://{listen}{path}", body,
            {"Content-Type": "application/json", "ZITADEL-Signature": f"t={now},v1={signature}"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    answers = {
        204: post(json.dumps(example).encode()), 400: post(b"{}"), 401: post(json.dumps(example).encode(), "wrong"),
        403: post(json.dumps(example | {"instanceID": "1"}).encode()),
        503: post(json.dumps(example | {"sequence": 4, "event_payload": {}}).encode()),
    }
    assert answers == {status: status for status in answers}
    # Too large a body and overload are tested with the bridge's own tests.
    assert answers.keys() | {413, 429} == {int(status) for status in operations["post"]["responses"]}
