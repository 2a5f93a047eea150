"""The Markdown files as tests look at them: blocks, lines of commands, words of code, headings and links."""

import functools
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from programs import ROOT, clean, defaults_of, kafka_property_problem, program, settings_of

OURS = {"zitadel-bridge", "zitadel-consumer", "zitadel-simulator", "kafka-dev-broker"}
SCRIPTS = {"./dev"} | {f"benchmarks/{name}" for name in ("ingress", "consumer", "query", "backfill", "setup")}


@dataclass(frozen=True)
class Document:
    path: Path

    @property
    def name(self):
        return str(self.path.relative_to(ROOT))

    @functools.cached_property
    def text(self):
        return self.path.read_text(encoding="utf-8")

    @functools.cached_property
    def blocks(self):
        """(language, text) of each fenced block."""
        found = re.findall(r"^( *)```(\w*)\n(.*?)^\1```$", self.text, re.M | re.S)
        return [(language, re.sub(rf"^{indent}", "", body, flags=re.M)) for indent, language, body in found]

    @functools.cached_property
    def prose(self):
        return re.sub(r"^ *```.*?^ *```$", "", self.text, flags=re.M | re.S)

    @functools.cached_property
    def spans(self):
        """Words of code in the prose. In a table, `\\|` is a bar."""
        found = re.findall(r"``\s*(.+?)\s*``|`([^`\n]+)`", self.prose)
        return [(double or single).replace("\\|", "|") for double, single in found]

    def blocks_of(self, language):
        return [text for each, text in self.blocks if each == language]

    def section(self, heading):
        return re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", self.text, re.M | re.S)[1]

    def rows(self, heading):
        """Rows of the tables of a section, as lists of cells."""
        lines = [line for line in self.section(heading).splitlines() if line.startswith("|")]
        rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
        return [row for row in rows if not set("".join(row)) <= set("-: ")]

    @functools.cached_property
    def anchors(self):
        """As GitHub makes them of headings."""
        found = {}
        for heading in re.findall(r"^#{1,6} (.+)$", self.prose, re.M):
            name = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()).replace(" ", "-")
            found[name] = found.get(name, -1) + 1
        return {f"{name}-{n}" if n else name for name, count in found.items() for n in range(count + 1)}


def documents():
    found = []
    for folder, folders, names in os.walk(ROOT):
        # What is built and measured is nobody's documentation.
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "work")
        found += [Document(Path(folder, name)) for name in sorted(names) if name.endswith(".md")]
    return found


DOCUMENTS = documents()
BY_NAME = {document.name: document for document in DOCUMENTS}


# MARK: commands


@dataclass(frozen=True)
class Command:
    """One program with its arguments, out of a line that may hold several."""

    document: str
    words: tuple
    environment: tuple

    @property
    def program(self):
        return self.words[0]

    @property
    def line(self):
        return shlex.join(self.words)

    @functools.cached_property
    def subcommand(self):
        """The words that choose the subcommand, by what `--help` offers at each step."""
        path = []
        for word in self.words[1:]:
            offered = re.search(r"SUBCOMMANDS:\n(.*)", help_of(self.program, *path), re.S)
            if not offered or not re.search(rf"^  {re.escape(word)}\b", offered[1], re.M):
                break
            path.append(word)
        return tuple(path)


def commands(document, line):
    """The commands of one line of a shell, behind assignments, `sudo`, `env` and `docker compose exec`."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
    lexer.whitespace_split, lexer.commenters = True, ""
    words, rest = [], []
    for token in [*cut_comment(list(lexer)), ";"]:
        if set(token) <= set("|&;"):
            words, rest = rest, []
            if words:
                yield single(document, words)
        else:
            rest.append(token)


def cut_comment(tokens):
    start = next((index for index, token in enumerate(tokens) if token.startswith("#")), len(tokens))
    return tokens[:start]


def single(document, words):
    environment = []
    ours = next((index for index, word in enumerate(words) if Path(word).name in OURS), None)
    runs_another = words[0] in {"sudo", "docker", "kubectl", "env"} or "=" in words[0]
    if ours is not None and runs_another:
        environment = [word for word in words[:ours] if re.match(r"[A-Z_]+=", word)]
        words = words[ours:]
    while words and re.match(r"[A-Z_]+=", words[0]):
        environment.append(words.pop(0))
    return Command(document, tuple(words), tuple(environment))


def block_commands():
    """Every command of every block that is a shell's."""
    for document in DOCUMENTS:
        for block in document.blocks_of("sh"):
            for line in re.sub(r"\\\n", " ", block).splitlines():
                yield from commands(document.name, line)


def span_commands():
    """Commands in the prose: those that name a program, and those that begin with a subcommand and go on."""
    short = {word: name for name in ("zitadel-consumer", "zitadel-bridge") for word in subcommands(name)}
    for document in DOCUMENTS:
        for span in document.spans:
            words = re.sub(r"[\[\]]|[.,;]+$", " ", span.replace("|", " ")).split()
            if not words or re.search(r"[<{(\"]", span):
                continue
            if words[0] in OURS | SCRIPTS:
                yield Command(document.name, tuple(words), ())
            elif words[0] in short and len(words) > 1 and (words[1].startswith("--") or is_nested(short, words)):
                yield Command(document.name, (short[words[0]], *words), ())


def is_nested(short, words):
    return words[1] in subcommands(short[words[0]], words[0])


@functools.cache
def subcommands(name, *path):
    offered = re.search(r"SUBCOMMANDS:\n(.*)", help_of(name, *path), re.S)
    return set(re.findall(r"^  ([a-z-]+)\b", offered[1], re.M)) if offered else set()


@functools.cache
def help_of(name, *path):
    done = subprocess.run([program(name), *path, "--help"], capture_output=True, text=True, env=clean({}))
    assert done.returncode == 0, f"{name} {' '.join(path)}: {done.stderr}"
    return done.stdout


@functools.cache
def text_of_script(name):
    """Options of the scripts stand in their text, and in that of what a benchmark runs."""
    files = [ROOT / name]
    if name == "./dev":
        files.append(ROOT / "dev-up.sh")
    else:
        files += [ROOT / "benchmarks/prepare.sh", *(ROOT / "benchmarks/runner").glob("*.py")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def unknown_words(command):
    """Options, and subcommands, of a documented command that the program does not know."""
    options = [word.split("=")[0] for word in command.words[1:] if word.startswith("-") and word != "-"]
    options = [word for word in options if re.fullmatch(r"--[a-z][a-z0-9-]*|-[a-zA-Z]", word)]
    if command.program in SCRIPTS:
        text = text_of_script(command.program)
        verbs = command.words[1:2] if command.program == "./dev" else ()
        return [word for word in options if word not in text] + [
            verb for verb in verbs if not re.search(rf"^  {re.escape(verb)}\b", text, re.M)]
    texts = help_of(command.program, *command.subcommand) + help_of(command.program)
    unknown = [word for word in options if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", texts)
               and word != "--config"]
    more = subcommands(command.program, *command.subcommand)
    next_word = (*command.words[1:], "")[len(command.subcommand)]
    if more and re.fullmatch(r"[a-z-]+", next_word) and not next_word.startswith("-"):
        unknown.append(next_word)
    return unknown


# MARK: settings


@functools.cache
def defaults():
    """Name of a setting → its default, None where it has none."""
    text = defaults_of("bridge") + defaults_of("consumer")
    found = {name: None for name in settings_of("bridge") | settings_of("consumer")}
    return found | dict(re.findall(r"^([A-Z_]+)=(.*)  # default$", text, re.M))


@functools.cache
def has_secret_file(name):
    return bool(re.search(rf"\b{name}_FILE\b", help_of("zitadel-bridge") + help_of("zitadel-consumer")))


@functools.cache
def is_setting(name):
    if name in defaults() or name.endswith("_FILE") and has_secret_file(name.removesuffix("_FILE")):
        return True
    if not name.startswith("KAFKA_"):
        return False
    # A value that no property takes: librdkafka then tells whether it knows the name.
    problems = kafka_property_problem(name.removesuffix("_FILE"), "\x01")
    return not problems or "No such configuration property" not in problems[0]
