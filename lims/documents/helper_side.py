"""The answering side of `helper`: `python -m lims.documents.helper_side [limits] module:function ...`."""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import struct
import sys
import time
from collections.abc import Callable
from typing import BinaryIO

from lims.documents.helper import ANSWER, FAILURE, MAX_FRAME_BYTES, REFUSAL, Refusal

Answering = Callable[[bytes], bytes]
PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--time", type=float, default=0)
    parser.add_argument("--memory", type=int, default=0)
    parser.add_argument("target")
    parser.add_argument("arguments", nargs="*")
    asked = parser.parse_args(argv)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the end of stdin ends us
    questions, answers = os.fdopen(0, "rb", closefd=False), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up between two answers
    module_name, _, function_name = asked.target.partition(":")
    module = importlib.import_module(module_name)
    answer: Answering = getattr(module, function_name)
    trouble = _attempt(lambda _: (getattr(module, "warm_up", _nothing)(*asked.arguments), b"")[1], b"")
    gc.collect()
    gc.freeze()
    gc.disable()  # a third of a PDF/A check and a sixth of a rendering; collected between questions
    while (question := _read(questions)) is not None:
        if trouble[0] != ANSWER:
            kind, body = trouble
        elif asked.time:
            kind, body = _in_a_fork(answer, question, asked.time, asked.memory)
        else:
            kind, body = _attempt(answer, question)
        answers.write(kind + struct.pack(">Q", len(body)) + body)
        answers.flush()
        gc.collect()


def _nothing(*_: str) -> None:
    return None


def _read(questions: BinaryIO) -> bytes | None:
    head = questions.read(8)
    if len(head) < 8:
        return None
    (length,) = struct.unpack(">Q", head)
    if length > MAX_FRAME_BYTES:
        return None
    question = questions.read(length)
    return question if len(question) == length else None


def _attempt(answer: Answering, question: bytes) -> tuple[bytes, bytes]:
    try:
        return ANSWER, answer(question)
    except Refusal as no:
        return REFUSAL, json.dumps({"code": no.code, "params": no.params}).encode()
    except MemoryError:
        return FAILURE, b"helper.out_of_memory"
    except Exception as trouble:  # the asking side must hear of anything at all
        return FAILURE, f"helper.failed\n{type(trouble).__name__}: {trouble}"[:2000].encode()


def _in_a_fork(answer: Answering, question: bytes, time_s: float, memory_bytes: int) -> tuple[bytes, bytes]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer_and_exit(answer, question, writing, time_s, memory_bytes)
    os.close(writing)
    try:
        return _collect(reading, time.monotonic() + time_s)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)  # not yet waited for, so the number is still its own
        os.waitpid(child, 0)


def _answer_and_exit(
    answer: Answering, question: bytes, writing: int, time_s: float, memory_bytes: int
) -> None:
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_CPU, (int(time_s) + 1, int(time_s) + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        kind, body = _attempt(answer, question)
        with os.fdopen(writing, "wb") as channel:
            channel.write(kind + struct.pack(">Q", len(body)) + body)
    finally:
        os._exit(0)


def _collect(reading: int, until: float) -> tuple[bytes, bytes]:
    received = bytearray()
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            return FAILURE, b"helper.out_of_time"
        chunk = os.read(reading, 1 << 20)
        if not chunk:
            break
        received += chunk
    if len(received) < 9 or len(received) != 9 + struct.unpack_from(">Q", received, 1)[0]:
        return FAILURE, b"helper.died"  # a C library that gets no memory aborts without a word
    return bytes(received[:1]), bytes(received[9:])


if __name__ == "__main__":
    main(sys.argv[1:])
