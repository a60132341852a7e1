"""How many bytes a page takes: said beside the view, held before a byte of the body is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

USUAL_BYTES = 8 << 20


def takes_at_most(limit_bytes: Callable[[], int]) -> Callable[[View], View]:
    """Mark a view whose request may be larger (or must be smaller) than usual; settings are read at the request."""

    def mark(view: View) -> View:
        view.most_bytes = limit_bytes  # type: ignore[attr-defined]
        return view

    return mark


def most_bytes_of(view: Callable[..., Any]) -> int:
    """The limit of a view's request body."""
    limit: Callable[[], int] = getattr(view, "most_bytes", lambda: USUAL_BYTES)
    return limit()
