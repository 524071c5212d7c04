"""The experiments of the bench, each a function that leaves its rounds in `Measured`."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.local.refusal import CannotRun
from tests.bench.contenders import by_native, by_old_way, by_service, native, old_way
from tests.bench.cost import PeakMemory, cpu_s
from tests.bench.identical import Identical, ask_again
from tests.bench.measured import COLD, LLVMPIPE, NATIVE, SETTLED_IN, WARM, Measured, Run
from tests.bench.numbers import Spread, figure, ratios, spread
from tests.bench.service import Refused, Service
from tests.bench.subject import ALONE, NATIVE_SIZES, SIZES, USUAL, Size, map_style
from tests.bench.tile_host import TileHost

Draw = Callable[[Size], Run]
Say = Callable[[str], None]
# Posters of one measurement of throughput: enough for the last, drawn alone, to weigh little.
BATCH = 10
THROUGHPUT_ROUNDS = 2


@dataclass(frozen=True)
class Bench:
    """What all experiments share. *native_python* None: pymgl is not to be had here."""

    service: Service
    host: TileHost
    folder: Path
    native_python: Path | None
    measured: Measured
    say: Say


@contextmanager
def main_draws(bench: Bench) -> Iterator[list[Draw]]:
    """Start the three contenders, each warm: its tiles cached, its first poster drawn."""
    with worker(bench, LLVMPIPE) as pid, old_way(bench.host, bench.folder, LLVMPIPE) as old:
        draws = [
            by_old_way(old, bench.folder, LLVMPIPE),
            by_service(bench.service, pid, LLVMPIPE),
        ]
        with _native(bench) as by_it:
            draws += by_it
            warm_up(bench, draws)
            yield draws


def compare(bench: Bench, draws: Sequence[Draw], rounds: int) -> None:
    """Draw the usual size by all, round by round, each round beginning with another."""
    done = bench.measured.rounds.setdefault("main", [])
    for n in range(rounds):
        turn = [*draws[n % len(draws) :], *draws[: n % len(draws)]]
        done.append({run.kind: run for run in [draw(USUAL) for draw in turn]})
        told = ", ".join(f"{r.contender} {r.wall_s:.1f} s" for r in done[-1].values())
        bench.say(f"round {n + 1} of {rounds}: {told}")


def sizes(bench: Bench, rounds: int) -> None:
    """Draw every size by us and by MapLibre Native; what the service refuses is noted."""
    with worker(bench, LLVMPIPE) as pid, _native(bench) as by_it:
        ours = by_service(bench.service, pid, LLVMPIPE)
        warm_up(bench, [ours, *by_it])
        possible = [size for size in SIZES if _is_taken(bench, size)]
        if too_large := [str(size) for size in possible if size not in NATIVE_SIZES]:
            told = f"has no framebuffer for {' or '.join(too_large)}"
            bench.measured.notes.setdefault(NATIVE, told)
        done = bench.measured.rounds.setdefault("sizes", [])
        for n in range(rounds):
            runs = [
                draw(size)
                for size in possible
                for draw in (ours, *(by_it if size in NATIVE_SIZES else ()))
            ]
            done.append({run.kind: run for run in runs})
            bench.say(f"sizes, round {n + 1} of {rounds}: {len(runs)} posters")


def cold(bench: Bench, rounds: int) -> None:
    """Start a worker, let it draw three posters: the first is the cold one, the third its pair."""
    done = bench.measured.rounds.setdefault("cold", [])
    for n in range(rounds):
        begun = time.monotonic()
        with worker(bench, LLVMPIPE, wait=False) as pid:
            first = by_service(bench.service, pid, LLVMPIPE, COLD)(USUAL)
            from_start_s = time.monotonic() - begun
            again = by_service(bench.service, pid, LLVMPIPE, SETTLED_IN)
            again(USUAL)
            third = again(USUAL)
        first = replace(first, details={**first.details, "from_start_s": from_start_s})
        done.append({run.kind: run for run in (first, third)})
        bench.say(f"cold worker {n + 1} of {rounds}: {first.wall_s:.1f} s, {third.wall_s:.1f} s")


def backend(bench: Bench, name: str, rounds: int) -> None:
    """Compare the existing app's way and ours on another GL backend."""
    with worker(bench, name) as pid, old_way(bench.host, bench.folder, name) as old:
        draws = [by_old_way(old, bench.folder, name), by_service(bench.service, pid, name)]
        warm_up(bench, draws)
        done = bench.measured.rounds.setdefault(name, [])
        for n in range(rounds):
            done.append({run.kind: run for run in [draw(USUAL) for draw in draws]})
            bench.say(f"{name}, round {n + 1} of {rounds}")


@dataclass(frozen=True)
class Batch:
    """Posters a minute, and how many cores the workers kept busy meanwhile."""

    per_minute: float
    cores: float


@dataclass(frozen=True)
class Throughput:
    """Batches drawn by one worker and by two, in turn."""

    one: Sequence[Batch]
    two: Sequence[Batch]

    @property
    def ratio(self) -> Spread:
        return ratios([b.per_minute for b in self.two], [b.per_minute for b in self.one])

    @property
    def cores_of_one(self) -> float:
        """How many cores one worker keeps busy by itself."""
        return _cores(self.one)

    def __str__(self) -> str:
        told = [
            f"{spread([b.per_minute for b in batches])}, {figure(_cores(batches))} cores busy"
            for batches in (self.one, self.two)
        ]
        return f"one worker {told[0]}; two {told[1]}"


def throughput(bench: Bench) -> Throughput:
    """Draw a batch with one worker and with two, in turn."""
    one: list[Batch] = []
    two: list[Batch] = []
    for _ in range(THROUGHPUT_ROUNDS):
        with worker(bench, LLVMPIPE) as first:
            one.append(_batch(bench, [first]))
            with _second_worker(bench) as second:
                two.append(_batch(bench, [first, second]))
        bench.say(f"posters a minute: {one[-1].per_minute:.1f}, {two[-1].per_minute:.1f}")
    return Throughput(one, two)


def memory(bench: Bench) -> None:
    """Look for the peaks, in runs of their own: to read PSS slows down what is read."""
    taken = [size for size in SIZES if _was_drawn(bench, size)]
    for size in dict.fromkeys((USUAL, *taken[-2:])):
        with worker(bench, LLVMPIPE) as pid:
            draw = by_service(bench.service, pid, LLVMPIPE)
            draw(USUAL)
            _peak(bench, pid, draw, size)
        if bench.native_python and size in NATIVE_SIZES:
            style = map_style(bench.host.url("native"))
            with native(bench.native_python, bench.folder) as drawer:
                _peak(bench, drawer.pid, by_native(drawer, bench.folder, style), size)
    with old_way(bench.host, bench.folder, LLVMPIPE) as old:
        _peak(bench, old.pid, by_old_way(old, bench.folder, LLVMPIPE), USUAL)


def from_start(measured: Measured) -> str:
    """Say how long the first poster took counted from the start of its worker's process."""
    runs = measured.of((COLD, USUAL, LLVMPIPE))
    whole = spread([run.details["from_start_s"] for run in runs])
    return f"from the start of its process to the first poster stored: {whole} s"


def identical(bench: Bench) -> Identical:
    """Ask for the same poster again, while it is drawn and afterwards."""
    with worker(bench, LLVMPIPE):
        return ask_again(bench.service, ALONE)


@contextmanager
def two_workers(bench: Bench) -> Iterator[None]:
    """Run two workers that have drawn before."""
    with worker(bench, LLVMPIPE), _second_worker(bench):
        _draw_all(bench, 4)
        yield


@contextmanager
def worker(bench: Bench, gl_backend: str, *, wait: bool = True) -> Iterator[int]:
    """Run one worker and yield the process of its Celery main; *wait* until it is able."""
    pid = bench.service.start_worker(EXPORT_GL_BACKEND=gl_backend)
    try:
        if wait:
            bench.service.await_workers(1)
        yield pid
    finally:
        bench.service.stop_worker()


def warm_up(bench: Bench, draws: Sequence[Draw]) -> None:
    for draw in draws:
        bench.say(f"warm-up: {draw(USUAL).contender}")


@contextmanager
def _native(bench: Bench) -> Iterator[list[Draw]]:
    """Yield MapLibre Native's way as a list, empty when it does not run here; why is noted."""
    if bench.native_python is None:
        yield []
        return
    style = map_style(bench.host.url("native"))
    with native(bench.native_python, bench.folder) as drawer:
        draw = by_native(drawer, bench.folder, style)
        try:
            draw(USUAL)
        except CannotRun as err:
            bench.measured.notes[NATIVE] = f"could not run: {err}"
            yield []
        else:
            yield [draw]


def _is_taken(bench: Bench, size: Size) -> bool:
    """Tell whether the service draws so large a poster; it is drawn once, which is the proof."""
    try:
        bench.service.completed(bench.service.submit(size))
    except (Refused, CannotRun) as err:
        bench.measured.notes[str(size)] = f"could not run: not built ({err})"
        bench.say(f"{size}: {bench.measured.notes[str(size)]}")
        return False
    return True


def _was_drawn(bench: Bench, size: Size) -> bool:
    return bool(bench.measured.of((WARM, size, LLVMPIPE)))


@contextmanager
def _second_worker(bench: Bench) -> Iterator[int]:
    pid = bench.service.start_worker("worker-low")
    try:
        bench.service.await_workers(2)
        yield pid
    finally:
        bench.service.stop_worker("worker-low")


def _batch(bench: Bench, workers: Sequence[int]) -> Batch:
    """Draw a batch by *workers*, their Celery mains; none of them draws its first poster."""
    _draw_all(bench, 2 * len(workers))
    before, begun = sum(map(cpu_s, workers)), time.monotonic()
    _draw_all(bench, BATCH)
    seconds = time.monotonic() - begun
    return Batch(60 * BATCH / seconds, (sum(map(cpu_s, workers)) - before) / seconds)


def _draw_all(bench: Bench, count: int) -> None:
    for job in [bench.service.submit(USUAL) for _ in range(count)]:
        bench.service.completed(job)


def _cores(batches: Sequence[Batch]) -> float:
    return spread([batch.cores for batch in batches]).median


def _peak(bench: Bench, pid: int, draw: Draw, size: Size) -> None:
    with PeakMemory(pid) as peak:
        run = draw(size)
    bench.measured.peaks[run.kind] = peak.bytes
    bench.say(f"memory of {run.contender}, {size}: {peak.bytes / 2**20:.0f} MiB")
