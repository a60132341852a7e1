"""A loopback HTTP server that answers with what it was asked, and remembers it.

The query says how: `?status=`, and every `h.<name>=` becomes a header of the answer.
"""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@contextmanager
def mirror():
    """Serve; gives the address and the list of requests as (method, path, headers, body)."""
    seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(seen))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(seen):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536
        disable_nagle_algorithm = True

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            parts = urlsplit(self.path)
            wanted = dict(parse_qsl(parts.query))
            seen.append((self.command, parts.path, dict(self.headers), body))
            said = json.dumps({"path": parts.path, "body": body}, ensure_ascii=False).encode()
            self.send_response(int(wanted.pop("status", 200)))
            for name, value in wanted.items():
                self.send_header(name.removeprefix("h."), value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            self.wfile.flush()

        do_GET = do_PUT = do_POST = do_REPORT = do_PROPFIND = answer

        def log_message(self, *args):
            pass

    return Handler
