"""K11, the soak: two thousand renders or two hours; memory, processes, descriptors, speed."""

import time
from dataclasses import dataclass

from tests.bench.plot import plot
from tests.chaos import census, invariants
from tests.chaos.numbers import percentile, slope
from tests.chaos.trial import Scene, Trial

# The first tenth warms up: caches fill, each browser loads what it will keep.
WARM_UP = 0.1
SAMPLES = 40
MAX_SLOPE_MB = 1.0
MAX_DRIFT = 0.10
MIB = 2**20


@dataclass(frozen=True)
class Sample:
    """The workers after so many renders: memory in MiB, counts, p95 of the last renders in s."""

    renders: int
    python_mib: float
    browser_mib: float
    processes: int
    files: int
    p95_s: float


def run(trial: Trial) -> None:
    """Draw, sample, and judge what grew."""
    count = trial.options.jobs or trial.options.renders
    with trial.stack() as scene:
        scene.stack.start_workers(2)
        scene.stack.await_workers(2)
        samples = soak(scene, count, 60 * trial.options.minutes)
        judge(scene, samples)
        trial.folder.mkdir(parents=True, exist_ok=True)
        (trial.folder / "soak.svg").write_text(picture(samples))
        invariants.check(scene, completed=len(scene.accepted))


def soak(scene: Scene, count: int, limit_s: float) -> list[Sample]:
    """Draw in portions, taking a sample after each, until *count* are done or time is up."""
    portion, begun = max(2, count // SAMPLES), time.monotonic()
    samples: list[Sample] = []
    while len(scene.accepted) < count and time.monotonic() - begun < limit_s:
        jobs = scene.submit(min(portion, count - len(scene.accepted)))
        scene.await_ends(len(scene.accepted), 30.0 * portion + 120)
        samples.append(sample(scene, jobs))
        scene.trial.say(f"{len(scene.accepted)} of {count}: {samples[-1]}")
    scene.trial.facts["samples"] = [vars(each) for each in samples]
    return samples


def sample(scene: Scene, jobs: list[str]) -> Sample:
    mains = [scene.stack.pid(name) for name in scene.stack.worker_names()]
    family = [p for main in mains for p in census.below(main)]
    python = [*mains, *(p.pid for p in family if "celery" in p.command)]
    browsers = [p.pid for p in family if "chromium" in p.command]
    took = [r.result.render_time_ms / 1000 for r in scene.records(jobs) if r.result]
    return Sample(
        renders=len(scene.accepted),
        python_mib=round(sum(map(census.memory_bytes, python)) / MIB, 1),
        browser_mib=round(sum(map(census.memory_bytes, browsers)) / MIB, 1),
        processes=len(mains) + len(family),
        files=sum(map(census.open_files, python)),
        p95_s=percentile(took, 95) if took else 0.0,
    )


def judge(scene: Scene, samples: list[Sample]) -> None:
    goal = scene.trial.goal
    warm = samples[int(len(samples) * WARM_UP) :]
    for name in ("python_mib", "browser_mib"):
        per_100 = 100 * slope([(s.renders, getattr(s, name)) for s in warm])
        goal(
            f"{name} grown per 100 renders",
            wanted=f"< {MAX_SLOPE_MB:g}",
            measured=f"{per_100:+.2f}",
            met=per_100 < MAX_SLOPE_MB,
        )
    # A browser may be being replaced as a sample is taken: the middle counts.
    for name in ("processes", "files"):
        first, last = (percentile([getattr(s, name) for s in part], 50) for part in _ends(warm))
        goal(
            f"{name}, first and last third",
            wanted="the same, give or take 2",
            measured=f"{first} and {last}",
            met=abs(last - first) <= 2,
        )
    early, late = (percentile([s.p95_s for s in part], 50) for part in _ends(warm))
    drift = late / early - 1 if early else 0.0
    goal(
        "drift of render p95",
        wanted=f"< {MAX_DRIFT:.0%}",
        measured=f"{drift:+.1%}",
        met=drift < MAX_DRIFT,
    )


def picture(samples: list[Sample]) -> str:
    """Return the memory over the renders as an SVG."""
    lines = {
        "Python": [(float(s.renders), s.python_mib) for s in samples if s.python_mib],
        "browsers": [(float(s.renders), s.browser_mib) for s in samples if s.browser_mib],
    }
    return plot(lines, across="renders", up="MiB")


def _ends(samples: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    third = max(1, len(samples) // 3)
    return samples[:third], samples[-third:]
