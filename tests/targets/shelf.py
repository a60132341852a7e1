"""A shelf of texts over HTTP, with known faults and a known delay.

`python3 shelf.py --host 127.0.0.1 --port 8000 [--fault NAME]... [--delay-ms N] [--serial]`
GET, PUT and DELETE /shelf/<name>; GET /health. `--serial` answers one request at a time, so that its capacity is
1000 / delay-ms requests a second whatever the load.
"""

import argparse
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULTS = ("no-delete", "lost-write", "wrong-type", "stale-read")


class Shelf(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    texts: dict = {}
    faults: frozenset = frozenset()
    delay_s = 0.0
    turn = None

    def do_GET(self):
        self.pause()
        if self.path == "/health":
            self.answer(200, b"up")
        elif self.path in self.texts:
            kind = "image/png" if "wrong-type" in self.faults else "text/plain"
            self.answer(200, self.texts[self.path], kind)
        else:
            self.answer(404, b"nothing here")

    def do_PUT(self):
        self.pause()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_new = self.path not in self.texts
        if "lost-write" not in self.faults and (is_new or "stale-read" not in self.faults):
            self.texts[self.path] = body
        self.answer(201 if is_new else 204)

    def do_DELETE(self):
        self.pause()
        if "no-delete" in self.faults:
            self.answer(405)
        else:
            self.answer(204 if self.texts.pop(self.path, None) is not None else 404)

    def pause(self):
        if self.turn is None:
            time.sleep(self.delay_s)
        else:
            with self.turn:
                time.sleep(self.delay_s)

    def answer(self, status, body=b"", kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, *parts):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--fault", action="append", default=[], choices=FAULTS)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--serial", action="store_true")
    options = parser.parse_args()
    Shelf.faults, Shelf.delay_s = frozenset(options.fault), options.delay_ms / 1000
    Shelf.turn = threading.Lock() if options.serial else None
    ThreadingHTTPServer.request_queue_size = 256
    ThreadingHTTPServer((options.host, options.port), Shelf).serve_forever()


if __name__ == "__main__":
    main()
