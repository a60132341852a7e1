"""JSON with exactly one form, so that its hash means something. Source: RFC 8785."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence

MAX_SAFE_INTEGER = 2**53 - 1  # beyond it other readers change the number


class NotCanonical(ValueError):
    """A value without one form: not a number, too large an integer, half a character, another type."""


def canonical_json(value: object) -> bytes:
    """Write dictionaries, lists, texts, finite numbers, booleans and None in their one form, as UTF-8.

    Raises: NotCanonical
    """
    try:
        return _written(value).encode()
    except UnicodeEncodeError as trouble:
        raise NotCanonical("half of a surrogate pair") from trouble


def canonical_sha256(value: object) -> str:
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _written(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(_members(value)) + "}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return "[" + ",".join(_written(entry) for entry in value) + "]"
    raise NotCanonical(type(value).__name__)


def _members(value: Mapping[object, object]) -> list[str]:
    """Members in the order of the UTF-16 code units of their names, which is not that of code points."""
    if not all(isinstance(name, str) for name in value):
        raise NotCanonical("a name that is no text")
    names = sorted((name for name in value if isinstance(name, str)), key=_code_units)
    return [f"{json.dumps(name, ensure_ascii=False)}:{_written(value[name])}" for name in names]


def _code_units(name: str) -> bytes:
    return name.encode("utf-16-be")


def _integer(value: int) -> str:
    if abs(value) > MAX_SAFE_INTEGER:
        raise NotCanonical("integer beyond 2**53 - 1")
    return str(value)


def _number(value: float) -> str:
    """ECMAScript's shortest form. Python finds the same digits and only lays them out differently."""
    if not math.isfinite(value):
        raise NotCanonical("not a finite number")
    if value == 0:
        return "0"  # minus zero too
    sign, (digits, exponent) = "-" if value < 0 else "", _digits(abs(value))
    return sign + _laid_out(digits, exponent)


def _digits(value: float) -> tuple[str, int]:
    """The shortest digits d and the n for which the value is 0.d x 10^n."""
    mantissa, _, power = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole) if whole != "0" else -(len(fraction) - len(fraction.lstrip("0")))
    return digits.rstrip("0"), leading + int(power or 0)


def _laid_out(digits: str, n: int) -> str:
    """Source: ECMA-262, Number::toString, radix 10."""
    if len(digits) <= n <= 21:
        return digits + "0" * (n - len(digits))
    if 0 < n <= 21:
        return digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return "0." + "0" * -n + digits
    power = f"e{'+' if n > 0 else '-'}{abs(n - 1)}"
    return (digits if len(digits) == 1 else digits[0] + "." + digits[1:]) + power
