"""The model of autoscaling: its parts against what can be worked out by hand, then its choice."""

import json
import shutil
import subprocess
from random import Random

import pytest
import yaml

from deploy.simulation import assumed
from deploy.simulation.__main__ import PAGE, put_into
from deploy.simulation.choice import WAIT_P95_S, candidates, choose
from deploy.simulation.costs import break_even, months, pod_hour
from deploy.simulation.demand import DAY_S, burst, day, spikes
from deploy.simulation.measured import FILE, PERFORMANCE, ROOT, SIZES, USUAL, Measured, from_table
from deploy.simulation.model import DRAIN_S, Cluster
from deploy.simulation.plot import plot
from deploy.simulation.rule import Autoscaler, Rule
from deploy.simulation.trial import FIXED, try_rule

STILL = Rule(least=2, most=2, calm_s=60)


@pytest.fixture(scope="module")
def measured():
    return Measured.read()


@pytest.fixture(scope="module")
def tried(measured):
    return list(candidates(measured))


@pytest.fixture(scope="module")
def chosen(tried):
    return choose(tried)


class TestMeasured:
    def test_the_table_of_the_performance_page_can_be_read(self):
        found = from_table(PERFORMANCE.read_text())

        assert set(found.warm) == set(SIZES)
        assert all(s.low <= s.median <= s.high for s in found.warm.values())
        assert found.start.median > found.first.median

    def test_a_table_without_a_row_is_an_error(self):
        with pytest.raises(KeyError):
            from_table(PERFORMANCE.read_text().replace("ours, warm ", "ours, worm "))

    def test_what_is_drawn_lies_within_what_was_measured(self, measured):
        spread, chance = measured.warm[USUAL], Random(1)
        drawn = [spread.draw(chance) for _ in range(1000)]

        assert spread.low <= min(drawn) < spread.median < max(drawn) <= spread.high

    def test_the_mix_is_of_measured_sizes_and_whole(self, measured):
        assert assumed.MIX.keys() <= measured.warm.keys()
        assert sum(assumed.MIX.values()) == pytest.approx(1)


class TestRule:
    def test_as_many_pods_as_jobs_within_bounds_and_steps(self):
        scaler = Autoscaler(Rule(least=2, most=20, calm_s=60), 2)

        assert [scaler.look(at, 100) for at in (15, 30, 45, 60)] == [6, 12, 20, 20]

    def test_a_small_difference_changes_nothing(self):
        scaler = Autoscaler(Rule(least=1, most=50, calm_s=60), 20)

        assert scaler.look(15, 21) == 20
        assert scaler.look(30, 23) == 23

    def test_down_only_after_calm_and_by_half_a_minute(self):
        scaler = Autoscaler(Rule(least=2, most=20, calm_s=60), 20)
        scaler.look(15, 20)

        pods = [scaler.look(at, 0) for at in range(30, 241, 15)]

        assert pods[:3] == [20, 20, 20]
        assert pods[-1] == 2
        assert 10 in pods
        assert sorted(pods, reverse=True) == pods

    def test_to_zero_after_the_cooldown_and_back_at_the_next_poll(self):
        rule = Rule(least=0, most=3, calm_s=60, cooldown_s=300)
        scaler = Autoscaler(rule, 1)
        scaler.look(15, 1)

        assert scaler.look(300, 0) == 1
        assert scaler.look(315, 0) == 0
        assert scaler.next_look_s == rule.polling_s
        assert scaler.look(320, 4) == 1
        assert scaler.look(335, 4) == 3


class TestCluster:
    def test_a_queue_before_two_pods_is_what_it_is_by_hand(self):
        run = cluster(STILL, arrivals=[0, 0, 0, 0], seconds=[10, 10, 10, 10])

        assert run.waits == [0, 0, 10, 10]
        assert run.busy_seconds == 40

    def test_a_pod_takes_jobs_only_when_it_has_started(self):
        rule = Rule(least=1, most=2, calm_s=60)
        run = cluster(rule, arrivals=[1, 1], seconds=[100, 5], start_s=20)

        # Asked for at the first look (15 s), there 20 s later.
        assert run.waits == [0, 34]

    def test_what_is_taken_away_finishes_its_poster_or_hands_it_back(self):
        rule = Rule(least=1, most=3, calm_s=15, down_share=1.0, down_every_s=15)
        quick = [1.0] * 2
        longest = 4 * DRAIN_S
        run = cluster(
            rule, arrivals=[1, 1, 1, 400], seconds=[*quick, longest, longest], lasts_s=900
        )

        assert len(run.waits) - run.returned == 4
        assert run.busy_seconds == sum(quick) + 2 * longest

    def test_pods_are_paid_for_until_they_are_gone(self):
        run = cluster(STILL, arrivals=[0], seconds=[1], lasts_s=3600)

        assert run.pod_seconds == pytest.approx(2 * run.ended_at)
        assert run.ended_at == pytest.approx(3600, abs=15)

    def test_a_pod_that_is_always_there_draws_too(self):
        run = cluster(STILL, arrivals=[0, 0, 0], seconds=[9, 9, 9], fixed=1)

        assert run.waits == [0, 0, 0]

    def test_every_export_is_drawn_once(self, measured):
        outcome, run = try_rule(Rule(1, 10, 60), spikes(Random(3)), measured)

        assert len(run.waits) - run.returned == outcome.exports
        assert 0 < outcome.busy_share < 1

    def test_the_same_again_is_the_same(self, measured):
        again = [try_rule(Rule(1, 10, 60), burst(Random(3)), measured)[0] for _ in range(2)]

        assert again[0] == again[1]


class TestDemand:
    def test_a_day_has_its_exports_and_a_night(self):
        demand = day(Random(1), 20_000)
        night = sum(at < DAY_S / 12 or at > DAY_S * 11 / 12 for at in demand.arrivals)
        noon = sum(DAY_S * 5 / 12 < at < DAY_S * 7 / 12 for at in demand.arrivals)

        assert len(demand.arrivals) == pytest.approx(20_000, rel=0.03)
        assert noon > 5 * night
        assert list(demand.arrivals) == sorted(demand.arrivals)

    def test_a_spike_is_ten_times_the_rest(self):
        arrivals = spikes(Random(1)).arrivals
        spiked = sum(1200 <= at < 1800 for at in arrivals)
        usual = sum(at < 1200 for at in arrivals) / 2

        assert 7 < spiked / usual < 14


class TestCosts:
    def test_a_months_drawing_is_hours_times_price(self, measured):
        [thousand, *_] = months(measured, least=2, fixed=1)

        hours = 1000 * measured.warm[USUAL].median / 3600
        assert thousand.drawing == pytest.approx(hours * pod_hour())
        assert thousand.always_on > thousand.to_zero > thousand.drawing

    def test_at_break_even_both_cost_the_same(self, measured):
        exports = break_even(measured, 3)
        [month] = [months(measured, 2, 1)[0]]

        serverless = exports * month.serverless / month.exports
        assert serverless == pytest.approx(month.always_on, rel=0.01)


class TestChoice:
    """What the manifests say is what the simulation chose."""

    def test_it_keeps_the_queue_young_and_a_cheaper_one_would_not(self, chosen, tried):
        assert chosen.good
        cheaper = [each for each in tried if each.cost < chosen.cost - 0.005]
        assert cheaper
        assert not any(c.good for c in cheaper)

    def test_without_a_good_one_there_is_no_choice(self):
        with pytest.raises(ValueError, match=f"below {WAIT_P95_S:g} s"):
            choose([])

    @pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl builds the overlay")
    def test_the_production_overlay_has_its_numbers(self, chosen):
        scaled = scaled_object("production")

        assert Rule.of(scaled) == chosen.rule, (
            "make simulate, then change the overlay to its choice"
        )

    @pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl builds the overlay")
    def test_the_reversed_deployment_is_as_large_as_in_the_model(self):
        [worker] = [
            d
            for d in built("production")
            if d["metadata"]["name"] == "worker-low" and d["kind"] == "Deployment"
        ]

        assert worker["spec"]["replicas"] == FIXED

    @pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl builds the overlay")
    def test_prices_are_for_what_a_pod_requests(self):
        [worker] = [
            d
            for d in built("production")
            if d["metadata"]["name"] == "worker-high" and d["kind"] == "Deployment"
        ]
        [container] = worker["spec"]["template"]["spec"]["containers"]

        assert container["resources"]["requests"]["cpu"] == f"{assumed.POD_VCPU:g}"
        assert container["resources"]["requests"]["memory"] == f"{assumed.POD_GIB:g}Gi"

    def test_the_page_tells_of_the_rule_that_was_chosen(self, chosen):
        told = f"{chosen.rule.least} to {chosen.rule.most} pods, {chosen.rule.calm_s:g} s calm"

        assert told in PAGE.read_text(), "SIMULATE_DOCS=1 make simulate"
        assert json.loads(FILE.read_text())["measured_on"] in PAGE.read_text()


def test_tables_are_put_between_the_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- simulation: begin -->\nold\n<!-- simulation: end -->\nb\n")

    put_into(page, "new \\1")

    assert page.read_text() == (
        "a\n<!-- simulation: begin -->\n```\nnew \\1\n```\n<!-- simulation: end -->\nb\n"
    )


def test_a_plot_has_a_panel_for_each_run_and_no_markup_of_a_title():
    run = cluster(STILL, arrivals=[0, 0, 0], seconds=[9, 9, 9])

    svg = plot([("a < b", run), ("c", run)])

    assert svg.count("<polyline") == 4
    assert "a &lt; b" in svg
    assert svg.count("jobs that wait") == 1


def cluster(rule, arrivals, seconds, *, start_s=10.0, lasts_s=60.0, fixed=0):
    return Cluster(
        rule,
        arrivals,
        seconds,
        start_s=start_s,
        lasts_s=lasts_s,
        fixed=fixed,
        chance=Random(1),
    ).simulate()


def built(overlay):
    answer = subprocess.run(
        ["kubectl", "kustomize", str(ROOT / "deploy" / "k8s" / "overlays" / overlay)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return list(yaml.safe_load_all(answer.stdout))


def scaled_object(overlay):
    [found] = [d for d in built(overlay) if d["kind"] == "ScaledObject"]
    return found
