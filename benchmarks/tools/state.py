"""The expected tables, and whether a consumer's database or export holds them.

state.py EXPECTED sqlite FILE     tables of a peer
state.py EXPECTED export FILE     lines of `zitadel-consumer state export`
"""
import hashlib
import json
import sqlite3
import sys

SNAKE = {"username": "username", "firstName": "first_name", "lastName": "last_name", "nickName": "nick_name",
         "displayName": "display_name", "preferredLanguage": "preferred_language", "gender": "gender", "email": "email", "phone": "phone"}
USER_COLUMNS = ("id", "sequence", *SNAKE.values(), "org")


def digest(tables):
    """-> per table: number of rows and a hash of them. The tables of the peers, with the sequences."""
    out = {}
    for name, rows in tables.items():
        rows = sorted([list(r) for r in rows], key=lambda r: [str(x) for x in r])
        out[name] = [len(rows), hashlib.sha256(json.dumps(rows).encode()).hexdigest()]
    return out


def what_an_export_shows(tables):
    """The same rows as an export gives them: without sequences, absent text empty, role keys sorted and without doubles."""
    def text(row):
        return ["" if x is None else x for x in row]
    return {
        "users": [text([r[0], *r[2:]]) for r in tables["users"]],
        "metadata": [[user, key, value] for user, key, _, value in tables["metadata"]],
        "grants": [[*text([r[0], *r[2:5]]), sorted(set(json.loads(r[5])), key=str.encode), r[6]] for r in tables["grants"]],
    }


def tables_of_export(file):
    users, metadata, grants = [], [], []
    with open(file) as lines:
        for line in lines:
            u = json.loads(line)
            users.append([u["userId"], *(u[m] for m in SNAKE), u["orgId"]])
            metadata += [[u["userId"], k, v] for k, v in u["metadata"].items()]
            grants += [[g["grantId"], u["userId"], g["projectId"], g["projectGrantId"], g["roleKeys"], g["orgId"]] for g in u["grants"]]
    return {"users": users, "metadata": metadata, "grants": grants}


def same(expected_file, kind, file):
    with open(expected_file) as f:
        expected = json.load(f)[kind]
    if kind == "sqlite":
        with sqlite3.connect(file) as db:
            got = digest({t: db.execute("select * from " + t).fetchall() for t in ("users", "metadata", "grants")})
    else:
        got = digest(tables_of_export(file))
    if got != expected:
        print(f"{file} differs from the expected state:\n  got  {got}\n  want {expected}", file=sys.stderr)
    return got == expected


if __name__ == "__main__":
    sys.exit(not same(*sys.argv[1:4]))
