"""The machine a bench ran on, as far as its figures depend on it."""

import os
import platform
import subprocess
from pathlib import Path


def machine() -> dict[str, str]:
    """Return processor, cores, load and the versions of what draws."""
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "load_average": ", ".join(f"{load:.1f}" for load in os.getloadavg()),
        "kernel": platform.release(),
        "chromium": _chromium(),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _chromium() -> str:
    path = os.environ.get("EXPORT_CHROMIUM", "/usr/bin/chromium")
    try:
        told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return "none"
    return told.stdout.strip()
