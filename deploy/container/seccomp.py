"""Make seccomp.json, the system calls a worker's container may make, from a published default.

`python -m deploy.container.seccomp DEFAULT > deploy/container/seccomp.json`, where DEFAULT is the
/usr/share/containers/seccomp.json of Debian's golang-github-containers-common (Apache-2.0).
Docker, Podman and Kubernetes (`localhostProfile`) read the result alike: its conditions on
capabilities are resolved for a container that has none.
"""

import json
import sys
from pathlib import Path
from typing import Any

# What Chromium's sandbox does before it locks itself in: new user, process and network namespaces,
# then an empty root. Without them it would not start, and only --no-sandbox would be left.
SANDBOX = ("chroot", "clone", "clone3", "setns", "unshare")
# In a user namespace of its own a process has every capability there. These open parts of the
# kernel that were attacked that way, and nothing here uses them.
REFUSED = (
    *("add_key", "fsconfig", "fsmount", "fsopen", "fspick", "keyctl", "mount", "mount_setattr"),
    *("move_mount", "name_to_handle_at", "open_tree", "pivot_root", "process_vm_readv"),
    *("process_vm_writev", "ptrace", "reboot", "request_key", "swapoff", "swapon", "syslog"),
    *("umount", "umount2", "userfaultfd"),
)
ARCHITECTURES = {
    "amd64": ("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"),
    "arm64": ("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"),
}
EPERM = 1


def profile(default: dict[str, Any]) -> dict[str, Any]:
    """Return the profile made of *default*, as the OCI runtime specification has it."""
    rules = [_plain(rule) for rule in default["syscalls"] if _applies(rule)]
    return {
        "defaultAction": default["defaultAction"],
        "defaultErrnoRet": default["defaultErrnoRet"],
        "architectures": [name for names in ARCHITECTURES.values() for name in names],
        "syscalls": [
            *(rule for rule in rules if rule["names"]),
            {"names": list(SANDBOX), "action": "SCMP_ACT_ALLOW"},
            {"names": list(REFUSED), "action": "SCMP_ACT_ERRNO", "errnoRet": EPERM},
        ],
    }


def _applies(rule: dict[str, Any]) -> bool:
    """Tell whether *rule* holds for a container without capabilities on our architectures."""
    wanted = rule.get("includes") or {}
    arches = wanted.get("arches")
    return not wanted.get("caps") and (not arches or not ARCHITECTURES.keys().isdisjoint(arches))


def _plain(rule: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in rule["names"] if name not in REFUSED and name not in SANDBOX]
    plain = {"names": names, "action": rule["action"]}
    if rule.get("errnoRet") is not None:
        plain["errnoRet"] = rule["errnoRet"]
    if rule.get("args"):
        plain["args"] = rule["args"]
    return plain


if __name__ == "__main__":
    print(json.dumps(profile(json.loads(Path(sys.argv[1]).read_text())), indent=1))
