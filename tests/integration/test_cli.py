"""`celery -A exporter jobs ...` and `pool`: against a real Redis, once as a real command line."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner

from exporter import presence
from exporter.cli.jobs import jobs as command
from exporter.cli.pool import pool
from exporter.cli.text import age
from exporter.directory_store import DirectoryStore
from exporter.errors import JobNotFound
from exporter.events import Event, Webhook
from exporter.jobs import PREFIX, Failure, Jobs, Likeness, Result, State
from exporter.outbox import Outbox
from exporter.presence import BrowserState, WorkerState
from exporter.queues import Priority
from exporter.storage import open_storage
from tests.factories import poster_job

ROOT = Path(__file__).parents[2]
FAULT = Failure("render_timeout", "The map did not finish drawing in time.", True)
RESULT = Result("api-posters/a.png", 3, 400, 600, "ab" * 32, 1500, 20)
SECRET = "whsec_" + "c2VjcmV0" * 4


class TestList:
    def test_a_table_has_a_line_for_each_job_newest_first(self, jobs, ask):
        older, newer = failed(jobs), submitted(jobs, priority=Priority.HIGH)

        head, *lines = ask("list").output.splitlines()

        assert head.split()[:3] == ["JOB", "STATE", "STAGE"]
        assert [line.split()[:2] for line in lines] == [[newer, "queued"], [older, "failed"]]
        assert lines[1].endswith("render_timeout")

    @pytest.mark.parametrize(
        ("options", "found"),
        [
            ("", "waiting running retrying failed crashed completed"),
            ("--failed", "failed crashed"),
            ("--code worker_crashed", "crashed"),
            ("--queue low", "running"),
            ("--queue low --failed", ""),
            ("--since 1h", "waiting running retrying failed completed"),
            ("--since 2001-01-01", "waiting running retrying failed crashed completed"),
        ],
    )
    def test_filters_add_up(self, jobs, client, ask, options, found):
        by_name = some_of_each(jobs, client)

        told = json.loads(ask(f"list --json {options}").stdout)

        assert {row["job_id"] for row in told} == {by_name[name] for name in found.split()}

    def test_a_long_list_says_what_it_leaves_out(self, jobs, ask):
        for _ in range(3):
            submitted(jobs)

        cut, whole = ask("list --limit 2"), ask("list --limit 0")

        assert len(cut.stdout.splitlines()) == 3
        assert "1 more" in cut.stderr
        assert len(whole.stdout.splitlines()) == 4

    @pytest.mark.parametrize("since", ["yesterday", "7", "2027-13-01"])
    def test_a_time_that_is_none_is_refused(self, ask, since):
        answer = ask(f"list --since {since}", code=2)

        assert "must be like 30m, 12h, 7d or 2027-01-31" in answer.stderr


class TestShow:
    def test_a_job_is_shown_with_its_notices_and_without_secrets(self, jobs, client, ask):
        webhook = Webhook("https://hooks.example/", (Event.FAILED,), SECRET)
        job_id = failed(jobs, webhook=webhook)

        text, told = ask(f"show {job_id}").stdout, json.loads(ask(f"show {job_id} --json").stdout)

        assert "render_timeout" in text
        assert told["webhook"][0]["id"] == Outbox(client).of_job(job_id)[0].id
        assert told["request"] == json.loads(jobs.get(job_id).request)
        assert SECRET not in text + json.dumps(told)

    def test_a_follower_says_whose_drawing_it_waits_for(self, jobs, ask):
        first, second = alike(jobs), alike(jobs)

        assert json.loads(ask(f"show {second} --json").stdout)["reused_from"] == first
        assert second in ask("list").stdout

    def test_an_unknown_job_is_named(self, ask):
        assert "no job 'x'" in ask("show x", code=1).stderr


class TestRequeue:
    def test_counters_begin_anew_and_history_is_kept(self, jobs, client, ask, sent):
        job_id = failed(jobs, starts=3)
        token = int(client.hget(f"{PREFIX}job:{job_id}", "token"))

        ask(f"requeue {job_id}")

        record = jobs.get(job_id)
        assert sent == [(job_id, Priority.NORMAL)]
        assert (record.state, record.attempts, record.starts) == (State.QUEUED, 0, 0)
        assert (record.failure, record.claimed_at, record.ended_at) == (None, 0, 0)
        [past] = record.history
        assert (past.failure, past.attempts) == (FAULT, 3)
        assert past.ended_at == pytest.approx(time.time(), abs=60)
        again = jobs.claim(job_id, "w")
        assert again.token == token + 1
        assert again.remaining_s == pytest.approx(record.job().timeout_s)
        assert client.zscore(f"{PREFIX}ended", job_id) is None

    def test_it_may_fail_and_be_begun_anew_again_each_with_its_notice(self, jobs, client, ask):
        job_id = failed(jobs, webhook=Webhook("https://hooks.example/"))
        ask(f"requeue {job_id}")
        jobs.fail(job_id, jobs.claim(job_id, "w").token, FAULT)
        ask(f"requeue {job_id}")
        jobs.complete(job_id, jobs.claim(job_id, "w").token, RESULT)

        notices = Outbox(client).of_job(job_id)
        assert len(jobs.get(job_id).history) == 2
        assert [n.event for n in notices] == ["job.failed", "job.failed", "job.completed"]
        assert len({n.id for n in notices}) == 3

    def test_all_that_fit_are_begun_anew(self, jobs, client, ask, sent):
        by_name = some_of_each(jobs, client)

        told = json.loads(ask("requeue --code worker_crashed --json").stdout)

        assert told == [{"job_id": by_name["crashed"], "outcome": "requeued"}]
        assert [job_id for job_id, _ in sent] == [by_name["crashed"]]
        assert client.zcard(f"{PREFIX}dead") == 0
        assert jobs.get(by_name["failed"]).state is State.FAILED

    def test_a_job_that_did_not_fail_is_skipped_and_the_others_are_not(self, jobs, ask, sent):
        waiting, job_id = submitted(jobs), failed(jobs)

        answer = ask(f"requeue {waiting} {job_id} nobody", code=1)

        assert "skipped: Only a failed job can be begun anew." in answer.stdout
        assert [each for each, _ in sent] == [job_id]

    def test_a_dry_run_changes_nothing(self, jobs, ask, sent):
        job_id = failed(jobs)

        answer = ask("requeue --failed --dry-run")

        assert job_id in answer.stdout
        assert "nothing was changed" in answer.stderr
        assert (jobs.get(job_id).state, sent) == (State.FAILED, [])


class TestCancel:
    def test_what_waits_ends_and_what_runs_is_stopped(self, jobs, client, ask):
        by_name = some_of_each(jobs, client)

        told = json.loads(ask("cancel --since 1h --json").stdout)

        outcomes = {each["job_id"]: each["outcome"] for each in told}
        assert outcomes == {
            by_name["waiting"]: "cancelled",
            by_name["retrying"]: "cancelled",
            by_name["running"]: "stopping",
        }
        assert jobs.get(by_name["running"]).cancel_requested


class TestPurge:
    def test_an_ended_job_goes_with_its_files(self, jobs, settings, ask):
        store = open_storage(settings)
        assert isinstance(store, DirectoryStore)
        store.put(RESULT.key, b"abc", content_type="image/png", deadline_s=time.monotonic() + 9)
        job_id = completed(jobs)

        ask(f"purge {job_id}")

        with pytest.raises(JobNotFound):
            jobs.get(job_id)
        assert not list((settings.var_dir / "posters").rglob("a.png"))

    def test_files_that_another_job_holds_stay(self, jobs, settings, ask):
        store = open_storage(settings)
        store.put(RESULT.key, b"abc", content_type="image/png", deadline_s=time.monotonic() + 9)
        first, second = alike(jobs), alike(jobs)
        jobs.complete(first, jobs.claim(first, "w").token, RESULT)

        ask(f"purge {first}")
        assert list((settings.var_dir / "posters").rglob("a.png"))
        ask(f"purge {second}")

        assert not list((settings.var_dir / "posters").rglob("a.png"))

    def test_a_job_that_has_not_ended_stays(self, jobs, ask):
        job_id = submitted(jobs)

        answer = ask(f"purge {job_id}", code=1)

        assert "skipped: it is queued" in answer.stdout
        assert jobs.get(job_id).state is State.QUEUED

    def test_the_filters_find_ended_jobs_only(self, jobs, client, ask):
        by_name = some_of_each(jobs, client)

        told = json.loads(ask("purge --since 1h --dry-run --json").stdout)

        names = {each["job_id"] for each in told}
        assert names == {by_name["failed"], by_name["completed"]}


@pytest.mark.parametrize("name", ["requeue", "cancel", "purge"])
def test_nothing_is_done_to_all_jobs_by_a_word_left_out(ask, name):
    assert "name jobs, or filter them" in ask(name, code=2).stderr
    assert "not both" in ask(f"{name} x --failed", code=2).stderr


class TestPool:
    def test_each_browser_of_each_process_has_a_line(self, client, show_pool):
        each = (BrowserState("drawing", 7500, 12, 300_000_000), BrowserState("idle", 45, 0, 0))
        presence.report(client, WorkerState("a:1", 2, 1, 12, 2, 0, 0, 3, "llvmpipe", each=each))
        presence.report(client, WorkerState("b:2", 0, 0, 5, 1, 1, 0, 0, "llvmpipe"))

        answer = show_pool()

        lines = [line.split() for line in answer.stdout.splitlines()[1:]]
        assert lines == [
            ["a:1", "drawing", "2h05m", "12", "300", "MB"],
            ["a:1", "idle", "45s", "0", "-"],
        ]
        assert "2 worker processes, 2 browsers" in answer.stderr
        told = json.loads(show_pool("--json").stdout)
        assert told[0]["each"][0]["age_s"] == 7500

    @pytest.mark.parametrize(
        ("seconds", "text"), [(0, "0s"), (61, "1m01s"), (3600, "1h00m"), (90_000, "1d01h")]
    )
    def test_ages_are_short(self, seconds, text):
        assert age(seconds) == text


class TestCommandLine:
    """As an operator types it, in the checkout."""

    def test_it_answers_json_and_nothing_else(self, jobs, settings):
        job_id = submitted(jobs)

        answer = celery(settings, "jobs", "list", "--json")

        assert answer.returncode == 0, answer.stderr
        assert [row["job_id"] for row in json.loads(answer.stdout)] == [job_id]

    def test_a_requeued_job_has_a_message(self, jobs, client, settings):
        job_id = failed(jobs)

        answer = celery(settings, "jobs", "requeue", "--failed")

        assert answer.returncode == 0, answer.stderr
        [message] = client.lrange("normal", 0, -1)
        assert json.loads(message)["headers"]["id"] == job_id

    def test_the_pool_is_there_too(self, settings):
        assert celery(settings, "pool").stdout.startswith("WORKER")

    def test_a_redis_that_is_away_is_a_sentence(self, settings):
        answer = celery(replace(settings, redis_url="redis://127.0.0.1:1/0"), "jobs", "list")

        assert (answer.returncode, answer.stdout) == (1, "")
        assert answer.stderr.startswith("Error: Redis: ConnectionError")


def celery(settings, *words):
    return subprocess.run(
        [sys.executable, "-m", "celery", "-A", "exporter", *words],
        cwd=ROOT,
        env={
            **os.environ,
            "REDIS_URL": settings.redis_url,
            "EXPORT_VAR_DIR": str(settings.var_dir),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def submitted(jobs, webhook=None, **given):
    return jobs.submit(poster_job(**given), webhook=webhook).job_id


def alike(jobs):
    return jobs.submit(poster_job(), likeness=Likeness("a" * 64)).job_id


def failed(jobs, starts=1, **given):
    job_id = submitted(jobs, **given)
    for _ in range(starts):
        jobs._redis.hset(f"{PREFIX}job:{job_id}", "lease", 1)
        claim = jobs.claim(job_id, "w")
    jobs.fail(job_id, claim.token, FAULT)
    return job_id


def completed(jobs):
    job_id = submitted(jobs)
    jobs.complete(job_id, jobs.claim(job_id, "w").token, RESULT)
    return job_id


def some_of_each(jobs, client):
    """Make jobs in every state; the crashed one was made long ago."""
    found = {"waiting": submitted(jobs), "running": submitted(jobs, priority=Priority.LOW)}
    jobs.claim(found["running"], "w")
    found["retrying"] = submitted(jobs)
    jobs.retry(found["retrying"], jobs.claim(found["retrying"], "w").token, FAULT, 600)
    found |= {"failed": failed(jobs), "completed": completed(jobs), "crashed": submitted(jobs)}
    record = f"{PREFIX}job:{found['crashed']}"
    client.hset(record, mapping={"starts": 3, "created_at": 1_100_000_000_000})
    assert jobs.claim(found["crashed"], "w") is None
    return found


@pytest.fixture
def client(redis_url):
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def jobs(client, settings):
    return Jobs(client, settings)


@pytest.fixture
def sent(monkeypatch):
    """The messages sent by the commands."""
    messages = []
    monkeypatch.setattr("exporter.celery_app.send", lambda *message: messages.append(message))
    return messages


@pytest.fixture
def ask(settings, sent, monkeypatch):
    """Run a `jobs` command and expect its exit code."""
    monkeypatch.setattr("exporter.cli.at_work.settings", lambda: settings)
    monkeypatch.setattr("exporter.logs.configure", lambda level: None)

    def run(words, code=0):
        answer = CliRunner().invoke(command, words.split())
        assert answer.exit_code == code, answer.output
        return answer

    return run


@pytest.fixture
def show_pool(settings, ask):
    return lambda *words: CliRunner().invoke(pool, words)
