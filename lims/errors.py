"""What a step of the laboratory may answer instead of happening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Param = str | int | float | None


@dataclass(frozen=True)
class Reason:
    """One unmet condition, as data: translated when shown (`records.reasons`), never when stored."""

    code: str
    params: Mapping[str, Param] = field(default_factory=dict)
    clause: str = ""  # of ISO/IEC 17025:2017, where one asks for it

    def as_json(self) -> dict[str, object]:
        return {"code": self.code, "params": dict(self.params), "clause": self.clause}


class LimsError(Exception):
    """Root of everything the laboratory's code raises on purpose."""


class Blocked(LimsError):
    """A step may not happen now. Carries every reason, not only the first."""

    def __init__(self, step: str, reasons: Sequence[Reason]) -> None:
        super().__init__(f"{step}: {', '.join(reason.code for reason in reasons)}")
        self.step = step
        self.reasons = tuple(reasons)

    @property
    def codes(self) -> set[str]:
        return {reason.code for reason in self.reasons}


class IllegalMove(LimsError):
    """A state change that the model's MOVES table does not know."""


class LostRace(LimsError):
    """Somebody else moved the row first."""


class BadInput(LimsError):
    """What was handed in cannot be accepted; `status` is the HTTP answer that fits (413, 415, 422)."""

    def __init__(self, code: str, *, status: int = 422, **params: Param) -> None:
        super().__init__(f"{code} {params}")
        self.reason = Reason(code, params)
        self.status = status
