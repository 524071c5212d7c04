"""K10, a hundred in flight: how long a drawing takes, and who waits for whom."""

from tests.chaos import invariants
from tests.chaos.numbers import percentile
from tests.chaos.trial import Scene, Trial

IN_FLIGHT = 100
RENDER_S = 30.0
# One of them reads low jobs first (docs/adr/0001). Of two that would be half of all, and low jobs
# would fare as well as high ones.
LEAST_WORKERS = 3


def run(trial: Trial) -> None:
    """Submit them all at once, a third of each priority, and measure waits and drawings."""
    count = trial.jobs(IN_FLIGHT)
    workers = max(LEAST_WORKERS, trial.options.workers)
    with trial.stack() as scene:
        scene.stack.start_workers(workers)
        scene.stack.await_workers(workers)
        for _ in range(count // 3 + 1):
            for priority in ("low", "normal", "high"):
                if len(scene.accepted) < count:
                    scene.submit(1, priority=priority)
        scene.await_ends(count, 10.0 * count + 120)
        judge(scene, workers)
        invariants.check(scene, completed=count)


def judge(scene: Scene, workers: int) -> None:
    goal, records = scene.trial.goal, scene.records()
    drawn = [r.result.render_time_ms / 1000 for r in records if r.result]
    mean = sum(drawn) / max(1, len(drawn))
    goal(
        "claim to stored, mean",
        wanted=f"< {RENDER_S:g} s",
        measured=f"{mean:.2f} s",
        met=bool(drawn) and mean < RENDER_S,
    )
    waits = {
        p: [r.claimed_at - r.created_at for r in records if r.priority == p and r.claimed_at]
        for p in ("high", "normal", "low")
    }
    p95 = {p: round(percentile(w, 95), 1) for p, w in waits.items() if w}
    scene.trial.fact("wait p95, s", p95)
    goal(
        "high waits less than low, p95",
        wanted=True,
        measured=p95.get("high", 0) < p95.get("low", 0),
    )
    # One worker begins nothing but low jobs while there are any, however many high ones wait: about
    # one in so many as there are workers.
    begun = sorted((r for r in records if r.claimed_at), key=lambda r: r.claimed_at)
    half = begun[: len(begun) // 2]
    low, least = sum(r.priority == "low" for r in half), len(half) // (2 * workers)
    goal(
        "low jobs among the first half begun",
        wanted=f">= {max(1, least)} of {len(half)}",
        measured=low,
        met=low >= max(1, least),
    )
