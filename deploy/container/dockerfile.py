"""deploy/Dockerfile as data: enough of the language for that file, and an error for the rest."""

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

_FORM = re.compile(r"(ARG|FROM|WORKDIR|COPY|RUN|ENV|USER|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD) (.*)")


@dataclass(frozen=True)
class Step:
    """What changes a stage's files: `COPY` (`source` names the other stage, if any) or `RUN`."""

    kind: str
    words: tuple[str, ...]
    source: str = ""
    env: tuple[tuple[str, str], ...] = ()


@dataclass
class Stage:
    """One `FROM` and what follows it. `base` is an image or the name of an earlier stage."""

    name: str
    base: str
    steps: list[Step] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = ""
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


def read(path: Path) -> dict[str, Stage]:
    """Return the stages of the Dockerfile *path* by name. Raises ValueError for what it lacks."""
    arguments: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    stage = Stage("", "")
    for line in _lines(path.read_text()):
        found = _FORM.fullmatch(line)
        if not found:
            raise ValueError(f"{path.name}: this reader does not know {line!r}")
        word, rest = found.groups()
        if word == "ARG":
            name, _, default = rest.partition("=")
            arguments[name] = default
        elif word == "FROM":
            stage = _begun(rest, arguments, stages)
            stages[stage.name] = stage
        else:
            _add(stage, word, rest)
    return stages


def _lines(text: str) -> list[str]:
    joined = re.sub(r"\\\n\s*", "", text)
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def _begun(rest: str, arguments: dict[str, str], stages: dict[str, Stage]) -> Stage:
    image, _, name = rest.partition(" AS ")
    image = re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], image)
    if before := stages.get(image):
        return Stage(name, image, [], dict(before.env), before.workdir, before.user)
    return Stage(name, image)


def _add(stage: Stage, word: str, rest: str) -> None:
    if word == "WORKDIR":
        stage.workdir = rest
    elif word == "USER":
        stage.user = rest
    elif word == "ENV":
        name, _, value = rest.partition("=")
        stage.env[name] = value
    elif word == "ENTRYPOINT":
        stage.entrypoint = json.loads(rest)
    elif word == "CMD":
        stage.command = json.loads(rest)
    elif word == "HEALTHCHECK":
        stage.health = json.loads(rest.partition(" CMD ")[2])
    elif word != "EXPOSE":
        words = shlex.split(rest)
        source = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else ""
        stage.steps.append(Step(word, tuple(words), source, tuple(stage.env.items())))
