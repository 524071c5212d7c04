"""What watches the service, asked of a real Prometheus that scrapes the running service."""

import json
import re
import subprocess
from collections.abc import Iterator

import pytest
import yaml

from tests.functional.prometheus import Prometheus, prometheus
from tests.functional.service import ROOT, Service
from tests.functional.waiting import eventually

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
ALERTS = {rule["alert"]: rule for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]}
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "dashboard.json").read_text())
QUERIES = {
    f"{panel['title']}: {target['legendFormat']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", ())
}
# The tiles of an archive are not fetched: nothing to show, as it should be.
EMPTY_WHEN_WELL = {"Fetches answered by the cache: hits"}
METRIC = re.compile(r"\bexport_[a-z_]+")
SUFFIX = re.compile(r"_(bucket|sum|count)$")


@pytest.mark.parametrize("expression", [rule["expr"] for rule in ALERTS.values()], ids=ALERTS)
def test_an_alert_asks_for_metrics_that_there_are(watching, expression):
    known = watching.ask("targets/metadata")
    names = {row["metric"] for row in known}

    asked = {SUFFIX.sub("", name) for name in METRIC.findall(expression)} or {"up"}

    assert asked - {"up"} <= names
    watching.ask("query", query=expression)


@pytest.mark.parametrize("name", QUERIES)
def test_a_panel_shows_something(watching, name):
    result = watching.ask("query", query=QUERIES[name])["result"]

    shown = [sample for sample in result if sample["value"][1] != "NaN"]
    assert shown or name in EMPTY_WHEN_WELL


def test_no_alert_fires_on_a_service_that_is_well(watching):
    def judged() -> bool:
        groups = watching.ask("rules")["groups"]
        return all(rule["health"] == "ok" for group in groups for rule in group["rules"])

    eventually(judged, within_s=20, what="every rule was evaluated")

    firing = [alert["labels"]["alertname"] for alert in watching.ask("alerts")["alerts"]]
    assert firing == []


def test_every_alert_is_tried_at_and_past_its_threshold():
    promtool("check", "rules", "alerts.yml")
    promtool("test", "rules", "alerts_test.yml")

    tests = yaml.safe_load(RULES.with_name("alerts_test.yml").read_text())["tests"]
    tried = [case for test in tests for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in tried if case.get("exp_alerts")} == set(ALERTS)
    assert {case["alertname"] for case in tried if not case.get("exp_alerts")} == set(ALERTS)


def test_the_configuration_is_one(tmp_path):
    """Its secret lies elsewhere on this machine: the syntax is what is checked."""
    promtool("check", "config", "--syntax-only", "prometheus.yml")


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_has_its_runbook(alert):
    runbook = ROOT / ALERTS[alert]["annotations"]["runbook"]

    assert runbook.is_file()
    assert runbook.read_text().startswith(f"# {alert}")


def promtool(*args: str) -> None:
    done = subprocess.run(
        ["promtool", *args], cwd=RULES.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def watching(stack: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus, having seen a poster being made."""
    folder = tmp_path_factory.mktemp("prometheus")
    with prometheus(folder, stack, RULES) as asked:
        # A rate needs a value before and after; nothing may have been completed before this.
        stack.ended(stack.submit())
        eventually(lambda: asked.scrapes() >= 3, within_s=30, what="three scrapes")
        stack.ended(stack.submit())
        seen = asked.scrapes()
        eventually(lambda: asked.scrapes() >= seen + 3, within_s=30, what="three more scrapes")
        yield asked
