#!/usr/bin/env python3
"""Builds the scope-management state from the topic: the rules of docs/events.md, and nothing of our consumer.

usage: scope_state.py [--bootstrap 127.0.0.1:9092] [--topic zitadel.events.v1] [--groups-key groups]

Prints what `zitadel-consumer state export` prints. Keeps everything in memory.
"""

import argparse
import base64
import json
import sys
from collections import defaultdict

PROFILE = ["firstName", "lastName", "nickName", "displayName", "preferredLanguage", "gender", "email", "phone",
           "name", "description", "username"]
STATES = {"created": "active", "initialized": "active", "unlocked": "active", "reactivated": "active",
          "initialization.requested": "initial", "locked": "locked", "deactivated": "inactive"}


class Event:
    """What the rules need of one record."""

    def __init__(self, value):
        record = json.loads(value)
        data = record["data"]
        aggregate = data["aggregate"]
        self.identity = (record["source"], record["id"])
        self.stream = (aggregate["type"], aggregate["id"])
        self.sequence = aggregate["sequence"]
        self.owner = aggregate.get("resourceOwner", "")
        self.type = record["type"]
        self.payload = data["payload"]
        # Texts of this form compare as times do, and Python's texts as their UTF-8 bytes do.
        self.age = (record["time"], record["id"])

    def younger_than(self, other):
        return self.age > other.age


class History:
    """The streams of all aggregates, each sorted and without doubles."""

    def __init__(self, values):
        known = {}
        for value in values:
            event = Event(value)
            known.setdefault(event.identity, event)
        self.streams = defaultdict(list)
        for event in sorted(known.values(), key=lambda event: event.sequence):
            self.streams[event.stream].append(event)
        self.grants = defaultdict(set)
        for (kind, grant), stream in self.streams.items():
            if kind == "usergrant":
                self.grants[stream[0].payload["userId"]].add(grant)

    def ids(self, kind):
        return sorted(identifier for stream_kind, identifier in self.streams if stream_kind == kind)

    def of(self, kind, identifier, types=None):
        stream = self.streams.get((kind, identifier), [])
        return [event for event in stream if types is None or event.type in types]

    def removed_since(self, kind, identifier, event):
        """Whether the organization, project or user was removed after the event of another aggregate."""
        removals = self.of(kind, identifier, [f"zitadel.{kind}.removed"])
        return any(removal.younger_than(event) for removal in removals)

    def usable(self, kind, identifier):
        """Whether an organization or project is neither removed nor inactive, by its own events."""
        there = active = True
        for event in self.of(kind, identifier):
            action = event.type.removeprefix(f"zitadel.{kind}.")
            if action == "created":
                there = active = True
            elif action == "removed":
                there = False
            elif action == "deactivated":
                active = False
            elif action == "reactivated":
                active = True
        return there and active

    def project_created(self, project):
        created = self.of("project", project, ["zitadel.project.created"])
        return created[-1] if created else None


class Life:
    """A user from a create on."""

    def __init__(self, created):
        self.created = created
        self.members = {name: "" for name in PROFILE} | {"gender": "unspecified"}
        self.verified = {"email": False, "phone": False}
        self.state = "active"
        self.metadata = {}
        self.take(created)

    def take(self, event):
        action = event.type.removeprefix("zitadel.user.")
        self.state = STATES.get(action, self.state)
        if action in ("created", "profile.updated", "username.changed", "email.changed", "phone.changed"):
            self.members |= {name: event.payload[name] for name in PROFILE if name in event.payload}
        if action in ("email.changed", "phone.changed", "phone.removed"):
            self.verified[action.split(".")[0]] = False
        elif action in ("email.verified", "phone.verified"):
            self.verified[action.split(".")[0]] = True
        if action == "phone.removed":
            self.members["phone"] = ""
        elif action == "metadata.set":
            self.metadata[event.payload["key"]] = event.payload.get("value", "")
        elif action == "metadata.removed":
            self.metadata.pop(event.payload["key"], None)
        elif action == "metadata.cleared":
            self.metadata = {}


class Grant:
    def __init__(self, added):
        self.added = added
        self.active = True
        self.project = added.payload["projectId"]
        self.project_grant = added.payload.get("projectGrantId", "")
        self.keys_from = added

    def take(self, event):
        if event.type == "zitadel.user.grant.changed":
            self.keys_from = event
        elif event.type == "zitadel.user.grant.deactivated":
            self.active = False
        elif event.type == "zitadel.user.grant.reactivated":
            self.active = True

    @property
    def keys(self):
        return set(self.keys_from.payload["roleKeys"])


def replay(stream, begins, ends, begin):
    """What the newest life of a stream has come to; None when it has ended or never began."""
    life = None
    for event in stream:
        if event.type == begins:
            life = begin(event)
        elif event.type == ends:
            life = None
        elif life is not None:
            life.take(event)
    return life


def grants_of(history, user):
    found = {}
    for identifier in sorted(history.grants[user]):
        grant = replay(history.of("usergrant", identifier), "zitadel.user.grant.added", "zitadel.user.grant.removed",
                       Grant)
        if grant is not None and not history.removed_since("user", user, grant.added):
            found[identifier] = grant
    return found


def project_grant_keys(history, grant):
    """The role keys that the grant's project grant allows; none when it is not there, inactive or ended."""
    keys, active, added, owner = set(), True, None, history.project_created(grant.project)
    for event in history.of("project", grant.project):
        action = event.type.removeprefix("zitadel.project.")
        if action == "removed":
            added = None
        if event.payload.get("projectGrantId") != grant.project_grant:
            continue
        if action == "grant.added":
            added, active, keys = event, True, set(event.payload["roleKeys"])
        elif action == "grant.changed":
            keys = set(event.payload["roleKeys"])
        elif action in ("grant.deactivated", "grant.reactivated"):
            active = action == "grant.reactivated"
        elif action == "grant.removed":
            added = None
            if event.younger_than(grant.added):
                return set()
    if added is None or not active:
        return set()
    organizations = [added.payload.get("grantedOrgId", "")] + ([owner.owner] if owner else [])
    return set() if any(history.removed_since("org", org, added) for org in organizations) else keys


def effective_keys(history, life, grant):
    created = history.project_created(grant.project)
    if not grant.active or not history.usable("org", grant.added.owner):
        return set()
    if not history.usable("project", grant.project) or history.removed_since("project", grant.project, grant.added):
        return set()
    organizations = {life.created.owner, grant.added.owner}
    if created is not None:
        organizations.add(created.owner)
        if history.removed_since("org", created.owner, created):
            return set()
    if any(history.removed_since("org", org, grant.added) for org in organizations):
        return set()
    removed = {event.payload["key"] for event in history.of("project", grant.project, ["zitadel.project.role.removed"])
               if event.younger_than(grant.keys_from)}
    keys = grant.keys - removed
    return keys & project_grant_keys(history, grant) if grant.project_grant else keys


def access_of(history, life, grants):
    if life.state != "active" or not history.usable("org", life.created.owner):
        return []
    found = defaultdict(set)
    for grant in grants.values():
        found[grant.added.owner, grant.project] |= effective_keys(history, life, grant)
    return [{"orgId": org, "projectId": project, "roleKeys": sorted(keys)}
            for (org, project), keys in sorted(found.items()) if keys]


def groups_of(value):
    """The groups that a metadata value claims; none when it has another shape."""
    def unique(pairs):
        if len({name for name, _ in pairs}) < len(pairs):
            raise ValueError("a name twice")
        return dict(pairs)

    def no_number(name):
        raise ValueError(name)

    try:
        text = base64.b64decode(value, validate=True).decode("utf-8")
        entries = json.loads(text, object_pairs_hook=unique, parse_constant=no_number)
        if not isinstance(entries, list):
            return []
        groups = {}
        for entry in entries:
            entry = entry if isinstance(entry, dict) else {"id": entry}
            identifier, name = entry.get("id"), entry.get("displayName")
            if not isinstance(identifier, str) or not identifier or not isinstance(name, (str, type(None))):
                return []
            groups.setdefault(identifier, name or identifier)
    except ValueError:
        return []
    return [{"id": identifier, "displayName": groups[identifier]} for identifier in sorted(groups)]


def user_line(history, user, groups_key):
    life = replay(history.of("user", user), "zitadel.user.created", "zitadel.user.removed", Life)
    if life is None or history.removed_since("org", life.created.owner, life.created):
        return None
    kind = life.created.payload["kind"]
    line = {"userId": user, "orgId": life.created.owner, "kind": kind, "state": life.state,
            "username": life.members["username"]}
    for name in PROFILE[8:10] if kind == "machine" else PROFILE[:8]:
        line[name] = life.members[name]
        if name in life.verified:
            line[name + "Verified"] = life.verified[name]
    grants = grants_of(history, user)
    line["metadata"] = dict(sorted(life.metadata.items()))
    line["groups"] = groups_of(life.metadata.get(groups_key, ""))
    line["grants"] = [
        {"grantId": identifier, "orgId": grant.added.owner, "projectId": grant.project,
         "projectGrantId": grant.project_grant, "state": "active" if grant.active else "inactive",
         "roleKeys": sorted(grant.keys)}
        for identifier, grant in grants.items()]
    line["access"] = access_of(history, life, grants)
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def state_lines(values, groups_key="groups"):
    """The lines of the state after these record values, in whatever order and with whatever doubles they come."""
    history = History(values)
    lines = (user_line(history, user, groups_key) for user in history.ids("user"))
    return [line for line in lines if line is not None]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", default="127.0.0.1:9092")
    parser.add_argument("--topic", default="zitadel.events.v1")
    parser.add_argument("--groups-key", default="groups")
    arguments = parser.parse_args()
    from topic import read_to_end

    values = [record.value() for record in read_to_end(arguments.bootstrap, arguments.topic)]
    for line in state_lines(values, arguments.groups_key):
        sys.stdout.buffer.write(line.encode("utf-8") + b"\n")


if __name__ == "__main__":
    main()
