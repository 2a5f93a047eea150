"""JSON Schema validators of the pack's files, by the `jsonschema` package, with references across files resolved."""

from functools import cache

from conftest import load
from jsonschema import Draft202012Validator

FORMATS = Draft202012Validator.FORMAT_CHECKER


@cache
def validator(path, definition=None):
    schema = load(path)
    Draft202012Validator.check_schema(schema)
    if definition is not None:
        schema = {"$schema": schema["$schema"], "$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]}
    return Draft202012Validator(schema, format_checker=FORMATS)


EVENT = "schemas/event/v1.schema.json"
READER = "schemas/event/v1.reader.schema.json"
HEADERS = "schemas/event/v1.headers.schema.json"
DEAD_LETTER = "schemas/dead-letter/headers.schema.json"
USER = "schemas/state/user.schema.json"
