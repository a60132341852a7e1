"""What the signer remembers, in an SQLite file of its own: who is enrolled, what is spent, what is good.

Every write is on the disk before the answer leaves. One thread at a time: callers hold `Ledger.lock`.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = "signer.sqlite3"
SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS person(
    uid TEXT PRIMARY KEY, secret BLOB NOT NULL, centres TEXT NOT NULL,
    misses INTEGER NOT NULL DEFAULT 0, missed_at REAL NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS spent(
    person TEXT NOT NULL, step INTEGER NOT NULL, report TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY(person, step)) STRICT;
CREATE TABLE IF NOT EXISTS token(
    id TEXT PRIMARY KEY, report TEXT NOT NULL, centre TEXT NOT NULL, person TEXT NOT NULL,
    step INTEGER NOT NULL, at REAL NOT NULL, used TEXT) STRICT;
"""


@dataclass(frozen=True)
class Enrolled:
    """A person who may authorize; `centres` empty means every centre that has a key."""

    uid: str
    secret: bytes
    centres: tuple[str, ...]
    misses: int
    missed_at: float


@dataclass(frozen=True)
class StoredToken:
    id: str
    report: str
    centre: str
    person: str
    step: int
    used: str | None  # SHA-256 of what was signed with it


class Ledger:
    def __init__(self, home: Path) -> None:
        (home / FILE).touch(mode=0o600)  # SQLite gives its side files the same rights
        self._db = sqlite3.connect(home / FILE, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.executescript(SCHEMA)
        self.lock = threading.Lock()

    def close(self) -> None:
        self._db.close()

    def enrol(self, uid: str, secret: bytes, centres: Sequence[str], *, replace: bool = False) -> bool:
        """Keep a person's secret; False when there is one already. What was spent stays spent."""
        sql = "INSERT INTO person(uid, secret, centres) VALUES(?,?,?) ON CONFLICT(uid) DO "
        again = (
            "UPDATE SET secret=excluded.secret, centres=excluded.centres, misses=0" if replace else "NOTHING"
        )
        return self._db.execute(sql + again, (uid, secret, json.dumps(list(centres)))).rowcount == 1

    def person(self, uid: str) -> Enrolled | None:
        sql = "SELECT uid, secret, centres, misses, missed_at FROM person WHERE uid=?"
        row = self._db.execute(sql, (uid,)).fetchone()
        return Enrolled(row[0], row[1], tuple(json.loads(row[2])), row[3], row[4]) if row else None

    def count_miss(self, uid: str, at: float, forget_after_s: float) -> None:
        """Count a try before it is looked at, so that a crash gives nobody a free guess."""
        sql = "UPDATE person SET misses=iif(?-missed_at>?,1,misses+1), missed_at=? WHERE uid=?"
        self._db.execute(sql, (at, forget_after_s, at, uid))

    def token(self, token_id: str) -> StoredToken | None:
        sql = "SELECT id, report, centre, person, step, used FROM token WHERE id=?"
        row = self._db.execute(sql, (token_id,)).fetchone()
        return StoredToken(*row) if row else None

    def spend(self, token: StoredToken, at: float) -> bool:
        """Spend the code and make the token good, both or neither; False when the code was spent before."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            spent = (token.person, token.step, token.report, at)
            self._db.execute("INSERT INTO spent VALUES(?,?,?,?)", spent)
            row = (token.id, token.report, token.centre, token.person, token.step, at)
            self._db.execute("INSERT INTO token VALUES(?,?,?,?,?,?,NULL)", row)
            self._db.execute("UPDATE person SET misses=0 WHERE uid=?", (token.person,))
            self._db.execute("COMMIT")
        except sqlite3.IntegrityError:
            self._db.execute("ROLLBACK")
            return False
        return True

    def use(self, token_id: str, digest: str) -> bool:
        """Pin the token to what is signed with it; False when it was used for something else."""
        sql = "UPDATE token SET used=? WHERE id=? AND (used IS NULL OR used=?)"
        return self._db.execute(sql, (digest, token_id, digest)).rowcount == 1
