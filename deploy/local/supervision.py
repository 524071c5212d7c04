"""supervisord's configuration for a stack: what is kept alive, and in which order it is stopped."""

import shlex
from pathlib import Path

from deploy.local.plan import Plan
from deploy.local.programs import Program, servers, users

# supervisord stops the group with the highest priority first and waits for it before the next.
_SERVERS, _USERS = 10, 20
_LOG_BYTES = 20_000_000


def log_folder(plan: Plan) -> Path:
    return plan.var_dir / "log"


def log_file(plan: Plan, name: str) -> Path:
    """Return where the output of program *name* goes ("supervisord" for the supervisor's own)."""
    return log_folder(plan) / f"{name}.log"


def configuration(plan: Plan) -> str:
    """Return supervisord.conf. It has no control port: its signals are all that is needed."""
    groups = {"servers": (_SERVERS, servers(plan)), "users": (_USERS, users(plan))}
    sections = [_supervisord(plan)]
    for name, (priority, programs) in groups.items():
        if programs:
            names = ",".join(program.name for program in programs)
            sections.append(f"[group:{name}]\nprograms={names}\npriority={priority}\n")
            sections += [_program(plan, program) for program in programs]
    return "\n".join(sections)


def _supervisord(plan: Plan) -> str:
    return f"""\
[supervisord]
nodaemon=true
silent=true
logfile={_literal(str(log_file(plan, "supervisord")))}
logfile_maxbytes={_LOG_BYTES}
logfile_backups=1
pidfile={_literal(str(plan.var_dir / "supervisord.pid"))}
"""


def _program(plan: Plan, program: Program) -> str:
    # Without supervisord nobody would stop them: then they stop by themselves.
    command = shlex.join(["setpriv", "--pdeathsig", "TERM", "--", *program.command])
    env = ",".join(f'{name}="{value}"' for name, value in program.env.items())
    # startsecs=0: a start counts as one at once, so a death is always followed by the next start
    # in about a second (supervisord's own turn), for ever. With any other value supervisord waits
    # longer after each death soon after a start, and gives up after `startretries` of them.
    return f"""\
[program:{program.name}]
command={_literal(command)}
environment={_literal(env)}
autorestart=true
startsecs=0
stopsignal=TERM
stopwaitsecs={program.stop_s}
killasgroup=true
redirect_stderr=true
stdout_logfile={_literal(str(log_file(plan, program.name)))}
stdout_logfile_maxbytes={_LOG_BYTES}
stdout_logfile_backups=1
"""


def _literal(text: str) -> str:
    """Return *text* so that supervisord, which expands `%(name)s`, takes it as it is."""
    return text.replace("%", "%%")
