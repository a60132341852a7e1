"""Tests with several real processes on one real database: SQLite in a file, or a private PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.conf import settings

PROJECT = Path(__file__).parents[1]
START = """
import os, sys, random, signal, time
import django
django.setup()
from django.db import transaction, connection
"""


@dataclass(frozen=True)
class Place:
    """A database of its own with everything else the program writes beside it."""

    home: Path
    database_url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "SIHEOM_HOME": str(self.home),
            "DATABASE_URL": self.database_url,
            "DJANGO_SETTINGS_MODULE": "lims.config.settings",
            "PYTHONPATH": str(PROJECT),
            "PYTHONWARNINGS": "ignore",
        }

    def start(self, code: str, *arguments: str, **more) -> subprocess.Popen[str]:
        """A process of its own, with Django set up; `arguments` are in sys.argv."""
        line = [sys.executable, "-c", START + code, *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen(line, env=self.environment, cwd=PROJECT, text=True, **pipes)

    def run(self, code: str, *arguments: str) -> str:
        """What a process says that has to end well."""
        process = self.start(code, *arguments)
        said, trouble = process.communicate()
        assert process.returncode == 0, trouble
        return said

    def migrate(self) -> None:
        self.run("from django.core.management import call_command as c; c('migrate', verbosity=0)")
        self.run("from django.core.management import call_command as c; c('createcachetable', verbosity=0)")


@contextmanager
def ended(processes: list[subprocess.Popen[str]]) -> Iterator[None]:
    """No process of a test outlives it, however the test ends."""
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.communicate()


class Places:
    """Copies of one migrated database, on SQLite or on the PostgreSQL this test run is on."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._made = folder, 0
        self._server = settings.DATABASES["default"]
        self._is_sqlite = str(self._server["ENGINE"]).endswith("sqlite3")
        self._template: Place | None = None

    def new(self, home: Path) -> Place:
        """A place of its own, with nothing in it."""
        home.mkdir(parents=True, exist_ok=True)
        template = self._migrated()
        if self._is_sqlite:
            shutil.copyfile(template.home / "db.sqlite3", home / "db.sqlite3")
            return Place(home, f"sqlite:///{home / 'db.sqlite3'}")
        return Place(home, self._database(template.database_url.rpartition("/")[2]))

    def _migrated(self) -> Place:
        if self._template is None:
            url = (
                f"sqlite:///{self._folder / 'db.sqlite3'}" if self._is_sqlite else self._database("template0")
            )
            self._template = Place(self._folder, url)
            self._template.migrate()
        return self._template

    def _database(self, template: str) -> str:
        self._made += 1
        name = f"{self._folder.parent.name}_{os.getpid()}_{self._made}".replace("-", "_")
        self._sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        host = quote(str(self._server["HOST"]), safe="")
        return f"postgres://{self._server['USER']}@{host}/{name}"

    def _sql(self, statement: str) -> None:
        access = {"host": self._server["HOST"], "user": self._server["USER"], "dbname": "postgres"}
        with psycopg.connect(**access, autocommit=True) as connection:
            connection.execute(statement)
