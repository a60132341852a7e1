"""Closed model without pauses: each user asks, reads the whole answer, judges it, and asks again at once.

Users, warm-up and windows belong to the engine; this file says only what a user asks and what a good answer is.
An answer counts as failed when it has another status or the text it must hold is not in it, so that a quick error
page never makes a product look fast.
"""

import base64
import itertools
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

import geventhttpclient.client
from locust import FastHttpUser, task
from locust.contrib.fasthttp import LocustBadStatusCode

ORDER = json.loads((Path(os.environ["SIHEOM_IN"]) / "order.json").read_text("utf-8"))
PARAMETERS = ORDER["parameters"]
WITH_BODY = {"PUT", "POST", "PATCH", "REPORT"}
WITH_DEPTH = {"PROPFIND", "REPORT"}
numbers = itertools.count(1)

# The client asks again by itself when a connection is dropped, and nobody learns of the first try: no second tries.
assert geventhttpclient.client.IDEMPOTENT_METHODS
geventhttpclient.client.IDEMPOTENT_METHODS = frozenset()


@dataclass(frozen=True)
class Ask:
    """One kind of request, from a line `METHOD path weight status text`; several statuses are parted by commas."""

    method: str
    path: str
    weight: int
    statuses: frozenset[int]
    text: bytes  # empty: any content

    @classmethod
    def parsed(cls, line):
        method, path, weight, status, *text = line.split(" ", 4)
        statuses = frozenset(int(one) for one in status.split(","))
        return cls(method, path, int(weight), statuses, text[0].encode() if text else b"")


ASKS = [Ask.parsed(line.strip()) for line in PARAMETERS["requests"].split("|")]


def headers_for(account):
    if not account:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(ORDER["accounts"][account].encode()).decode()}


class Visitor(FastHttpUser):
    host = ORDER["target_url"]
    max_redirects = max_retries = 0
    connection_timeout = network_timeout = float(PARAMETERS["answer_timeout_s"])

    def on_start(self):
        """Each user goes round the mix in an order of its own, the same in every run with this seed."""
        order = random.Random(f"{ORDER['seed']}/{next(numbers)}")
        round_of_asks = [ask for ask in ASKS for _ in range(ask.weight)]
        order.shuffle(round_of_asks)
        headers = headers_for(PARAMETERS["account"])
        body = PARAMETERS["body"].encode()
        self.asks = itertools.cycle(
            (
                ask,
                {
                    "headers": {**headers, "Depth": "1"} if ask.method in WITH_DEPTH else headers,
                    "data": body if ask.method in WITH_BODY else None,
                },
            )
            for ask in round_of_asks
        )

    @task
    def ask(self):
        ask, rest = next(self.asks)
        with self.client.request(
            ask.method, ask.path, allow_redirects=False, catch_response=True, **rest
        ) as answer:
            if trouble := self._trouble(ask, answer):
                answer.failure(trouble)
            else:
                answer.success()

    def _trouble(self, ask, answer):
        if not answer.status_code:
            return answer.error  # no answer at all
        if answer.status_code not in ask.statuses:
            return f"expected status {sorted(ask.statuses)}, got {answer.status_code}"
        trouble = answer.request_meta[
            "exception"
        ]  # as a body that ends too early; success() would wipe it out
        if trouble and not isinstance(trouble, LocustBadStatusCode):  # a bad status may be the one asked for
            return trouble
        if ask.text not in (answer.content or b""):
            return "the text that a good answer holds is not in it"
        return None
