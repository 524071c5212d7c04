"""How a container of ours is run, as the OCI runtime specification writes it: read by runc.

The same rows as deploy/compose.yaml and deploy/k8s: no capability, no new privilege, read-only
root, memory file systems where it writes, seccomp. The network is the machine's.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.container.dockerfile import Stage

SECCOMP = Path(__file__).with_name("seccomp.json")
NAMESPACES = ("pid", "ipc", "uts", "mount")
MASKED = ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware")
READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")


def config(
    root: Path, stage: Stage, words: Sequence[str], env: Mapping[str, str], name: str
) -> dict[str, Any]:
    """Return the bundle's config.json for *words* in *root*, a container of *stage*."""
    uid, _, gid = stage.user.partition(":")
    return {
        "ociVersion": "1.0.2",
        "hostname": name,
        "root": {"path": str(root), "readonly": True},
        "process": {
            "user": {"uid": int(uid), "gid": int(gid)},
            "args": list(words),
            "env": [f"{key}={value}" for key, value in {**stage.env, **env}.items()],
            "cwd": stage.workdir,
            "noNewPrivileges": True,
            "capabilities": {
                kind: []
                for kind in ("bounding", "effective", "inheritable", "permitted", "ambient")
            },
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 4096, "soft": 4096}],
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            _memory("/dev", "mode=755", "size=65536k"),
            _memory("/dev/shm", "mode=1777", "size=256m"),  # noqa: S108 - a mount of the container
            _memory("/tmp", "mode=1777", "size=512m"),  # noqa: S108 - a mount of the container
            _memory("/var/lib/exporter", "mode=0750", f"uid={uid}", f"gid={gid}", "size=512m"),
            {
                "destination": "/etc/resolv.conf",
                "type": "bind",
                "source": "/etc/resolv.conf",
                "options": ["bind", "ro"],
            },
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in NAMESPACES],
            "maskedPaths": list(MASKED),
            "readonlyPaths": list(READ_ONLY),
            "seccomp": json.loads(SECCOMP.read_text()),
        },
    }


def _memory(where: str, *options: str) -> dict[str, Any]:
    common = ["nosuid", "nodev"] if where != "/dev" else ["nosuid"]
    return {
        "destination": where,
        "type": "tmpfs",
        "source": "tmpfs",
        "options": [*common, *options],
    }
