"""Every command of a runbook works on a running service, as it is written."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.functional.service import ROOT, Service

RUNBOOKS = ROOT / "docs" / "runbooks"
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = [
    (path.name, line)
    for path in sorted(RUNBOOKS.glob("*.md"))
    for block in _BLOCK.findall(path.read_text())
    for line in block.splitlines()
]


@pytest.mark.parametrize(("runbook", "command"), COMMANDS)
def test_a_command_works_as_it_is_written(stack, ended_job, runbook, command):
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=ROOT,
        env=environment(stack, ended_job),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, f"{runbook}: {command}\n{done.stdout}\n{done.stderr}"


def test_every_runbook_is_in_the_list():
    listed = set(re.findall(r"\(([a-z-]+\.md)\)", (RUNBOOKS / "README.md").read_text()))

    assert listed == {path.name for path in RUNBOOKS.glob("*.md")} - {"README.md"}


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path):
    for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert (page.parent / link).is_file(), link


def environment(stack: Service, job_id: str) -> dict[str, str]:
    """Return what the README of the runbooks says a shell must have, and nothing else of ours."""
    return {
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "HOME": os.environ["HOME"],
        "API": stack.client.url,
        "KEY": stack.client.key,
        "REDIS_URL": stack.redis_url,
        "JOB": job_id,
        "TILES_URL": "pmtiles:static_renderer/sample",
        "EXPORT_VAR_DIR": str(stack.var_dir),
        "LOGS": str(stack.var_dir / "log"),
    }


@pytest.fixture(scope="module")
def ended_job(stack: Service) -> str:
    job_id = stack.submit()
    stack.ended(job_id)
    return job_id
