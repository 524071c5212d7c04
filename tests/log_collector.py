"""The log collector of deploy/logs, run as it is installed: a journal, rsyslogd, mtail.

The journal is a systemd-journald of its own, in a mount namespace where /run is empty, so that
neither it nor who reads it sees the machine's.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from deploy.local.ports import HOST, free_port
from tests.functional.waiting import eventually

ROOT = Path(__file__).parents[1]
LOGS = ROOT / "deploy" / "logs"
_JOURNALD = "/lib/systemd/systemd-journald"
# Nothing of the kernel's, and no limit: the machine's own decides about those.
_JOURNALD_CONF = (
    "[Journal]\nStorage=volatile\nAudit=no\nReadKMsg=no\nRateLimitIntervalSec=0\nLineMax=1M\n"
)
# What journald looks for is made before it starts; a journal kept on disk is hidden.
_NAMESPACE = """
mount -t tmpfs tmpfs /run
if [ -d /var/log/journal ]; then mount -t tmpfs tmpfs /var/log/journal; fi
mkdir -p /run/systemd/journal /run/log/journal /run/systemd/journald.conf.d
printf '%s' "$CONF" > /run/systemd/journald.conf.d/test.conf
exec "$JOURNALD"
"""
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


def no_journal() -> str:
    """Return why this machine can have no journal of a test's own, "" when it can."""
    if os.geteuid() != 0:
        return "a journal of its own needs root"
    if not Path(_JOURNALD).exists():
        return "there is no systemd-journald here"
    probe = ["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "x", "/run"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        return "mounts are refused here"
    return ""


@dataclass
class Journal:
    """A running journald; what runs `inside` writes to it and reads from it."""

    pid: int

    def inside(self, *command: str) -> list[str]:
        return ["nsenter", f"--mount=/proc/{self.pid}/ns/mnt", f"--wdns={ROOT}", *command]

    def write(self, program: str, *command: str) -> None:
        """Run *command* with its output going to the journal, as that of a unit does."""
        told = self.inside("systemd-cat", f"--identifier={program}", *command)
        subprocess.run(told, check=True, timeout=60)


@contextmanager
def journal() -> Iterator[Journal]:
    process = subprocess.Popen(
        [*DIES_WITH_US, "unshare", "--mount", "--propagation", "private", "sh", "-ec", _NAMESPACE],
        env={**os.environ, "CONF": _JOURNALD_CONF, "JOURNALD": _JOURNALD},
        stderr=subprocess.DEVNULL,
    )
    running = Journal(process.pid)
    try:
        eventually(
            lambda: Path(f"/proc/{process.pid}/root/run/systemd/journal/stdout").exists(),
            within_s=20,
            what="journald listens",
        )
        yield running
    finally:
        _end(process)


@dataclass
class Collector:
    """rsyslogd with the configuration of deploy/logs, in a folder of its own."""

    folder: Path
    env: dict[str, str]
    within: Sequence[str] = ()
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def start(self) -> None:
        for name in ("state", "out"):
            (self.folder / name).mkdir(exist_ok=True)
        command = [shutil.which("rsyslogd") or "/usr/sbin/rsyslogd", "-n", "-i", "NONE"]
        self.process = subprocess.Popen(
            [*DIES_WITH_US, *self.within, *command, "-f", str(LOGS / "rsyslog.conf")],
            env={**os.environ, **self.env},
        )

    def stop(self) -> None:
        """Tell it to end, as a restart of its unit does."""
        if self.process is not None:
            _end(self.process)
            self.process = None

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def text(self) -> str:
        return "".join(path.read_text() for path in sorted(self.out.glob("*.jsonl")))

    def events(self) -> list[dict[str, Any]]:
        """Return what was collected so far; a line that is half written is left out."""
        *whole, _ = self.text().split("\n")
        return [json.loads(line) for line in whole]


@contextmanager
def from_journal(folder: Path, source: Journal) -> Iterator[Collector]:
    yield from _running(folder, source.inside(), LOGS_INPUT=str(LOGS / "from-journal.conf"))


@contextmanager
def from_files(folder: Path, pattern: str) -> Iterator[Collector]:
    yield from _running(folder, (), LOGS_INPUT=str(LOGS / "from-files.conf"), LOGS_FILES=pattern)


def _running(folder: Path, within: Sequence[str], **env: str) -> Iterator[Collector]:
    places = {"LOGS_STATE": str(folder / "state"), "LOGS_OUT": str(folder / "out")}
    collector = Collector(folder, {**places, **env}, within)
    collector.start()
    try:
        yield collector
    finally:
        collector.stop()


@dataclass(frozen=True)
class Mtail:
    port: int

    def counts(self) -> dict[str, float]:
        """Return `{name: value}` of what it counts, as Prometheus would read it."""
        with urllib.request.urlopen(f"http://{HOST}:{self.port}/metrics", timeout=10) as answer:
            return _counts(answer.read().decode())


@contextmanager
def mtail(logs: Path) -> Iterator[Mtail]:
    """Run mtail on the files of *logs*, as its unit does but for the port."""
    port = free_port()
    process = subprocess.Popen(
        [*DIES_WITH_US, "mtail", "--address", HOST, "--port", str(port), "--emit_prog_label=false",
         "--logtostderr", "--poll_log_interval", "50ms", "--progs", str(LOGS / "mtail"),
         "--logs", str(logs / "*.jsonl")],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    running = Mtail(port)
    try:
        eventually(lambda: _answers(running), within_s=20, what="mtail answers")
        yield running
    finally:
        _end(process)


def counted_at_once(lines: Path) -> dict[str, float]:
    """Return what mtail counts in a whole file."""
    done = subprocess.run(
        ["mtail", "--one_shot", "--one_shot_format", "prometheus", "--emit_prog_label=false",
         "--logtostderr", "--progs", str(LOGS / "mtail"), "--logs", str(lines)],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    return _counts(done.stdout)


def writer(*args: str) -> list[str]:
    """Return the command of a process that logs as the service does."""
    return [sys.executable, "-m", "tests.log_writer", *args]


def _counts(text: str) -> dict[str, float]:
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("export_log_")
    }


def _answers(running: Mtail) -> bool:
    try:
        return bool(running.counts())
    except OSError:  # it is not listening yet
        return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    process.wait(30)
