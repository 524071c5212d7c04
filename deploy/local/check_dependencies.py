"""Check that the installed packages fit together, but for the one override made on purpose.

pyppeteer asks for urllib3 below 2, whose last release has known vulnerabilities; it uses urllib3
only to download a browser, which never happens here. So urllib3 is newer, `pip check` says so in
one line, and any second line is a mistake in the lock. Standard library only.
"""

import re
import subprocess
import sys
from pathlib import Path

from deploy.local.refusal import MET, MISSED, exit_with

_OVERRIDE = re.compile(r"pyppeteer \S+ has requirement urllib3\S+, but you have urllib3 \S+")


def complaint(venv: Path) -> str:
    """Return what is wrong with the packages of *venv*, or nothing."""
    answer = subprocess.run(
        [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    return judge(answer.stdout)


def judge(report: str) -> str:
    """Return what is wrong in a *report* of `pip check`, or nothing."""
    lines = [line.strip() for line in report.splitlines() if line.strip()]
    conflicts = [line for line in lines if not _OVERRIDE.fullmatch(line.rstrip("."))]
    if conflicts:
        return f"requirements.lock does not fit together: {'; '.join(conflicts)}"
    if len(lines) != 1:
        return f"`pip check` must name the urllib3 override once, it named it {len(lines)} times"
    return ""


def main() -> int:
    wrong = complaint(Path(sys.prefix))
    if wrong:
        print(wrong, file=sys.stderr)
        return MISSED
    return MET


if __name__ == "__main__":
    exit_with(main)
