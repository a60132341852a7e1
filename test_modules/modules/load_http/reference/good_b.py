"""Reference item B: the same answer time and capacity as item A, written in another way.

One asyncio loop without threads; the row is a queue of one worker that keeps its own time table.
"""

import asyncio
import sys

TEXT = "예약 목록 " * 20


class Row:
    """Lets one answer out each hundredth of a second."""

    def __init__(self, step_s):
        self.step_s = step_s
        self.free_at = 0.0

    async def pass_through(self):
        loop = asyncio.get_running_loop()
        self.free_at = max(self.free_at, loop.time()) + self.step_s
        await asyncio.sleep(self.free_at - loop.time())


class Connection(asyncio.Protocol):
    def __init__(self, row):
        self.row = row
        self.received = b""
        self.tasks = set()
        self.count = 0

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, self.received = self.received.split(b"\r\n\r\n", 1)
            task = asyncio.ensure_future(self.serve(head.split(b" ", 2)[1]))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    def connection_lost(self, trouble):
        for task in self.tasks:
            task.cancel()

    async def serve(self, path):
        if path == b"/":
            return self.send("ready")
        await asyncio.sleep(0.19)
        await self.row.pass_through()
        self.count += 1
        return self.send(f'{{"status": "ok", "number": {self.count}, "text": "{TEXT}"}}')

    def send(self, text):
        body = text.encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)


async def main(port):
    row = Row(0.01)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(row), "127.0.0.1", port, backlog=256)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[sys.argv.index("--port") + 1])))
