"""Redis comes back without its data: a documented loss, told loudly, nothing half done is left."""

import pytest

from exporter.data_set import KEY, DataSet
from exporter.errors import JobNotFound
from exporter.jobs import PREFIX, State, connect
from exporter.metrics import Metrics
from exporter.tasks import render_export
from tests.functional.waiting import eventually
from tests.integration import test_tasks
from tests.integration.test_tasks import stored, submitted

# Fixtures of theirs.
page, browser, sent = test_tasks.page, test_tasks.browser, test_tasks.sent
make_worker, worker = test_tasks.make_worker, test_tasks.worker


class TestAlert:
    def test_a_loss_is_counted_once_by_however_many_processes(self, client):
        sets = [DataSet(client, Metrics(client)) for _ in range(3)]
        for each in sets:
            each.look()

        client.flushall()
        for each in sets * 2:
            each.look()

        assert client.hget(f"{PREFIX}metrics", "export_data_losses|redis") == "1"

    def test_a_second_loss_is_the_second_although_the_counter_was_lost_too(self, client):
        """An alert asks for an increase, and from 1 to 1 there is none."""
        sets = [DataSet(client, Metrics(client)) for _ in range(2)]
        for _ in range(3):
            for each in sets:
                each.look()
            client.flushall()
        for each in sets * 2:
            each.look()

        assert client.hget(f"{PREFIX}metrics", "export_data_losses|redis") == "3"

    def test_a_first_start_and_a_restart_with_its_data_are_none(self, client):
        for _ in range(2):
            data_set = DataSet(client, Metrics(client))
            data_set.look()
            data_set.look()

        assert client.hget(f"{PREFIX}metrics", "export_data_losses|redis") is None

    def test_a_worker_looks_for_it(self, make_worker, monkeypatch):
        monkeypatch.setattr("exporter.worker.LOOK_EVERY_S", 0.02)
        worker = make_worker()
        eventually(lambda: worker.redis.exists(KEY), within_s=5, what="the word is written")

        worker.redis.flushall()

        eventually(
            lambda: worker.redis.hget(f"{PREFIX}metrics", "export_data_losses|redis") == "1",
            within_s=5,
            what="the loss is counted",
        )


class TestLateFinishers:
    def test_one_that_is_being_drawn_stops_and_leaves_nothing(self, worker, page):
        job = submitted(worker)

        async def lose(_on_progress):
            worker.redis.flushall()

        page.while_drawing = lose
        render_export(job.job_id)

        assert stored(worker) == {}
        with pytest.raises(JobNotFound):
            worker.jobs.get(job.job_id)

    def test_one_that_is_stored_already_is_dropped(self, worker, monkeypatch):
        job = submitted(worker)
        put = worker.storage.put

        def put_and_lose(*args, **given):
            put(*args, **given)
            worker.redis.flushall()

        monkeypatch.setattr(worker.storage, "put", put_and_lose)
        render_export(job.job_id)

        assert stored(worker) == {}

    def test_its_message_finds_nothing_to_do_and_new_jobs_are_drawn(self, worker, page):
        lost = submitted(worker)
        worker.redis.flushall()

        render_export(lost.job_id)
        assert page.drawn == 0
        fresh = submitted(worker)
        render_export(fresh.job_id)

        assert worker.jobs.get(fresh.job_id).state is State.COMPLETED


@pytest.fixture
def client(settings):
    with connect(settings) as client:
        yield client
