"""A state of N users, written as SQL, and a pool of `check` requests with the answers they must get.

User i belongs to organization i % 50 and has three grants, each of two roles on a project of its own, a metadata entry
with groups and one with other things.
"""
import random
import struct

USER, ORG, PROJECT, GRANT = 310000000000000000, 300000000000000000, 330000000000000000, 320000000000000000
ORGS, PROJECTS, ROLES = 50, 100, ("viewer", "editor", "auditor", "billing:read", "billing:write")
TIME = 1767323045000000


def user(i):
    return str(USER + i * 7919)


def grants(i):
    """-> (project, first role, second role) of each grant"""
    return [((i + k * 7) % PROJECTS, (i + k) % 5, (i + k + 2) % 5) for k in range(3)]


def fill(users, database):
    """The statements that fill empty tables."""
    series = (f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {users - 1})" if database == "sqlite"
              else f"WITH n(i) AS (SELECT generate_series(0::bigint, {users - 1}))")
    birth = ", ".join(f"{c}_seq" for c in (
        "created", "state", "username", "first_name", "last_name", "nick_name", "display_name", "preferred_language", "gender", "email",
        "email_verified", "phone", "phone_verified", "name", "description"))
    seqs = ", ".join("1" for _ in birth.split(", "))
    user_id, role = f"CAST({USER} + i * 7919 AS TEXT)", "CASE {} % 5 " + " ".join(f"WHEN {n} THEN '{r}'" for n, r in enumerate(ROLES)) + " END"
    yield f"INSERT INTO organizations (id, created_seq, created_time, state, state_seq, name, name_seq) SELECT CAST({ORG} + i AS TEXT), 1, {TIME}, 'active', 1, 'Org', 1 FROM (SELECT DISTINCT i % {ORGS} AS i FROM ({series} SELECT i FROM n) t) u"
    yield f"INSERT INTO projects (id, created_seq, created_time, state, state_seq, org_id) SELECT CAST({PROJECT} + i AS TEXT), 1, {TIME}, 'active', 1, CAST({ORG} + i % {ORGS} AS TEXT) FROM (SELECT DISTINCT i % {PROJECTS} AS i FROM ({series} SELECT i FROM n) t) u"
    yield (f"INSERT INTO users (id, org_id, kind, state, username, first_name, last_name, display_name, email, gender, created_time, {birth}) {series} "
           f"SELECT {user_id}, CAST({ORG} + i % {ORGS} AS TEXT), 'human', 'active', 'user' || i || '@example.com', 'First' || i % 977, 'Last' || i % 1999, "
           f"'First' || i % 977 || ' Last' || i % 1999, 'user' || i || '@example.com', 'diverse', {TIME}, {seqs} FROM n ORDER BY 1")
    # ["admins","staff"] and ["staff"], base64
    yield (f"INSERT INTO user_metadata (user_id, metadata_key, value_seq, value) {series} SELECT {user_id}, 'groups', 2, "
           f"CASE i % 10 WHEN 0 THEN 'WyJhZG1pbnMiLCJzdGFmZiJd' ELSE 'WyJzdGFmZiJd' END FROM n ORDER BY 1")
    yield f"INSERT INTO user_metadata (user_id, metadata_key, value_seq, value) {series} SELECT {user_id}, 'settings.ui', 3, 'eyJ0aGVtZSI6ImRhcmsifQ==' FROM n ORDER BY 1"
    for k in range(3):
        keys = " || '\",\"' || ".join(f"({role.format(f'(i + {x})')})" for x in (k, k + 2))
        yield (f"INSERT INTO user_grants (user_id, grant_id, created_seq, created_time, org_id, project_id, project_grant_id, state, state_seq, role_keys, role_keys_seq, role_keys_time) "
               f"{series} SELECT {user_id}, CAST({GRANT} + i * 3 + {k} AS TEXT), 1, {TIME} + 1, CAST({ORG} + i % {ORGS} AS TEXT), CAST({PROJECT} + (i + {7 * k}) % {PROJECTS} AS TEXT), "
               f"'', 'active', 1, '[\"' || {keys} || '\"]', 1, {TIME} + 1 FROM n ORDER BY 1")


def checks(users, count, seed=1):
    """-> (path, whether it is allowed) of random users, about half of them allowed"""
    r = random.Random(seed)
    for _ in range(count):
        i = r.randrange(users)
        project, *given = r.choice(grants(i))
        role = r.choice(given) if r.random() < 0.5 else r.randrange(5)
        yield f"/v1/check?user={user(i)}&project={PROJECT + project}&role={ROLES[role].replace(':', '%3A')}", role in given


def write_pool(file, paths, port, token):
    with open(file, "wb") as out:
        for path in paths:
            request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
            out.write(struct.pack("<I", len(request)) + request)
