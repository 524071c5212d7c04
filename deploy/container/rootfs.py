"""Carry out deploy/Dockerfile in plain Debian roots: no container engine, root of the machine only.

`Roots(folder).build("worker")` returns the folder of a finished root, made by the same scripts as
the image. A stage is kept and built once for each content of the checkout that it copies.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.container.dockerfile import Stage, Step, read
from deploy.local.refusal import CannotRun

ROOT = Path(__file__).resolve().parents[2]
ENTER = ROOT / "deploy" / "container" / "enter"
SUITES = {"debian:12": "bookworm"}
MIRROR = "http://deb.debian.org/debian"
SECURITY = "http://deb.debian.org/debian-security"
# Clients of package registries may need these to get out of the machine's network.
_PASSED = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL", "npm_config_registry")
_CA = "run/build-ca.pem"


class Roots:
    """Roots below *folder*, one for each stage."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self.stages = read(ROOT / "deploy" / "Dockerfile")
        self._ignored = _ignored((ROOT / "deploy" / "Dockerfile.dockerignore").read_text())
        self._built: set[str] = set()

    def build(self, name: str) -> Path:
        """Return the finished root of stage *name*. Raises CannotRun."""
        root = self._folder / name
        if name in self._built:
            return root
        stage = self.stages[name]
        base = self.build(stage.base) if stage.base in self.stages else self._base(stage.base)
        for step in stage.steps:
            if step.source:
                self.build(step.source)
        self._say(f"stage {name}")
        if root.exists():
            shutil.rmtree(root)
        _run(["cp", "--archive", "--reflink=auto", str(base), str(root)], "copy a root")
        (root / stage.workdir.lstrip("/")).mkdir(parents=True, exist_ok=True)
        for step in stage.steps:
            self._do(step, stage, root)
        self._built.add(name)
        return root

    def _base(self, image: str) -> Path:
        """Return a bare Debian as *image* is one, made once."""
        suite = next((s for tag, s in SUITES.items() if image.startswith(tag)), None)
        if suite is None:
            raise CannotRun(f"{image} is none of {', '.join(SUITES)}: name its suite in rootfs.py")
        root, unfinished = self._folder / f"base-{suite}", self._folder / "base-unfinished"
        if root.is_dir():
            return root
        self._say(f"debootstrap {suite}")
        self._folder.mkdir(parents=True, exist_ok=True)
        if unfinished.exists():
            shutil.rmtree(unfinished)
        log = self._folder / "debootstrap.log"
        with log.open("w") as output:
            made = subprocess.run(
                ["debootstrap", "--variant=minbase", suite, str(unfinished), MIRROR],  # noqa: S607 - found on PATH, as everything Debian
                stdout=output,
                check=False,
            )
        if made.returncode:
            raise CannotRun(f"debootstrap failed: see {log}")
        (unfinished / "etc/apt/sources.list").write_text(
            f"deb {MIRROR} {suite} main\ndeb {MIRROR} {suite}-updates main\n"
            f"deb {SECURITY} {suite}-security main\n"
        )
        unfinished.rename(root)
        return root

    def _do(self, step: Step, stage: Stage, root: Path) -> None:
        workdir = root / stage.workdir.lstrip("/")
        if step.kind == "RUN":
            self._say(f"  RUN {' '.join(step.words)}")
            _in_root(root, step.words, dict(step.env), stage.workdir)
            return
        *sources, target = step.words
        origin = self._folder / step.source if step.source else ROOT
        for source in sources:
            place = workdir / target
            # Docker's rule: a folder's content goes into the target, a file to it or into it.
            if (origin / source.lstrip("/")).is_file() and target.endswith("/"):
                place = place / Path(source).name
            _copy(origin / source.lstrip("/"), place, () if step.source else self._ignored)


def _in_root(root: Path, words: tuple[str, ...], env: dict[str, str], workdir: str) -> None:
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    base = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    authorities = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
    shutil.copyfile(authorities, root / _CA)
    trust = dict.fromkeys(("PIP_CERT", "npm_config_cafile", "NODE_EXTRA_CA_CERTS"), f"/{_CA}")
    try:
        _run(
            [str(ENTER), str(root), *words],
            f"run {words[0]}",
            {**base, **passed, **trust, **env, "WORKDIR": workdir},
        )
    finally:
        (root / _CA).unlink()


def _copy(source: Path, target: Path, ignored: tuple[str, ...]) -> None:
    if source.is_dir():
        shutil.copytree(
            source,
            target,
            symlinks=True,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns(*ignored),
        )
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _ignored(text: str) -> tuple[str, ...]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(line.removeprefix("**/") for line in lines)


def _run(command: list[str], what: str, env: Mapping[str, str] | None = None) -> None:
    if subprocess.run(command, env=env, check=False).returncode:
        raise CannotRun(f"Could not {what}: its message is above.")
