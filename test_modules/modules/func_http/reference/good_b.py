"""Reference item B: the same sixteen functions as item A, written in another way.

Raw asyncio streams, a table of routes, rows in SQLite; nothing is shared with good_a.py.
"""

import asyncio
import csv
import io
import json
import sqlite3
import sys
from base64 import b64encode
from http import HTTPStatus
from re import fullmatch
from urllib.parse import parse_qsl, unquote
from xml.sax.saxutils import escape

LOGINS = {
    "Basic " + b64encode(b"clerk:clerk-secret").decode(): True,  # may write
    "Basic " + b64encode(b"guest:guest-secret").decode(): False,
}
SCHEMA = """
create table reservation (
    id integer primary key autoincrement, room text, title text, day text, start int, end int,
    version int default 1
)
"""
COLUMNS = ["room", "title", "day", "start", "end"]
ROUTES = []
db = sqlite3.connect(":memory:")
db.row_factory = sqlite3.Row
db.create_function("folded", 1, lambda text: (text or "").casefold())


class Answer(Exception):
    """Raised or returned alike: status, body and headers."""

    def __init__(self, status, body="", kind="application/json", **headers):
        super().__init__(status)
        self.status, self.kind, self.headers = status, kind, headers
        self.body = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def route(method, pattern):
    def remember(function):
        ROUTES.append((method, pattern, function))
        return function

    return remember


def one(number):
    row = db.execute("select * from reservation where id = ?", [number]).fetchone()
    if row is None:
        raise Answer(404, "unknown reservation", "text/plain")
    return row


def etag(row):
    return f'"{row["id"]}-{row["version"]}"'


def shown(row):
    return {name: row[name] for name in ["id", *COLUMNS]}


def values_of(body, number=0):
    try:
        given = json.loads(body) if isinstance(body, bytes) else body
        values = [given[name] for name in COLUMNS]
    except (ValueError, KeyError, TypeError):
        raise Answer(400, "fields are missing", "text/plain") from None
    room, title, day, start, end = values
    texts_are_texts = all(isinstance(text, str) for text in (room, title, day))
    hours_are_hours = type(start) is int and type(end) is int and 0 <= start < end < 25
    if not (texts_are_texts and hours_are_hours and title.strip() and fullmatch(r"\d{4}-\d\d-\d\d", day)):
        raise Answer(400, "a field is wrong", "text/plain")
    taken = "select 1 from reservation where room = ? and day = ? and id <> ? and start < ? and ? < end"
    if db.execute(taken, [room, day, number, end, start]).fetchone():
        raise Answer(409, "taken", "text/plain")
    return values


def insert(values):
    marks = "insert into reservation (room, title, day, start, end) values (?, ?, ?, ?, ?)"
    return one(db.execute(marks, values).lastrowid)


def update(number, values):
    text = "update reservation set room=?, title=?, day=?, start=?, end=?, version=version+1 where id=?"
    db.execute(text, [*values, number])
    return one(number)


@route("GET", "/")
def home(request):
    return Answer(200, "<!doctype html><title>rooms</title>", "text/html")


@route("POST", "/reservations")
def create(request):
    row = insert(values_of(request["body"]))
    return Answer(201, shown(row), ETag=etag(row), Location=f"/reservations/{row['id']}")


@route("GET", "/reservations")
def listing(request):
    query = {"room": "", "q": "", "sort": "id", "page": "1", "size": "100", **request["query"]}
    order = "folded(title)" if query["sort"] == "title" else "id"
    where = "from reservation where ? in ('', room) and instr(folded(title), folded(?)) > 0"
    bound = [query["room"], query["q"]]
    total = db.execute(f"select count(*) {where}", bound).fetchone()[0]
    size = int(query["size"])
    limits = [size, size * (int(query["page"]) - 1)]
    rows = db.execute(f"select * {where} order by {order} limit ? offset ?", bound + limits)
    return Answer(200, {"total": total, "items": [shown(row) for row in rows]})


@route("GET", "/reservations/(\\d+)")
def read(request, number):
    row = one(number)
    if request["headers"].get("if-none-match") == etag(row):
        return Answer(304, ETag=etag(row))
    return Answer(200, shown(row), ETag=etag(row))


@route("PUT", "/reservations/(\\d+)")
def replace(request, number):
    wanted = request["headers"].get("if-match")
    if wanted not in (None, etag(one(number))):
        return Answer(412, "changed meanwhile", "text/plain")
    row = update(number, values_of(request["body"], int(number)))
    return Answer(200, shown(row), ETag=etag(row))


@route("PATCH", "/reservations/(\\d+)")
def change(request, number):
    merged = {**shown(one(number)), **json.loads(request["body"])}
    row = update(number, values_of(merged, int(number)))
    return Answer(200, shown(row), ETag=etag(row))


@route("DELETE", "/reservations/(\\d+)")
def delete(request, number):
    db.execute("delete from reservation where id = ?", [one(number)["id"]])
    return Answer(204)


@route("GET", "/invoices/([^/]+)")
def invoice(request, room):
    hours = db.execute("select coalesce(sum(end - start), 0) from reservation where room = ?", [room])
    total = hours.fetchone()[0]
    amount = total * 9_000 if total >= 10 else total * 10_000
    return Answer(200, {"room": room, "hours": total, "amount": amount})


@route("GET", "/view/(\\d+)")
def view(request, number):
    title = escape(one(number)["title"], {'"': "&quot;"})
    return Answer(200, f"<!doctype html><h1>{title}</h1>", "text/html")


@route("POST", "/csv")
def load(request):
    lines = list(csv.reader(io.StringIO(request["body"].decode())))
    for room, title, day, start, end in lines:
        values = dict(zip(COLUMNS, [room, title, day, int(start), int(end)], strict=True))
        insert(values_of(values))
    return Answer(200, {"imported": len(lines)})


@route("GET", "/csv/([^/]+)")
def export(request, room):
    out = io.StringIO()
    rows = db.execute("select * from reservation where room = ? order by id", [room])
    csv.writer(out).writerows([row[name] for name in COLUMNS] for row in rows)
    return Answer(200, out.getvalue(), "text/csv")


def answer_to(request):
    if request["path"] != "/":
        may_write = LOGINS.get(request["headers"].get("authorization"))
        if may_write is None:
            return Answer(401, "account wanted", "text/plain", **{"WWW-Authenticate": "Basic realm=rooms"})
        if not may_write and request["method"] != "GET":
            return Answer(403, "read only", "text/plain")
    for method, pattern, function in ROUTES:
        found = fullmatch(pattern, request["path"])
        if found and method == request["method"]:
            return function(request, *found.groups())
    return Answer(405, "no such call", "text/plain")


def parsed(head):
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    return {"method": method, "path": unquote(path), "query": dict(parse_qsl(query)), "headers": headers}


def packed(answer):
    body = answer.body.encode()
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    if answer.status not in (204, 304):
        lines += [f"Content-Length: {len(body)}", f"Content-Type: {answer.kind}; charset=utf-8"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            request = parsed(head)
            request["body"] = await reader.readexactly(int(request["headers"].get("content-length", 0)))
            try:
                answer = answer_to(request)
            except Answer as early:
                answer = early
            writer.write(packed(answer))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(port):
    db.execute(SCHEMA)
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[sys.argv.index("--port") + 1])))
