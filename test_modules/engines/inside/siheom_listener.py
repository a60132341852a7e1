"""Robot listener (API 3): the plan first, then one line for each finished test, on an inherited pipe.

Runs in the sandbox. One os.write for each finished test and no buffer in Python: once end_test has
returned, the line lies in the kernel's pipe and outlives a kill of Robot. Tests are numbered by their place
in the plan, because `test.id` searches the whole suite at every call; Robot runs in the order of the plan,
so the test in flight at a crash is the first one without an end.
"""

import json
import os

STOPPED = "Execution terminated by signal"  # what Robot says of the test that a stop interrupted
MOST_MESSAGE = 2000  # characters


class siheom_listener:  # Robot wants the class to be called like the file
    ROBOT_LISTENER_API_VERSION = 3

    def __init__(self, fd):
        self.fd = int(fd)
        self.number = None
        self.encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

    def start_suite(self, data, result):
        if self.number is None:  # the root: everything that will run is known now
            tests = list(data.all_tests)
            self.number = {id(test): number for number, test in enumerate(tests)}
            self._send({"ev": "plan", "tests": [_planned(test) for test in tests]})

    def end_test(self, data, result):
        status = result.status
        event = {"ev": "end", "n": self.number.get(id(data), -1), "status": status}
        event["s"] = round(result.elapsed_time.total_seconds(), 6)
        event["tags"] = list(result.tags)
        if status != "PASS":
            event["msg"] = result.message[:MOST_MESSAGE]
            if result.tags.robot("exit") or result.message == STOPPED:
                event["exit"] = True  # reported as failed, but not run, or not to its end
        self._send(event)

    def message(self, message):
        if message.level == "ERROR":  # as a library that cannot be imported: the tool is broken, not the item
            self._send({"ev": "error", "msg": message.message[:MOST_MESSAGE]})

    def close(self):
        self._send({"ev": "close"})

    def _send(self, event):
        data = self.encode(event).encode("utf-8", "replace") + b"\n"
        while data:
            data = data[os.write(self.fd, data) :]


def _planned(test):
    tagged = dict(tag.split(":", 1) for tag in test.tags if tag.startswith(("case:", "function:")))
    return {
        "id": tagged.get("case", test.full_name),
        "function": tagged.get("function", ""),
        "name": test.name,
    }
