"""A worker whose confirmation of a message failed goes on hearing the bell.

Celery confirms only after the run. When the broker came back a moment too late for that, Celery took the message for
one still at work, read no further one, and so never noticed that its connection had broken: alive, and deaf for good.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.processes import ended
from tests.servers import wait_until

# The first confirmation meets a broker that is away, as it did in one of two hundred random kills. One message at a
# time is what Celery allows itself after it has lost a connection while it was at work.
WORKER = """
import redis
from kombu.transport.redis import QoS
real, met = QoS.ack, []
def ack(qos, tag):
    if not met:
        met.append(tag)
        os.write(1, b"the confirmation failed\\n")  # print is Celery's
        raise redis.exceptions.ConnectionError("the broker is away")
    return real(qos, tag)
QoS.ack = ack
from lims.config.celery import app
app.worker_main(["worker", "--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat",
                 "--concurrency", "1", "--queues", "run.load.ONE", "--loglevel", "WARNING"])
"""
RING = """
from lims.records import relay
relay.ring({("lims.answer_bell", "run.load.ONE"): 1})
"""


@pytest.fixture
def broker(place, monkeypatch):
    """A real Redis of the test's own."""
    program = shutil.which("redis-server")
    assert program, "no redis-server on this machine"
    path = place.home / "broker.sock"
    server = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(place.home)],
        stdout=subprocess.DEVNULL,
    )
    monkeypatch.setenv("REDIS_URL", f"redis+socket://{path}")
    wait_until(path.exists, 30)
    yield path
    server.kill()
    server.wait()


def bells(broker) -> int:
    line = ["redis-cli", "-s", str(broker), "llen", "run.load.ONE"]
    return int(subprocess.run(line, check=True, capture_output=True, text=True).stdout)


@pytest.mark.kills
def test_a_worker_whose_confirmation_failed_hears_the_next_bell(place, broker):
    worker = place.start(WORKER, stderr=subprocess.DEVNULL)
    with ended([worker]):
        place.run(RING)
        assert any(line == "the confirmation failed\n" for line in worker.stdout)

        place.run(RING)

        wait_until(lambda: bells(broker) == 0, 30)
