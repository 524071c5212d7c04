"""What a run of the gates may be told from outside, by the environment."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local.refusal import CannotRun


@dataclass(frozen=True)
class Options:
    """*gates* to run; *jobs* 0: each gate's own number; *mutate*: the switch-offs to prove."""

    gates: tuple[str, ...]
    jobs: int = 0
    seed: int = 0
    workers: int = 4
    renders: int = 2000
    minutes: float = 120.0
    mutate: tuple[str, ...] = field(default=())
    docs: bool = False

    @property
    def kind(self) -> str:
        """Return which kind of run this is, after which its folder is named."""
        if self.mutate:
            return "mutants"
        return {("K11",): "soak", ("SHORT",): "chaos-short"}.get(self.gates, "chaos")

    @classmethod
    def from_env(
        cls, env: Mapping[str, str], gates: tuple[str, ...], mutants: tuple[str, ...]
    ) -> "Options":
        """Read GATE, JOBS, SEED, WORKERS, RENDERS, MINUTES, MUTATE and CHAOS_DOCS.

        Raises CannotRun.
        """
        wanted = _named(env, "GATE", gates)
        mutate = env.get("MUTATE", "")
        return cls(
            gates=wanted or tuple(gate for gate in gates if gate not in ("K11", "SHORT")),
            jobs=_number(env, "JOBS", 0, 100_000),
            seed=_number(env, "SEED", 0, 2**32) or secrets.randbelow(2**31) + 1,
            workers=_number(env, "WORKERS", 4, 64),
            renders=_number(env, "RENDERS", 2000, 1_000_000),
            minutes=_number(env, "MINUTES", 120, 10_000),
            mutate=mutants if mutate == "all" else _named(env, "MUTATE", mutants),
            docs=env.get("CHAOS_DOCS") == "1",
        )


def _named(env: Mapping[str, str], name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    said = [word.strip() for word in env.get(name, "").split(",") if word.strip()]
    by_upper = {each.upper(): each for each in known}
    if unknown := [word for word in said if word.upper() not in by_upper]:
        raise CannotRun(f"{name} may hold {', '.join(known)}; got {unknown[0]!r}.")
    return tuple(by_upper[word.upper()] for word in said)


def _number(env: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = env.get(name, "")
    if not text:
        return usual
    if not text.isdecimal() or int(text) > most:
        raise CannotRun(f"{name} must be a whole number from 0 to {most}, got {text!r}.")
    return int(text)
