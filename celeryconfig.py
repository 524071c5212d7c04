"""Celery's settings, each with its reason. Whoever speaks to the broker (API, workers, Flower,
the CLI) loads this file, because the shortest visibility timeout among them wins."""

from exporter.jobs import SOCKET_TIMEOUT_S
from exporter.queues import Priority
from exporter.settings import settings

_s = settings()

broker_url = _s.redis_url
# The job record is the only truth about a job (docs/adr/0002); after a crash of Redis, Celery's own
# results were seen to disagree with what had happened.
result_backend = None
task_ignore_result = True

# Only plain JSON ever runs through the broker: a pickled message would run code in the worker.
task_serializer = "json"
accept_content = ["json"]
result_accept_content = ["json"]

# A priority is a queue. An unknown name is an error here instead of a queue nobody reads.
task_queues = {priority.value: {} for priority in Priority}
task_default_queue = Priority.NORMAL.value
task_create_missing_queues = False
imports = ("exporter.tasks",)

# The message is given back only after the work: a killed worker's job is delivered again.
task_acks_late = True
# A child that dies is handled by the lease and the start counter of the job record. Celery's own
# redelivery (`task_reject_on_worker_lost`) knows no limit: a job that kills its worker was seen to
# run 74 times in 10 s.
task_reject_on_worker_lost = False

# Celery's limits are the outermost belt: every attempt has a deadline of its own below them.
task_soft_time_limit = _s.task_soft_limit_s
task_time_limit = _s.task_hard_limit_s
visibility_timeout = _s.visibility_timeout_s

broker_transport_options = {
    "visibility_timeout": _s.visibility_timeout_s,
    # `-Q high,normal,low` is then a strict order (exact since kombu 5.7.0).
    "queue_order_strategy": "priority",
    # One Redis list per queue, named like it; the default of four confuses KEDA and Flower.
    "priority_steps": [0],
    # How soon a message whose visibility ran out is seen: 2.8 s with these, 87 s without.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # Without a limit a publish to a hung Redis waits for ever; it must exceed the 1 s of BRPOP.
    "socket_timeout": SOCKET_TIMEOUT_S,
    "socket_connect_timeout": SOCKET_TIMEOUT_S,
    "socket_keepalive": True,
    "health_check_interval": 25,
    # No `retry_on_timeout`: with it redis-py also retries a read of a broken subscription, on a new
    # connection that is subscribed to nothing, without a limit. The worker would hang for good.
}
broker_connection_retry_on_startup = True
broker_connection_max_retries = None
# A full or read-only Redis refuses a command, which is no broken connection: the worker begins anew
# instead of ending over it.
broker_channel_error_retry = True
# A job goes on while Redis is away: its lease and token decide what its end is worth, and the
# copy of its message that Redis then hands out finds nothing to do.
worker_cancel_long_running_tasks_on_connection_loss = False
# A caller waits at the other end of a publish: one more try, then the error is told.
task_publish_retry_policy = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}

# A job is long: taking the next one early would hide it from a free worker and from KEDA.
worker_prefetch_multiplier = 1
worker_disable_prefetch = True
# A replacement child slower than this is killed; it starts a thread, never waits for a browser.
worker_proc_alive_timeout = 30.0
# Python's own growth is small; the browser is replaced by the pool, on count, age and memory.
worker_max_tasks_per_child = 1000
worker_hijack_root_logger = False
worker_redirect_stdouts = False

# Flower's live view.
worker_send_task_events = True
# What was sent Flower sees when a worker takes it: telling so at once would be a second publish of
# each submit, a quarter of its time at the broker.
task_send_sent_event = False
task_track_started = True
