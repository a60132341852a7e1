"""Robot library: carries out the steps of declarative HTTP cases against one target and compares the answers.

Standard library only, everything prepared once for a suite: a trivial case costs about a millisecond.
"""

import base64
import http.client
import json
import re
import select
import uuid
from pathlib import Path
from urllib.parse import quote, urlsplit

from robot.api import FatalError, logger
from robot.libraries.BuiltIn import BuiltIn

SHOWN = 2000  # characters of a body in the log
EXCERPT = 300  # characters of a body in a failure message
MOST_BYTES = 16 << 20  # of an answer; a case judges documents, not downloads
SAFE = "/%?&=:@+,;~!$'()*#[]-._"  # left as the case wrote them; anything else is percent-encoded
NAME = re.compile(r"\$\{(\w+)\}")


class HttpCases:
    ROBOT_LIBRARY_SCOPE = "SUITE"

    def __init__(self, cases_path, target_url, accounts, answer_timeout_s):
        functions = json.loads(Path(cases_path).read_text("utf-8"))["function"]
        self.steps = {
            f"{function['code']}/{case['code']}": case["step"]
            for function in functions
            for case in function["case"]
        }
        self.credentials = {
            name: "Basic " + base64.b64encode(pair.encode()).decode() for name, pair in accounts.items()
        }
        self.target = urlsplit(target_url)
        self.timeout_s = float(answer_timeout_s)
        self.connection = None
        self.kept = {}

    def send(self, case, number, shown):
        """Send one request of a case and compare the answer with what the case expects."""
        self._carry_out(case, int(number))

    def call_function(self, case, number, shown):
        """Send the request that calls the function under test; an answer of "no such call" means missing."""
        self._carry_out(case, int(number))

    def _carry_out(self, case, number):
        """A difference is a result. Anything else that goes wrong in here is the tool's trouble, not the product's."""
        try:
            self._try(case, number)
        except AssertionError:
            raise
        except Exception as trouble:
            logger.error(f"HttpCases could not carry out step {number} of {case}: {trouble!r}")
            raise FatalError(repr(trouble)) from trouble

    def _try(self, case, number):
        if number == 1:
            self._begin_case()
        step = self.steps[case][number - 1]
        place = f"{case} step {number} ({step['call']})"
        answer, text = self._answer(step, place)
        if answer.status in step["missing_status"]:
            BuiltIn().set_tags("missing")
            raise AssertionError(f"missing: {place}: no such call, got {answer.status} {answer.reason}")
        problems = [*self._differences(step["expect"], answer, text), *self._keep(step, answer, text)]
        if problems:
            excerpt = " ".join(text[:EXCERPT].split()) or "(empty)"
            raise AssertionError(f"{place}: {'; '.join(problems)} | body: {excerpt}")

    def _begin_case(self):
        """A case starts with a connection of its own and knows nothing of the case before."""
        if self.connection:
            self.connection.close()
        factory = http.client.HTTPSConnection if self.target.scheme == "https" else http.client.HTTPConnection
        self.connection = factory(self.target.hostname, self.target.port, timeout=self.timeout_s)
        self.kept = {"unique": uuid.uuid4().hex[:12]}

    def _answer(self, step, place):
        method, path = self._filled(step["call"]).split(" ", 1)
        headers = {name: self._filled(value) for name, value in step["headers"].items()}
        body = self._filled(step["body"])
        logger.info(_request_text(method, path, headers, step["as"], body))
        if step["as"]:
            headers["Authorization"] = self.credentials[step["as"]]
        try:
            answer, text = self._exchange(method, self._target_path(path), body.encode() or None, headers)
        except (
            OSError,
            http.client.HTTPException,
            ValueError,
        ) as trouble:  # ValueError: what was kept cannot be sent
            self.connection.close()
            raise AssertionError(f"{place}: expected an answer, got none: {trouble!r}") from None
        logger.info(f"{answer.status} {answer.reason}\n{answer.headers}{text[:SHOWN]}")
        return answer, text

    def _target_path(self, address):
        """An address that the product gave may name the host; another host is not the product."""
        parts = urlsplit(address)
        if not parts.netloc:
            return quote(address, safe=SAFE)
        if parts.netloc != self.target.netloc:
            raise OSError(f"the address {address} lies outside the target")
        return quote(parts.path + (f"?{parts.query}" if parts.query else ""), safe=SAFE)

    def _exchange(self, method, path, body, headers):
        if _was_dropped(self.connection.sock):
            self.connection.close()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        data = answer.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise http.client.HTTPException(f"an answer of more than {MOST_BYTES} bytes")
        if answer.length:  # what was announced and did not come
            raise http.client.IncompleteRead(data[:EXCERPT], answer.length)
        return answer, data.decode("utf-8", "replace")

    def _differences(self, expect, answer, text):
        if answer.status not in expect["status"]:
            wanted = " or ".join(str(status) for status in expect["status"])
            yield f"expected status {wanted}, got {answer.status}"
        for name, pattern in expect["header"].items():
            got = answer.getheader(name)
            if got is None or not re.search(self._filled(pattern, re.escape), got):
                yield f"expected header {name} like {pattern!r}, got {got!r}"
        for part in expect["body_contains"]:
            if self._filled(part) not in text:
                yield f"expected {part!r} in the body, got none"
        for part in expect["body_lacks"]:
            if self._filled(part) in text:
                yield f"expected no {part!r} in the body, got it"
        for pattern in expect["body_matches"]:
            if not re.search(self._filled(pattern, re.escape), text):
                yield f"expected a body like {pattern!r}, got another"

    def _keep(self, step, answer, text):
        """Remember parts of an answer for later steps of the same case."""
        for name, source in step["keep"].items():
            where, _, what = source.partition(":")
            found = answer.getheader(what) if where == "header" else re.search(what, text)
            if not found:
                yield f"expected {source!r} to keep as {name}, got none"
            else:
                self.kept[name] = found if where == "header" else found.group(1)

    def _filled(self, text, prepared=str):
        """Put the kept values in; within an expression they stand for themselves."""
        return NAME.sub(lambda found: prepared(self.kept[found.group(1)]), text) if "${" in text else text


def _was_dropped(sock):
    """A kept connection with something to read before we ask was closed by the other side: open a new one."""
    return sock is not None and bool(select.select([sock], [], [], 0)[0])


def _request_text(method, path, headers, account, body):
    """The request for the log; the password stays out of it."""
    lines = [f"{method} {path}", *(f"{name}: {value}" for name, value in headers.items())]
    lines += [f"(account: {account})"] if account else []
    return "\n".join([*lines, "", body[:SHOWN]])
