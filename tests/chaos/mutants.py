"""Trees in which one safeguard is switched off: a gate that stays green there proves nothing."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.refusal import CannotRun

# What a service is run from; the page and its packages are not changed, and large.
_COPIED = ("exporter", "webapi", "deploy", "celeryconfig.py", "setup.cfg")
_LINKED = ("static_renderer",)


def copy_tree(root: Path, into: Path) -> None:
    """Copy what a service of *root* runs from."""
    for name in _COPIED:
        source, target = root / name, into / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for name in _LINKED:
        (into / name).symlink_to(root / name)


@dataclass(frozen=True)
class Edit:
    """In *file*, *old*, which is there once, becomes *new*."""

    file: str
    old: str
    new: str

    def apply(self, tree: Path) -> None:
        """Raises CannotRun when *old* is not there once."""
        path = tree / self.file
        text = path.read_text()
        if (count := text.count(self.old)) != 1:
            raise CannotRun(
                f"{self.file} holds {self.old!r} {count} times, not once: bring "
                "tests/chaos/mutants.py up to date"
            )
        path.write_text(text.replace(self.old, self.new))


@dataclass(frozen=True)
class Mutant:
    """A safeguard's *name*, and what takes it out of a tree."""

    name: str
    edits: tuple[Edit, ...]

    @contextmanager
    def tree(self, root: Path) -> Iterator[Path]:
        """Yield a copy of the tree *root* without the safeguard; *root* is left as it is."""
        with tempfile.TemporaryDirectory(prefix=f"without-{self.name}-") as folder:
            copy_tree(root, Path(folder))
            for edit in self.edits:
                edit.apply(Path(folder))
            yield Path(folder)


ALL = (
    Mutant(
        "lease",
        (
            Edit(
                "exporter/jobs.lua",
                "if state == 'running' and num(id, 'lease') > now then return {'leased'} end\n",
                "",
            ),
        ),
    ),
    Mutant(
        "token",
        (
            Edit(
                "exporter/jobs.lua",
                "return get(id, 'state') == 'running' and get(id, 'token') == token",
                "return get(id, 'state') ~= false",
            ),
        ),
    ),
    Mutant(
        "start-counter",
        (Edit("exporter/jobs.lua", "redis.call('HINCRBY', job(id), 'starts', 1)\n", ""),),
    ),
    # Told in a second step, after the one that ends the job.
    Mutant(
        "outbox-transaction",
        (
            Edit("exporter/jobs.lua", "  announce(id, state, field and ending)\n", ""),
            Edit(
                "exporter/jobs.lua",
                "\n--- retry\n",
                "\n--- announce\nlocal id, state, ending = unpack(ARGV)\n"
                "announce(id, state, ending)\nreturn {'ok'}\n\n--- retry\n",
            ),
            Edit(
                "exporter/tasks.py",
                '            failpoints.hit("after_finish")\n',
                '            failpoints.hit("after_finish")\n'
                "            import json\n"
                "            from dataclasses import asdict\n"
                "            told = json.dumps(asdict(result))\n"
                '            worker.jobs._run("announce", job_id, "completed", told)\n',
            ),
        ),
    ),
    Mutant(
        "parent-death-signal",
        (Edit("exporter/browser.py", '"setpriv", *drop, "--pdeathsig", "KILL", "--"]',
              '"setpriv", *drop, "--"]'),),
    ),
    Mutant(
        "sweeper",
        (Edit("exporter/sweeper.py", "        self._send_all(self._jobs.due(), \"retry due\")\n",
              "        return\n"),),
    ),
)  # fmt: skip
