"""Take values out of a file that a person wrote, and refuse with the place where it is wrong.

Module manifests and function lists arrive as TOML or JSON. Whatever is in them, the answer is a value or a
ModuleError whose params say `where`, `field` and, for a limit, `limit` and `unit`; never a traceback.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from test_modules.contract import ModuleError

LINE, TEXT = 300, 8000  # characters
BODY = 65_536
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def read_toml(data: bytes, most_bytes: int) -> Table:
    """Parse TOML bytes. Raises: ModuleError (file.too_large, file.not_toml)."""
    _bounded(data, most_bytes)
    try:
        return Table(tomllib.loads(data.decode("utf-8")))
    except RecursionError:
        raise ModuleError("file.not_toml", reason="nested too deeply") from None
    except ValueError as trouble:  # also bad UTF-8 and numbers of thousands of digits
        raise ModuleError("file.not_toml", reason=str(trouble)[:LINE]) from None


def read_json(data: bytes, most_bytes: int) -> Table:
    """Parse JSON bytes. Raises: ModuleError (file.too_large, file.not_json)."""
    _bounded(data, most_bytes)
    try:
        return Table(json.loads(data))
    except RecursionError:
        raise ModuleError("file.not_json", reason="nested too deeply") from None
    except ValueError as trouble:
        raise ModuleError("file.not_json", reason=str(trouble)[:LINE]) from None


def _bounded(data: bytes, most_bytes: int) -> None:
    if len(data) > most_bytes:
        raise ModuleError("file.too_large", size=len(data), limit=most_bytes, unit="byte")


class Table:
    """One table of such a file. What nobody took out of it by the end is an error: a mistyped name."""

    def __init__(self, values: object, where: str = "file") -> None:
        if not isinstance(values, dict) or not all(isinstance(name, str) for name in values):
            raise ModuleError("file.wrong_type", where=where, field="", type="table")
        self._left: dict[str, Any] = dict(values)
        self.where = where

    def refuse(self, code: str, field: str, **params: int | float | str) -> NoReturn:
        """Raise the error that names this place."""
        raise ModuleError(f"file.{code}", where=self.where, field=field, **params)

    def done(self) -> None:
        """Refuse the names that the format does not know."""
        for name in self._left:
            self.refuse("unknown_field", name[:LINE])

    def has(self, name: str) -> bool:
        """Tell whether this name is still there to be taken."""
        return name in self._left

    def names(self) -> tuple[str, ...]:
        """The names that are still there to be taken."""
        return tuple(self._left)

    def take(self, name: str, default: object = None) -> Any:
        """Take any value; without default a missing one is refused."""
        if name not in self._left and default is None:
            self.refuse("missing_field", name)
        return self._left.pop(name, default)

    def text(self, name: str, default: str | None = None, most: int = LINE) -> str:
        """Take a text. Units: `most` in characters."""
        return self._checked(name, self.take(name, default), most)

    def code(self, name: str, default: str | None = None) -> str:
        """Take an identifier: letters, digits, dot, dash, underscore, at most 60."""
        value = self.text(name, default)
        if not CODE.fullmatch(value):
            self.refuse("bad_code", name, limit=60, unit="character")
        return value

    def choice(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        """Take one of these words."""
        value = self.text(name, default)
        if value not in choices:
            self.refuse("not_a_choice", name, choices=", ".join(choices))
        return value

    def flag(self, name: str, default: bool) -> bool:
        """Take true or false."""
        value = self.take(name, default)
        if not isinstance(value, bool):
            self.refuse("wrong_type", name, type="true or false")
        return value

    def number(self, name: str, least: float, most: float, default: float | None = None) -> float:
        """Take a finite number between two limits."""
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            self.refuse("wrong_type", name, type="number")
        if not least <= value <= most:
            self.refuse("out_of_range", name, least=least, limit=most)
        return float(value)

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """Take a whole number between two limits."""
        value = self.number(name, least, most, default)
        if value != int(value):
            self.refuse("wrong_type", name, type="whole number")
        return int(value)

    def texts(self, name: str, most: int, length: int = LINE) -> tuple[str, ...]:
        """Take a list of texts, empty when absent. Units: `most` entries, `length` in characters."""
        return tuple(self._checked(name, value, length) for value in self._list(name, most))

    def wholes(
        self, name: str, limits: tuple[int, int], most: int, default: tuple[int, ...] = ()
    ) -> tuple[int, ...]:
        """Take a list of whole numbers between two limits."""
        values = self._list(name, most) if self.has(name) else list(default)
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int) or not limits[0] <= value <= limits[1]:
                self.refuse("out_of_range", name, least=limits[0], limit=limits[1])
        return tuple(values)

    def pairs(self, name: str, most: int, length: int = LINE) -> dict[str, str]:
        """Take a table of texts, empty when absent."""
        values = self.take(name, {})
        if not isinstance(values, dict):
            self.refuse("wrong_type", name, type="table")
        self._counted(name, values, most)
        return {
            self._checked(name, key, LINE): self._checked(name, value, length)
            for key, value in values.items()
        }

    def table(self, name: str) -> Table:
        """Take the one table of that name; an absent one is empty, and its own fields say what is missing."""
        return Table(self.take(name, {}), f"{self.where}.{name}")

    def tables(self, name: str, most: int, least: int = 0) -> Iterator[Table]:
        """Take a list of tables."""
        values = self._list(name, most)
        if len(values) < least:
            self.refuse("too_few", name, limit=least, unit="entry")
        for number, value in enumerate(values, start=1):
            yield Table(value, f"{self.where}.{name}[{number}]")

    def _list(self, name: str, most: int) -> list[Any]:
        values = self.take(name, [])
        if not isinstance(values, list):
            self.refuse("wrong_type", name, type="list")
        self._counted(name, values, most)
        return values

    def _counted(self, name: str, values: list[Any] | Mapping[str, Any], most: int) -> None:
        if len(values) > most:
            self.refuse("too_many", name, size=len(values), limit=most, unit="entry")

    def _checked(self, name: str, value: object, most: int) -> str:
        if not isinstance(value, str):
            self.refuse("wrong_type", name, type="text")
        if len(value) > most:
            self.refuse("too_long", name, size=len(value), limit=most, unit="character")
        if CONTROL.search(value):
            self.refuse("control_character", name)
        return value


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False


def is_pattern(text: str, groups: int | None = None) -> bool:
    """Tell whether a text is a regular expression, with exactly so many groups when asked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # FutureWarning about nested sets says nothing to the author
            compiled = re.compile(text)
    except (re.error, RecursionError, OverflowError, MemoryError):
        return False
    return groups is None or compiled.groups == groups
