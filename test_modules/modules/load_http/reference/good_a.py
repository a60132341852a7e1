"""Reference item A: a service with a known answer time and a known capacity, over http.server and threads.

Every answer takes 190 ms beside all others and 10 ms in a row with all others: 200 ms for up to twenty users, and never
more than 100 answers a second whoever asks. The row is kept as a time table, so that late wake-ups do not add up.
`--fault NAME` plants one known fault; what each must be judged as stands in faults.toml.
"""

import argparse
import itertools
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BESIDE_S, IN_A_ROW_S = 0.190, 0.010
EVERY = 20  # faults of single answers hit one in twenty
STALL_EVERY_S, STALL_S = 2.0, 0.8
GROWTH_S = 0.002  # a request


class Service:
    def __init__(self, fault):
        self.fault = fault
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.free_at = 0.0
        self.started_at = time.monotonic()

    def wait(self, number):
        """Take as long as the service is designed to take, or as the fault says."""
        beside, in_a_row = BESIDE_S, IN_A_ROW_S
        if self.fault == "slow":
            beside += 0.100
        elif self.fault == "slow_growth":
            beside += GROWTH_S * number
        elif self.fault == "half_capacity":
            in_a_row *= 2
        elif self.fault == "no_limit":
            in_a_row = 0.0
        elif self.fault == "stall":
            beside += self.rest_of_stall()
        time.sleep(beside)
        with self.lock:
            self.free_at = max(self.free_at, time.monotonic()) + in_a_row
            ready_at = self.free_at
        time.sleep(max(0.0, ready_at - time.monotonic()))

    def rest_of_stall(self):
        into = (time.monotonic() - self.started_at) % STALL_EVERY_S
        return max(0.0, into - (STALL_EVERY_S - STALL_S)) and STALL_EVERY_S - into

    def answer(self, number):
        """Status, body, and the length that is claimed for the body."""
        is_hit = number % EVERY == 0
        body = json.dumps(
            {"status": "ok", "number": number, "text": "예약 목록 " * 20}, ensure_ascii=False
        ).encode()
        if self.fault == "errors" and is_hit:
            return 500, b"internal error", 14
        if self.fault == "error_body" and is_hit:
            body = b'{"status": "error", "reason": "database is locked"}'
        elif self.fault == "other_content":
            body = b"<!doctype html><title>Please sign in</title>"
        elif self.fault == "empty" and is_hit:
            body = b""
        elif self.fault == "truncated" and is_hit:
            return 200, body[: len(body) // 2], len(body)
        return 200, body, len(body)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    service: Service

    def do_GET(self):
        if self.path == "/":
            return self.write(200, b"ready", 5)
        number = next(self.service.numbers)
        self.service.wait(number)
        if self.service.fault == "resets" and number % EVERY == 0:
            return self.reset()
        return self.write(*self.service.answer(number))

    def write(self, status, body, length):
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(length))
        self._headers_buffer.append(b"\r\n" + body)  # head and body in one packet
        self.flush_headers()
        self.close_connection = length != len(body)

    def reset(self):
        """Drop the connection without a word: closing with pending linger sends RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def shutdown_request(self, request):
        self.close_request(request)  # without a FIN of its own, so that reset() stays a reset


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--fault", default="")
    given = options.parse_args()
    Handler.service = Service(given.fault)
    Server((given.host, given.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
