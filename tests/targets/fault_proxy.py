"""A loopback HTTP proxy that plants known faults between a test and its target.

Faults are functions (method, path, body of the request, answer) -> answer; each touches as little as it can.
"""

import http.client
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass(frozen=True)
class Answer:
    """What the target said, and what the proxy passes on."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def no_free_busy(method, path, asked, answer):
    """The report on busy times is not there."""
    if method == "REPORT" and b"free-busy-query" in asked:
        return Answer(405, (), b"")
    return answer


def no_tag_after_writing(method, path, asked, answer):
    """An answer to PUT carries no ETag."""
    if method == "PUT":
        kept = tuple((name, value) for name, value in answer.headers if name.lower() != "etag")
        return replace(answer, headers=kept)
    return answer


def changed_description(method, path, asked, answer):
    """One letter of one property is another one; status and length stay."""
    changed = answer.body.replace("시험실 달력".encode(), "시험실 달녁".encode())
    return replace(answer, body=changed)


@contextmanager
def before(target_url, *faults):
    """A proxy before this target; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(urlsplit(target_url), faults))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(target, faults):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536
        disable_nagle_algorithm = True

        def __getattr__(self, name):
            if name.startswith("do_"):  # whatever the method
                return self.pass_on
            raise AttributeError(name)

        def pass_on(self):
            asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = self.answer_of_target(asked)
            for fault in faults:
                answer = fault(self.command, self.path, asked, answer)
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            self.wfile.flush()

        def answer_of_target(self, asked):
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            connection = http.client.HTTPConnection(target.hostname, target.port, timeout=30)
            try:
                connection.request(self.command, self.path, asked or None, headers)
                got = connection.getresponse()
                kept = [(name, value) for name, value in got.getheaders() if name.lower() not in HOP]
                return Answer(got.status, tuple(kept), got.read())
            finally:
                connection.close()

        def log_message(self, *args):
            pass

    return Handler
