"""Does the memory hold? Names the first bad row of each chain."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext_noop as _

from lims.records.chain import checkpoints, hash_of
from lims.records.models import AuditEvent, ChainHead


@dataclass(frozen=True)
class Finding:
    """The first row of a chain that cannot be right, and what is wrong with it."""

    chain: str
    seq: int
    what: str


def verify_chains() -> list[Finding]:
    """Walk every chain against its hashes and its checkpoints; empty when all of them hold."""
    return [finding for chain in _chains() if (finding := first_bad_row(chain))]


def first_bad_row(chain: str) -> Finding | None:
    """The first bad row of one chain: by its own hash, by the row before, or by a checkpoint outside the database."""
    marks: dict[int, str] = {}
    for mark in checkpoints(chain):  # the first one holds: a row that was replaced got a second one
        marks.setdefault(mark["seq"], mark["hash"])
    previous_hash, expected, last_at = "", 1, None
    for event in AuditEvent.objects.filter(chain=chain).order_by("seq", "pk").iterator():
        if event.seq != expected:
            return Finding(chain, expected, _("missing") if event.seq > expected else _("copied"))
        if event.hash != hash_of(event):
            return Finding(chain, event.seq, _("altered"))
        if event.previous_hash != previous_hash:
            return Finding(chain, event.seq, _("out of its chain"))
        if marks.get(event.seq, event.hash) != event.hash:
            return Finding(chain, event.seq, _("not the row of the checkpoint"))
        if last_at and event.at < last_at:
            return Finding(chain, event.seq, _("back-dated"))
        previous_hash, expected, last_at = event.hash, expected + 1, event.at
    return _tail(chain, expected - 1, previous_hash, marks)


def _tail(chain: str, length: int, last_hash: str, marks: dict[int, str]) -> Finding | None:
    if marks and max(marks) > length:
        return Finding(chain, length + 1, _("missing"))
    head = ChainHead.objects.filter(chain=chain).first()
    if head is None or (head.seq, head.hash) != (length, last_hash):
        return Finding(chain, length, _("not the head of its chain"))
    if length and not marks:
        return Finding(chain, 1, _("without a checkpoint"))
    return None


def _chains() -> list[str]:
    files = {path.stem for path in settings.CHECKPOINT_DIR.glob("*.jsonl")}
    rows = set(AuditEvent.objects.values_list("chain", flat=True).distinct())
    return sorted(files | rows | set(ChainHead.objects.values_list("chain", flat=True)))
