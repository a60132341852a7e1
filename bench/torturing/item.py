"""A product that answers everything, after as many seconds as the address asks for. `item.py HOST PORT`"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _empty, _word, wait = self.path.rpartition("/wait/")
        if self.path.startswith("/wait/"):
            time.sleep(float(wait))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        """Say nothing."""


ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Answering).serve_forever()
