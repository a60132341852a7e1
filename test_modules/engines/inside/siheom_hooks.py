"""Locust hooks: keep every request, and lead the run through its stages.

`locust -f locustfile.py,siheom_hooks.py`

Runs in the sandbox. Samples go over one pipe as 32-byte records, little-endian: start f64 (epoch s), late
f64 (ms from intended to actual start), time f64 (ms), size u32, status u16, name u16. A name is announced
once, by a record of size 0xFFFFFFFF that carries its length and is followed by its bytes. Status 0: no
answer; bit 15 set: judged a failure by the load file. Events go over another pipe as JSON lines.
"""

import json
import os
import struct
import time
from pathlib import Path

import gevent
from locust import events

SAMPLES, EVENTS = int(os.environ["SIHEOM_SAMPLES_FD"]), int(os.environ["SIHEOM_EVENTS_FD"])
STAGES = json.loads((Path(os.environ["SIHEOM_IN"]) / "order.json").read_text("utf-8"))["stages"]
PACK = struct.Struct("<dddIHH").pack
FLUSH_BYTES = 64 << 10
MOST_NAMES = 1000
SPAWN_S = 60  # until all users of a stage have to stand

rows, names = bytearray(), {}


def flush():
    global rows
    if rows:
        data, rows = rows, bytearray()
        while data:
            del data[: os.write(SAMPLES, data)]


def tell(**event):
    data = json.dumps(event, separators=(",", ":")).encode() + b"\n"
    while data:
        data = data[os.write(EVENTS, data) :]


def name_number(key):
    if len(names) >= MOST_NAMES:
        raise RuntimeError(f"more than {MOST_NAMES} request names: group them by name=")
    number = names[key] = len(names)
    text = " ".join(key).encode()[:2000]
    rows.extend(PACK(0, 0, 0, 0xFFFFFFFF, len(text), number) + text)
    return number


@events.request.add_listener
def keep(
    request_type,
    name,
    response_time,
    response_length,
    response=None,
    exception=None,
    context=None,
    start_time=0.0,
    **_,
):
    key = request_type, name
    number = names[key] if key in names else name_number(key)
    status = getattr(response, "status_code", 0) or 0
    late = context.get("late", 0.0) if context else 0.0
    size = min(response_length or 0, 0xFFFFFFFE)
    rows.extend(PACK(start_time, late, response_time, size, status | 0x8000 if exception else status, number))
    if len(rows) >= FLUSH_BYTES:
        flush()


@events.user_error.add_listener
def script_error(user_instance, exception, tb, **_):
    tell(ev="script_error", what=f"{type(exception).__name__}: {exception}"[:500])


@events.init.add_listener
def begin(environment, **_):
    tell(ev="plan", stages=STAGES, users=sorted(user.__name__ for user in environment.user_classes))
    gevent.spawn(each_second, environment)
    gevent.spawn(lead, environment)


@events.quitting.add_listener
def end(environment, **_):
    flush()
    tell(ev="close")


def each_second(environment):
    while True:
        gevent.sleep(1)
        flush()
        tell(ev="beat", users=environment.runner.user_count)


def lead(environment):
    try:
        for number, stage in enumerate(STAGES):
            run_stage(environment.runner, number, stage)
    except Exception as trouble:
        tell(ev="script_error", what=f"{type(trouble).__name__}: {trouble}"[:500])
    environment.runner.quit()


def run_stage(runner, number, stage):
    if number:  # Locust itself starts the first
        runner.start(stage["users"], spawn_rate=stage["users"], wait=False)
    until = time.monotonic() + SPAWN_S
    while runner.user_count < stage["users"]:
        if time.monotonic() > until:
            raise RuntimeError(f"only {runner.user_count} of {stage['users']} users stand after {SPAWN_S} s")
        gevent.sleep(0.02)
    tell(ev="stage", no=number, users=runner.user_count, at_s=time.time())
    gevent.sleep(stage["warm_up_s"])
    from_s = time.time()
    tell(ev="window_begin", no=number, users=runner.user_count, from_s=from_s)
    gevent.sleep(stage["measure_s"])
    flush()
    tell(ev="window_end", no=number, users=runner.user_count, from_s=from_s, to_s=time.time())
