"""The autoscaler's rule: what KEDA and the HPA it makes do with a number of jobs."""

import math
from collections import deque
from dataclasses import dataclass
from typing import Any, Self

# Kubernetes' own: how often an HPA looks, and how small a difference it leaves alone.
SYNC_S = 15.0
TOLERANCE = 0.1


@dataclass(frozen=True)
class Rule:
    """The numbers of a ScaledObject. Seconds, pods, shares; `least` and `most` bound the pods."""

    least: int
    most: int
    calm_s: float
    polling_s: float = 5.0
    cooldown_s: float = 300.0
    target: float = 1.0
    up_share: float = 1.0
    up_pods: int = 4
    up_every_s: float = 15.0
    down_share: float = 0.5
    down_every_s: float = 60.0

    @classmethod
    def of(cls, scaled_object: dict[str, Any]) -> Self:
        """Return the rule that a manifest writes down."""
        spec = scaled_object["spec"]
        behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        up = {policy["type"]: policy for policy in behavior["scaleUp"]["policies"]}
        [down] = behavior["scaleDown"]["policies"]
        return cls(
            least=spec["minReplicaCount"],
            most=spec["maxReplicaCount"],
            calm_s=behavior["scaleDown"]["stabilizationWindowSeconds"],
            polling_s=spec["pollingInterval"],
            cooldown_s=spec["cooldownPeriod"],
            target=float(spec["advanced"]["scalingModifiers"]["target"]),
            up_share=up["Percent"]["value"] / 100,
            up_pods=up["Pods"]["value"],
            up_every_s=up["Percent"]["periodSeconds"],
            down_share=down["value"] / 100,
            down_every_s=down["periodSeconds"],
        )


class Autoscaler:
    """Decides how many pods there are to be, look by look."""

    def __init__(self, rule: Rule, pods: int) -> None:
        self._rule = rule
        self._wanted: deque[tuple[float, int]] = deque()
        self._changes: deque[tuple[float, int]] = deque()
        self._last_job = 0.0
        self.pods = pods

    @property
    def next_look_s(self) -> float:
        """How long until the next look: KEDA's own at zero pods, the HPA's otherwise."""
        return SYNC_S if self.pods else self._rule.polling_s

    def look(self, now: float, jobs: int) -> int:
        """Return how many pods there are to be, with *jobs* waiting or running at *now*."""
        rule = self._rule
        if jobs:
            self._last_job = now
        if self.pods == 0:
            self._set(now, min(1, rule.most) if jobs else 0)
            return self.pods
        wanted = self._bounded(jobs)
        self._wanted.append((now, wanted))
        while self._wanted[0][0] < now - rule.calm_s:
            self._wanted.popleft()
        if wanted > self.pods:
            self._set(now, min(wanted, self._upper(now)))
        elif (calm := max(each for _, each in self._wanted)) < self.pods:
            self._set(now, max(calm, self._lower(now)))
        if rule.least == 0 and jobs == 0 and now - self._last_job >= rule.cooldown_s:
            self._set(now, 0)
        return self.pods

    def _bounded(self, jobs: int) -> int:
        rule = self._rule
        if abs(jobs / (rule.target * self.pods) - 1) <= TOLERANCE:
            return self.pods
        # The HPA never goes to zero; that is KEDA's, after the cooldown.
        return max(rule.least, 1, min(rule.most, math.ceil(jobs / rule.target)))

    def _upper(self, now: float) -> int:
        rule = self._rule
        before = self._before(now, rule.up_every_s)
        return max(math.ceil(before * (1 + rule.up_share)), before + rule.up_pods)

    def _lower(self, now: float) -> int:
        before = self._before(now, self._rule.down_every_s)
        # Kubernetes rounds in favour of the larger change, both ways.
        return math.floor(before * (1 - self._rule.down_share))

    def _before(self, now: float, period_s: float) -> int:
        """Return how many pods there were *period_s* ago."""
        while self._changes and self._changes[0][0] <= now - period_s:
            self._changes.popleft()
        return self._changes[0][1] if self._changes else self.pods

    def _set(self, now: float, pods: int) -> None:
        if pods != self.pods:
            self._changes.append((now, self.pods))
            self.pods = pods
