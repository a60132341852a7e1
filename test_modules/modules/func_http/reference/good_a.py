"""Reference item A: reservations of meeting rooms, over http.server with everything in memory.

`good_a.py --port 8000` is right in all sixteen functions of cases.toml. `--fault NAME` plants one known fault
(the names and what each must be judged as: faults.toml); half of them never change a status code.
"""

import argparse
import base64
import hashlib
import html
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ACCOUNTS = {"clerk": "clerk-secret", "guest": "guest-secret"}
PRICE_PER_HOUR = 10_000  # won
DISCOUNT_FROM_HOURS, DISCOUNT_SHARE = 10, 0.1
FIELDS = {"room": str, "title": str, "day": str, "start": int, "end": int}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Refused(Exception):
    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status


class Reservations:
    """What the service knows and decides; knows nothing of HTTP but the numbers of its refusals."""

    def __init__(self, fault):
        self.fault = fault
        self.rows, self.first_states, self.gone = {}, {}, {}
        self.last_id = 0

    def create(self, given):
        row = self._checked(given)
        self._refuse_overlap(row, None)
        self.last_id += 1
        row["id"] = self.last_id
        self.rows[row["id"]] = row
        self.first_states[row["id"]] = dict(row)
        return row

    def read(self, number):
        if number not in self.rows:
            raise Refused(404, "no such reservation")
        return self.first_states[number] if self.fault == "stale_read" else self.rows[number]

    def replace(self, number, given, tag):
        self.read(number)
        if tag and tag != self.tag(self.rows[number]) and self.fault != "lost_update":
            raise Refused(412, "changed by someone else")
        row = self._checked(given)
        self._refuse_overlap(row, number)
        row["id"] = number
        self.rows[number] = row
        return row

    def change(self, number, given):
        return self.replace(number, {**self.read(number), **given}, None)

    def delete(self, number):
        self.read(number)
        row = self.rows.pop(number)
        if self.fault == "undead":
            self.gone[number] = row

    def found(self, room, words="", sort="id"):
        rows = [row for row in [*self.rows.values(), *self.gone.values()] if room in ("", row["room"])]
        if self.fault == "crash_on_edge" and words and not words.isascii():
            raise ZeroDivisionError
        rows = [row for row in rows if words.casefold() in row["title"].casefold()]
        if sort == "title":
            return sorted(
                rows, key=lambda r: r["title"] if self.fault == "sort_case" else r["title"].casefold()
            )
        return sorted(rows, key=lambda r: r["id"])

    def page(self, rows, number, size):
        start = (number - 1) * size
        return rows[start : start + size + (1 if self.fault == "page_size" else 0)]

    def invoice(self, room):
        hours = sum(row["end"] - row["start"] for row in self.found(room))
        from_hours = DISCOUNT_FROM_HOURS + (1 if self.fault == "wrong_total" else 0)
        share = DISCOUNT_SHARE if hours >= from_hours else 0
        return {"room": room, "hours": hours, "amount": round(hours * PRICE_PER_HOUR * (1 - share))}

    def import_csv(self, text):
        lines = [line.split(",") for line in text.splitlines() if line.strip()]
        taken = lines[:-1] if self.fault == "import_loses_last" and len(lines) > 1 else lines
        for room, title, day, start, end in taken:
            self.create({"room": room, "title": title, "day": day, "start": int(start), "end": int(end)})
        return {"imported": len(lines)}

    def export_csv(self, room):
        columns = ("room", "title", "day", "start", "end")
        return "".join(",".join(str(row[c]) for c in columns) + "\r\n" for row in self.found(room))

    def view(self, number):
        title = self.read(number)["title"]
        shown = title if self.fault == "unescaped" else html.escape(title)
        return f"<!doctype html><html lang=ko><title>{shown}</title><h1>{shown}</h1></html>"

    def tag(self, row):
        text = str(row["id"]) if self.fault == "wrong_etag" else json.dumps(row, sort_keys=True)
        return '"' + hashlib.sha256(text.encode()).hexdigest()[:16] + '"'

    def _checked(self, given):
        for name, kind in FIELDS.items():
            if not isinstance(given.get(name), kind):
                raise Refused(400, f"{name}: expected {kind.__name__}")
        if not given["title"].strip() or not DAY.fullmatch(given["day"]):
            raise Refused(400, "title or day")
        if not 0 <= given["start"] < given["end"] <= 24:
            raise Refused(400, "start must come before end")
        row = {name: given[name] for name in FIELDS}
        if self.fault == "truncated_text":
            row["title"] = row["title"][:255]
        return row

    def _refuse_overlap(self, new, own_number):
        slack = 1 if self.fault == "overlap_edge" else 0
        for number, row in self.rows.items():
            same_place = (row["room"], row["day"]) == (new["room"], new["day"]) and number != own_number
            if same_place and new["start"] < row["end"] + slack and row["start"] < new["end"] + slack:
                raise Refused(409, "room is taken")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    service: Reservations
    lock = threading.Lock()

    def route(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        parts = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        way = parts.path.strip("/").split("/")
        try:
            with self.lock:
                status, kind, text, headers = self.answer(way)
        except Refused as refusal:
            status, kind, text, headers = refusal.status, "text/plain", str(refusal), {}
        except Exception as trouble:
            status, kind, text, headers = 500, "text/plain", repr(trouble), {}
        if status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="rooms"'
        self.write(status, kind, text, headers)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = route

    def answer(self, way):
        name = f"{self.command.lower()}_{way[0] or 'home'}" + ("_one" if len(way) > 1 else "")
        if name != "get_home":
            self.demand_account()
        method = getattr(self, name, None)
        is_missing = (self.service.fault, name) in {
            ("no_patch", "patch_reservations_one"),
            ("no_export", "get_csv_one"),
        }
        if method is None or is_missing:
            raise Refused(501 if self.service.fault == "no_export" else 405, "no such call")
        return method(*way[1:])

    def demand_account(self):
        if self.service.fault == "open_door" and self.command == "DELETE":
            return
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        try:
            name, _, password = base64.b64decode(given).decode().partition(":")
        except ValueError:
            name = password = ""
        if ACCOUNTS.get(name) != password or not name:
            raise Refused(401, "who are you")
        if name == "guest" and self.command != "GET":
            raise Refused(403, "guests only read")

    def given(self):
        try:
            value = json.loads(self.body)
        except ValueError:
            raise Refused(400, "not JSON") from None
        if not isinstance(value, dict):
            raise Refused(400, "not an object")
        return value

    def row_answer(self, status, row, **headers):
        text = json.dumps(row, ensure_ascii=False)
        return status, "application/json", text, {"ETag": self.service.tag(row), **headers}

    def get_home(self):
        return 200, "text/html", "<!doctype html><title>rooms</title>", {}

    def post_reservations(self):
        row = self.service.create(self.given())
        return self.row_answer(201, row, Location=f"/reservations/{row['id']}")

    def get_reservations(self):
        query = self.query
        rows = self.service.found(query.get("room", ""), query.get("q", ""), query.get("sort", "id"))
        shown = self.service.page(rows, int(query.get("page", 1)), int(query.get("size", 100)))
        text = json.dumps({"total": len(rows), "items": shown}, ensure_ascii=False)
        return 200, "application/json", text, {}

    def get_reservations_one(self, number):
        row = self.service.read(int(number))
        tag = self.service.tag(self.service.rows[int(number)])
        if self.headers.get("If-None-Match") == tag:
            return 304, "", "", {"ETag": tag}
        return 200, "application/json", json.dumps(row, ensure_ascii=False), {"ETag": tag}

    def put_reservations_one(self, number):
        return self.row_answer(
            200, self.service.replace(int(number), self.given(), self.headers.get("If-Match"))
        )

    def patch_reservations_one(self, number):
        return self.row_answer(200, self.service.change(int(number), self.given()))

    def delete_reservations_one(self, number):
        self.service.delete(int(number))
        return 204, "", "", {}

    def get_invoices_one(self, room):
        return 200, "application/json", json.dumps(self.service.invoice(room)), {}

    def get_view_one(self, number):
        return 200, "text/html", self.service.view(int(number)), {}

    def post_csv(self):
        return 200, "application/json", json.dumps(self.service.import_csv(self.body.decode())), {}

    def get_csv_one(self, room):
        return 200, "text/csv", self.service.export_csv(room), {}

    def write(self, status, kind, text, headers):
        body = text.encode()
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
        is_cut = self.service.fault == "cut_answer" and kind == "text/csv"
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body) + 20 * is_cut))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.close_connection or is_cut

    def setup(self):
        super().setup()
        self.wfile = self.connection.makefile("wb", 65536)  # head and body in one packet

    def log_message(self, *args):
        pass


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--fault", default="")
    given = options.parse_args()
    Handler.service = Reservations(given.fault)
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer((given.host, given.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
