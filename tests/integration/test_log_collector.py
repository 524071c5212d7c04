"""Log lines on their way from the service to files and to alerts, through the real programs."""

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from tests.functional.waiting import eventually
from tests.log_collector import (
    LOGS,
    ROOT,
    counted_at_once,
    from_files,
    from_journal,
    journal,
    mtail,
    no_journal,
    writer,
)
from tests.log_writer import JOB, KEY

pytestmark = pytest.mark.long

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = yaml.safe_load((PROMETHEUS / "log_alerts.yml").read_text())["groups"][0]["rules"]
ALERTS = {rule["alert"]: rule for rule in RULES}
PROGRAM = (LOGS / "mtail" / "poster-export.mtail").read_text()
NO_JOURNAL = no_journal()
LINES = "export_log_lines_total"
MANY = 10_000


class TestEvents:
    def test_each_is_one_line_with_every_field(self, source, collector):
        said = spoken("story")
        source.write("story")
        got = collected(collector, len(said))

        assert [without_collectors(event) for event in got] == said
        assert {event["job_id"] for event in got} == {JOB}
        assert {event["program"] for event in got} == {source.program}
        assert all(event["host"] for event in got)
        assert "one,\ntwo" in got[-1]["exception"]

    def test_a_days_file_bears_its_date_and_is_not_for_everybody(self, source, collector):
        before = today()
        source.write("story")
        collected(collector, 6)

        (file,) = collector.out.iterdir()
        assert file.name in {f"{before}.jsonl", f"{today()}.jsonl"}
        assert file.stat().st_mode & 0o777 == 0o640

    def test_what_is_no_json_is_an_event_too(self, source, collector):
        source.write("plain")
        got = collected(collector, 2)

        assert without_collectors(got[0]) == {
            "event": "not json",
            "text": "Fatal Python error: Segmentation fault",
        }
        assert got[1]["event"] == "careless"


class TestRestart:
    def test_a_collector_that_is_restarted_says_each_line_once(self, source, collector):
        source.write("numbers", "0", "300")
        collected(collector, 300)
        source.write("numbers", "300", "1500")
        collector.stop()
        source.write("numbers", "1500", "2000")
        collector.start()
        source.write("numbers", "2000", "2300")
        got = collected(collector, 2300)

        assert [event["number"] for event in got] == list(range(2300))

    def test_one_that_is_killed_loses_none(self, source, collector):
        """Killed while it has much to read: what it has read and not written would be lost."""
        collector.stop()
        source.write("numbers", "0", str(MANY))
        for _ in range(3):
            before = len(collector.text())
            collector.start()
            eventually(
                lambda before=before: len(collector.text()) > before,
                within_s=20,
                what="it collects",
            )
            collector.kill()
        collector.start()

        eventually(
            lambda: {event["number"] for event in collector.events()} == set(range(MANY)),
            within_s=60,
            what="every line was collected",
        )
        assert len(collector.events()) <= MANY + 3 * source.twice


@pytest.mark.skipif(bool(NO_JOURNAL), reason=NO_JOURNAL or "there is a journal")
def test_lines_of_other_programs_are_not_taken(own_journal, tmp_path):
    with from_journal(tmp_path, own_journal) as collector:
        own_journal.write("sshd", "echo", '{"event": "not ours"}')
        own_journal.write("poster-webapi", *writer("story"))
        collected(collector, 6)

        assert "not ours" not in collector.text()


class TestCounts:
    def test_each_kind_of_line_is_counted(self, source, collector):
        with mtail(collector.out) as counting:
            first = counting.counts()
            # It begins at the end of a file: what is written before it has found it is not counted.
            eventually(
                lambda: source.write("numbers", "0", "1") or counting.counts()[LINES] > 0,
                within_s=20,
                what="mtail follows the file",
            )
            source.write("faults")
            source.write("plain")
            # The last line of all.
            eventually(
                lambda: counting.counts()["export_log_secrets_total"],
                within_s=20,
                what="mtail has read all lines",
            )
            after = counting.counts()

        # Shown before anything happened, so that the first event is an increase.
        assert set(first) == declared()
        assert set(first.values()) == {0.0}
        assert after.pop(LINES) > 11
        assert after == {
            "export_log_critical_total": 1,
            "export_log_exceptions_total": 1,
            "export_log_browser_faults_total": 3,
            "export_log_denied_fetches_total": 2,
            "export_log_redacted_total": 1,
            "export_log_secrets_total": 1,
            "export_log_lost_lines_total": 0,
            "export_log_not_json_total": 1,
        }

    @pytest.mark.parametrize(
        ("text", "secrets"),
        [
            ("redis://:hunter2@redis:6379/0", 1),
            ("https://user:hunter2@bucket.example/", 1),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1),
            ("whsec_M/KQ9r8+KYqrTwjUPD8ILP/Io2LaLaSw", 1),
            (KEY, 1),
            ("redis://:[redacted]@redis:6379/0", 0),
            ("redis://[redacted]@redis:6379/0", 0),
            # As Celery and Flower say it.
            ("redis://:**@redis:6379/0", 0),
            ("redis://:x@redis:6379/0", 1),
            ("https://tiles.example:443/a@2x.png", 0),
            (f"{KEY[:16]}[redacted]", 0),
            ("whsec_[redacted]", 0),
        ],
    )
    def test_a_secret_is_seen_and_what_hides_one_is_none(self, tmp_path, text, secrets):
        line = json.dumps({"event": "careless", "text": text})
        # rsyslog writes a slash with a backslash before it.
        (tmp_path / "lines").write_text(f"{line}\n" + line.replace("/", "\\/") + "\n")

        counts = counted_at_once(tmp_path / "lines")

        assert counts[LINES] == 2
        assert counts["export_log_secrets_total"] == 2 * secrets

    @pytest.mark.parametrize(
        ("last_line", "unforeseen"),
        [
            ("ValueError: odd", 1),
            ("billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9", 0),
            ("celery.exceptions.Reject: ('no job can be begun here', True)", 0),
        ],
    )
    def test_a_traceback_of_what_other_alerts_tell_is_not_counted(
        self, tmp_path, last_line, unforeseen
    ):
        event = {"event": "Task handler raised error", "exception": f"Traceback\n{last_line}"}
        (tmp_path / "lines").write_text(json.dumps(event) + "\n")

        assert counted_at_once(tmp_path / "lines")["export_log_exceptions_total"] == unforeseen

    def test_lines_that_a_process_threw_away_are_added_up(self, tmp_path):
        told = [{"event": "log lines lost", "level": "warning", "count": n} for n in (12, 30)]
        (tmp_path / "lines").write_text("".join(json.dumps(line) + "\n" for line in told))

        assert counted_at_once(tmp_path / "lines")["export_log_lost_lines_total"] == 42

    def test_the_words_it_looks_for_are_the_services(self):
        """An event that is renamed must be renamed there, too."""
        sources = "".join(path.read_text() for path in (ROOT / "exporter").glob("*.py"))
        told = re.findall(r'"event": \?"\(?([\w |]+)\)?"', PROGRAM)
        events = {event for group in told for event in group.split("|")} - {"not json"}

        assert len(events) == 7
        for event in events:
            assert f'"{event}"' in sources


class TestAlerts:
    def test_every_one_is_tried_at_and_past_its_threshold(self):
        promtool("check", "rules", "log_alerts.yml")
        promtool("test", "rules", "log_alerts_test.yml")

        tests = yaml.safe_load((PROMETHEUS / "log_alerts_test.yml").read_text())["tests"]
        tried = [case for test in tests for case in test["alert_rule_test"]]
        assert {case["alertname"] for case in tried if case.get("exp_alerts")} == set(ALERTS)
        assert {case["alertname"] for case in tried if not case.get("exp_alerts")} == set(ALERTS)

    @pytest.mark.parametrize("alert", ALERTS)
    def test_each_asks_for_what_is_counted(self, alert):
        asked = set(re.findall(r"\bexport_log_\w+", ALERTS[alert]["expr"]))

        assert asked <= declared()
        assert asked or alert == "LogCollectorAway"

    @pytest.mark.parametrize("alert", ALERTS)
    def test_each_has_its_runbook(self, alert):
        runbook = ROOT / ALERTS[alert]["annotations"]["runbook"]

        assert runbook.read_text().startswith(f"# {alert}\n")


class TestInstallation:
    @pytest.mark.parametrize("unit", sorted(LOGS.glob("*.service")), ids=lambda unit: unit.name)
    def test_systemd_finds_nothing_wrong_with_its_units(self, unit, tmp_path):
        copy = tmp_path / unit.name
        copy.write_text(unit.read_text().replace("/opt/poster-exporter", str(ROOT)))

        answer = run("systemd-analyze", "verify", "--recursive-errors=no", str(copy))

        assert (answer.returncode, answer.stderr) == (0, "")

    def test_what_the_units_name_is_there(self):
        for unit in LOGS.glob("*.service"):
            for path in re.findall(r"/opt/poster-exporter/(\S+)", unit.read_text()):
                assert (ROOT / path).exists(), path

    def test_every_unit_of_the_service_is_known_to_the_collector(self):
        for unit in (ROOT / "deploy" / "systemd").glob("*.service"):
            assert re.search(r"^SyslogIdentifier=poster-\w+$", unit.read_text(), re.MULTILINE)

    def test_old_days_are_removed(self, tmp_path):
        folder = tmp_path / "var" / "log" / "poster-exporter"
        folder.mkdir(parents=True)
        old, new = folder / "2026-01-01.jsonl", folder / "2026-01-31.jsonl"
        for file in (old, new):
            file.touch()
        rule = tmp_path / "tmpfiles.conf"
        # By the dates of the contents alone: a test cannot set when an inode was changed.
        rule.write_text((LOGS / "tmpfiles.conf").read_text().replace(" 30d", " m:30d"))
        run("touch", "--date=31 days ago", str(old))
        run("touch", "--date=29 days ago", str(new))

        answer = run("systemd-tmpfiles", "--clean", f"--root={tmp_path}", str(rule))

        assert (answer.returncode, answer.stderr) == (0, "")
        assert sorted(folder.iterdir()) == [new]


class FromJournal:
    """Lines go to a journal as those of a unit do."""

    program = "poster-worker"
    # What it reads before it notes how far it is.
    twice = 50

    def __init__(self, own_journal):
        self._journal = own_journal

    def write(self, *what):
        self._journal.write(self.program, *writer(*what))

    def collector(self, folder):
        return from_journal(folder, self._journal)


class FromFile:
    """Lines go to a file as those of `make run` do."""

    # Killed while it notes how far it is, rsyslog begins at the file's beginning.
    twice = MANY

    def __init__(self, folder: Path):
        self._file = folder / "worker-high.log"
        self.program = str(self._file)

    def write(self, *what):
        with self._file.open("a") as out:
            subprocess.run(writer(*what), stdout=out, stderr=out, cwd=ROOT, check=True, timeout=60)

    def collector(self, folder):
        return from_files(folder, str(self._file))


@pytest.fixture
def own_journal():
    with journal() as running:
        yield running


@pytest.fixture(
    params=[
        pytest.param(
            "journal", marks=pytest.mark.skipif(bool(NO_JOURNAL), reason=NO_JOURNAL or "it can")
        ),
        "file",
    ]
)
def source(request, tmp_path):
    if request.param == "file":
        return FromFile(tmp_path)
    return FromJournal(request.getfixturevalue("own_journal"))


@pytest.fixture
def collector(source, tmp_path):
    with source.collector(tmp_path) as running:
        yield running


def spoken(*what):
    """Return the events of the lines that the writer writes of *what*, but for their time."""
    told = subprocess.run(
        writer(*what), capture_output=True, text=True, cwd=ROOT, check=True, timeout=60
    ).stderr
    return [without_time(json.loads(line)) for line in told.splitlines()]


def collected(collector, count):
    """Return the events as soon as *count* of them are there; more are a fault."""
    eventually(
        lambda: len(collector.events()) >= count, within_s=30, what=f"{count} lines are collected"
    )
    events = collector.events()
    assert len(events) == count
    return events


def without_time(event):
    return {name: item for name, item in event.items() if name != "timestamp"}


def without_collectors(event):
    """Return what the service said: without what the collector adds."""
    return {k: v for k, v in without_time(event).items() if k not in ("host", "program")}


def declared():
    return set(re.findall(r"^counter (\w+)", PROGRAM, re.MULTILINE))


def today():
    return f"{datetime.now(UTC):%Y-%m-%d}"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def promtool(*args):
    done = subprocess.run(
        ["promtool", *args], cwd=PROMETHEUS, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
