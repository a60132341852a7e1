import signal
from typing import Any

from django.core.management.base import BaseCommand

from lims.records import relay


class Command(BaseCommand):
    help = "Ring for the rows that wait for a worker, and end what lost its worker, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        stopped: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _frame: stopped.append(received))
        relay.watch(lambda: bool(stopped))
