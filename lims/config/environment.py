"""Settings come from the environment alone; a wrong or missing one stops the start with one clear line."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

import environ

from lims.config.places import LONGEST_SOCKET

PROJECT = Path(__file__).resolve().parent.parent.parent
MODES = ("demo", "production")
SHORTEST_KEY = 50  # characters, as Django's own deployment check asks


def stop(name: str, ko: str, en: str) -> NoReturn:
    """End the start with one line in both languages."""
    print(f"설정 오류 {name}: {ko} / setting {name}: {en}", file=sys.stderr)  # noqa: T201 - before logging stands
    raise SystemExit(78)  # EX_CONFIG


class Environment:
    """Reads the variables and knows which of them production cannot do without."""

    def __init__(self) -> None:
        self.env = environ.Env()
        self.mode = os.environ.get("SIHEOM_MODE", "demo")
        if self.mode not in MODES:
            stop("SIHEOM_MODE", f"{' 또는 '.join(MODES)} 이어야 합니다", f"one of {', '.join(MODES)}")

    @property
    def is_production(self) -> bool:
        return self.mode == "production"

    def text(self, name: str, default: str = "") -> str:
        """A value that production must set; elsewhere the default holds."""
        value = os.environ.get(name, "")
        if not value and self.is_production:
            stop(name, "운영 모드에서는 반드시 설정해야 합니다", "must be set in production")
        return value or default

    def secret(self, name: str, default: str) -> str:
        value = self.text(name, default)
        if self.is_production and len(value) < SHORTEST_KEY:
            stop(name, f"{SHORTEST_KEY}자 이상이어야 합니다", f"at least {SHORTEST_KEY} characters")
        return value

    def words(self, name: str, default: list[str]) -> list[str]:
        return [word.strip() for word in self.text(name, ",".join(default)).split(",") if word.strip()]

    def exact(self, name: str, default: list[str], *, pattern: str, is_needed: bool = True) -> list[str]:
        """Words of one shape, at least one of them."""
        found = self.words(name, default) if is_needed or os.environ.get(name) else default
        if not found or not all(re.fullmatch(pattern, word) for word in found):
            stop(name, f"쉼표로 나눈 이름이어야 합니다 ({pattern})", f"names separated by commas ({pattern})")
        return found

    def hosts(self, name: str, default: list[str]) -> list[str]:
        found = self.words(name, default)
        if self.is_production and "*" in found:
            stop(name, "운영 모드에서 * 는 쓸 수 없습니다", "* is not allowed in production")
        if not found:
            stop(name, "호스트 이름이 하나 이상 필요합니다", "names at least one host")
        return found

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        value = os.environ.get(name, str(default))
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            stop(
                name, f"{least} 이상 {most} 이하의 정수여야 합니다", f"a whole number from {least} to {most}"
            )
        return int(value)

    def flag(self, name: str, default: bool) -> bool:
        value = os.environ.get(name, str(default)).lower()
        if value not in ("true", "false", "1", "0"):
            stop(name, "true 또는 false 여야 합니다", "true or false")
        return value in ("true", "1")

    def folder(self, name: str, default: Path, *, must_be_named: bool = False) -> Path:
        """An absolute path; `must_be_named` where production may not fall back on the default."""
        value = Path((self.text(name) if must_be_named else os.environ.get(name)) or default)
        if not value.is_absolute():
            stop(name, "절대 경로여야 합니다", "must be an absolute path")
        return value

    def written_folder(self, name: str, default: Path, *, must_be_named: bool = False) -> Path:
        """A folder that the program writes to: made when it is missing, and tried."""
        folder = self.folder(name, default, must_be_named=must_be_named)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as trouble:
            stop(name, f"폴더를 만들 수 없습니다: {folder} ({trouble.strerror})", f"cannot make {folder}")
        if not os.access(folder, os.W_OK | os.X_OK):
            stop(name, f"쓸 수 없는 폴더입니다: {folder}", f"cannot write to {folder}")
        return folder

    def socket(self, name: str, default: Path) -> str:
        path = self.text(name, str(default))
        if not path.startswith("/") or len(os.fsencode(path)) > LONGEST_SOCKET:
            stop(
                name,
                f"{LONGEST_SOCKET}바이트 이하의 절대 경로여야 합니다",
                f"must be an absolute path of at most {LONGEST_SOCKET} bytes",
            )
        return path

    def database(self, name: str, default: Path) -> dict[str, Any]:
        """What the address says; without one, an SQLite file at `default`."""
        url = self.text(name)
        if not url:
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(default)}
        try:
            found = self.env.db_url_config(url)
        except Exception:
            stop(name, "데이터베이스 주소를 읽을 수 없습니다", "not a database address")
        engine = str(found.get("ENGINE", ""))
        if not engine.endswith(("postgresql", "sqlite3")):
            stop(
                name, "postgres:// 또는 sqlite:// 주소여야 합니다", "must begin with postgres:// or sqlite://"
            )
        if self.is_production and not engine.endswith("postgresql"):
            stop(name, "운영 모드에는 PostgreSQL이 필요합니다", "production needs PostgreSQL")
        found["HOST"] = unquote(str(found.get("HOST", "")))  # the folder of a socket is written %2Frun%2F...
        return dict(found)

    def broker(self, name: str, default: str) -> str:
        url = self.text(name, default)
        if not url.startswith(("redis://", "rediss://", "redis+socket://", "unix://")):
            stop(
                name,
                "redis:// 또는 redis+socket:// 주소여야 합니다",
                "must begin with redis:// or redis+socket://",
            )
        return url.replace("unix://", "redis+socket://", 1)

    def address(self, name: str, default: str) -> str:
        url = self.text(name, default).rstrip("/")
        schemes = ("https",) if self.is_production else ("http", "https")
        parts = urlsplit(url)
        if parts.scheme not in schemes or not parts.hostname:
            stop(name, f"{schemes[-1]}:// 주소여야 합니다", f"must be an {schemes[-1]}:// address")
        return url
