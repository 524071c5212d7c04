"""The whole service in the foreground, until Ctrl-C: behind `make run`.

Ready when the addresses are printed on stdout; the programs' logs go to stderr and to var/log.
"""

import os
import sys
from pathlib import Path

from deploy.local.follow import Follower
from deploy.local.plan import FLOWER_USER, Plan, make_plan
from deploy.local.programs import servers, users
from deploy.local.refusal import MET, exit_with
from deploy.local.setup import ROOT
from deploy.local.stack import Stack, interrupt_on_signals
from deploy.local.supervision import log_file, log_folder


def main() -> int:
    """Run the stack of the environment until it is interrupted."""
    interrupt_on_signals()
    var_dir = ROOT / (os.environ.get("EXPORT_VAR_DIR") or "var")
    plan = make_plan(ROOT, var_dir, os.environ)
    stack = Stack(plan)
    logs = {program.name: log_file(plan, program.name) for program in servers(plan) + users(plan)}
    try:
        with Follower(logs, sys.stderr), stack:
            stack.await_ready(say)
            print(addresses(plan), flush=True)
            stack.wait()
    except KeyboardInterrupt:
        say("stopped")
    return MET


def addresses(plan: Plan) -> str:
    """Return where everything is, for the person at the terminal."""
    lines = {
        "API": f"{plan.api_url}  (key: {_short(plan.key_file)})",
        "docs": f"{plan.api_url}/docs",
        "Flower": f"{plan.flower_url}  (user {FLOWER_USER}, password: "
        f"{_short(plan.flower_password_file)})",
        "logs": _short(log_folder(plan)),
        "stop": "Ctrl-C",
    }
    return "\n".join(f"{name:8}{text}" for name, text in lines.items())


def say(line: str) -> None:
    print(f"run: {line}", file=sys.stderr, flush=True)


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


if __name__ == "__main__":
    exit_with(main)
