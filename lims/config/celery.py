"""The bell: Celery carries messages that say only that work waits."""

import os
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from kombu.connection import Connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lims.config.settings")


class QuickConnection(Connection):
    """Celery's pause between two tries to reach the broker grows to 30 s, and no setting changes it."""

    def _ensure_connection(self, *args: Any, **more: Any) -> Any:
        more |= {"interval_start": 0.5, "interval_step": 0, "interval_max": 0}
        return super()._ensure_connection(*args[:2], **more)  # type: ignore[no-untyped-call]


class Bells(AMQP):  # type: ignore[misc]
    """Bells are not confirmed: a lost one does no harm.

    Celery confirms after the run, and takes a message whose confirmation failed for one still at work: a worker whose
    broker was away at that moment read no further one, and so never noticed that its connection had broken.
    """

    def TaskConsumer(self, *args: Any, **more: Any) -> Any:
        return super().TaskConsumer(*args, **more, no_ack=True)


app = Celery("siheom", amqp=Bells)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.amqp.Connection = QuickConnection
app.autodiscover_tasks(["lims.runs", "lims.equipment", "certificates"])
