"""A testing engineer at the screen: signs in and starts plan lines by HTTP, again until there is an answer."""

from __future__ import annotations

import http.client
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
ACCEPTED, REFUSED = 302, 409
PAUSE_S = 0.2
AWAY = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


class Stay(urllib.request.HTTPRedirectHandler):
    """The answer itself is of interest, not the page it leads to."""

    def redirect_request(self, *_):
        return None


class Desk:
    """One signed-in browser without a screen."""

    def __init__(self, port: int, login: str, password: str) -> None:
        self._site, self._login, self._password = f"http://localhost:{port}", login, password
        self._jar = CookieJar()
        self._browser = urllib.request.build_opener(Stay(), urllib.request.HTTPCookieProcessor(self._jar))
        self.lost_answers = 0
        self.slowest_s = 0.0

    def sign_in(self) -> None:
        """Sign in once; the session outlives every process."""
        _status, page = self._ask("/accounts/login/")
        form = {"login": self._login, "password": self._password, "csrfmiddlewaretoken": _token(page)}
        status, page = self._ask("/accounts/login/", form)
        if status != ACCEPTED:
            raise RuntimeError(f"sign-in answered {status}: {page[:2000]}")

    def start_line(self, uid: str, *, again: bool = False) -> None:
        """Start a plan line: the same request until it is answered. A line that was started already says so."""
        repeated = again
        while True:
            begun = time.monotonic()
            try:
                form = {"csrfmiddlewaretoken": self._cookie("csrftoken")}
                status, page = self._ask(f"/plan-lines/{uid}/start", form)
            except AWAY:
                self.lost_answers += 1
                repeated = True
                time.sleep(PAUSE_S)
                continue
            if status == ACCEPTED or (status == REFUSED and repeated):
                self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
                return
            if status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
                raise RuntimeError(f"start answered {status}: {page[:2000]}")
            repeated = True  # a database that is away; what was asked may have been done
            time.sleep(PAUSE_S)

    def _ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(self._site + path, data, {"Referer": self._site + path})
        try:
            with self._browser.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read().decode(errors="replace")

    def _cookie(self, name: str) -> str:
        return next(str(cookie.value) for cookie in self._jar if cookie.name == name)


def _token(page: str) -> str:
    found = TOKEN.search(page)
    if found is None:
        raise RuntimeError(f"no form: {page[:500]}")
    return found[1]
