"""The audit chain: one event per step, hashed over the one before, with checkpoints outside the database.

A chain alone does not notice a missing tail, a wipe or a whole rewrite; the checkpoint file does. A checkpoint is
written after the commit it covers, else a crash would look like a restore.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from lims.records.models import AuditEvent, ChainHead, Record

SYSTEM = "system"


class Person(Protocol):
    uid: UUID


def record(
    kind: str, *rows: Record, chain: str = SYSTEM, by: Person | None = None, why: str = ""
) -> AuditEvent:
    """Write one event that covers all rows a step touched, in the step's own transaction.

    Source: ISO/IEC 17025:2017, 7.5.1 (who, when), 7.5.2 (what it was before and is after).
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an event belongs to the transaction of its step")
    covered = [_difference(row) for row in rows]
    head = _locked_head(chain)
    event = AuditEvent(
        chain=chain,
        seq=head.seq + 1,
        at=_now_after(head),
        by_uid=by.uid if by else None,
        kind=kind,
        rows=covered,
        why=why,
        previous_hash=head.hash,
    )
    event.hash = hash_of(event)
    event.save(force_insert=True)
    ChainHead.objects.filter(pk=head.pk).update(seq=event.seq, hash=event.hash)
    for row in rows:
        row.remember()
    transaction.on_commit(lambda: write_checkpoint(chain), robust=True)  # what is committed has happened
    return event


def hash_of(event: AuditEvent) -> str:
    """SHA-256 over every column of the event but its own hash."""
    columns = {
        "chain": event.chain,
        "seq": event.seq,
        "at": event.at.astimezone(UTC).isoformat(),
        "by": str(event.by_uid or ""),
        "kind": event.kind,
        "rows": event.rows,
        "why": event.why,
        "previous": event.previous_hash,
    }
    return hashlib.sha256(_json(columns).encode()).hexdigest()


def checkpoint_file(chain: str) -> Path:
    return Path(settings.CHECKPOINT_DIR) / f"{chain}.jsonl"


def write_checkpoint(chain: str) -> None:
    """Append the committed head of a chain to its file outside the database."""
    head = ChainHead.objects.get(chain=chain)
    path = checkpoint_file(chain)
    path.parent.mkdir(parents=True, exist_ok=True)
    # a line break before and after: what a power cut tears apart spoils no other line
    line = "\n" + _json({"seq": head.seq, "hash": head.hash, "at": datetime.now(UTC).isoformat()}) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def checkpoints(chain: str) -> Iterator[dict[str, Any]]:
    path = checkpoint_file(chain)
    if path.exists():
        for line in path.read_text(errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                yield json.loads(line)


def _locked_head(chain: str) -> ChainHead:
    head, _created = ChainHead.objects.get_or_create(chain=chain)
    return ChainHead.objects.select_for_update().get(pk=head.pk)


def _now_after(head: ChainHead) -> datetime:
    """The clocks of two machines differ, and one may be set back; the order of the chain is that of its rows."""
    last = AuditEvent.objects.filter(chain=head.chain, seq=head.seq).values_list("at", flat=True).first()
    now = timezone.now()
    return max(now, last) if last else now


def _difference(row: Record) -> dict[str, Any]:
    before, after = row.values_before(), row.values_now()
    changed = [name for name in after if before is None or name not in before or before[name] != after[name]]
    shown = [name for name in changed if name not in row.UNAUDITED]
    return {
        "model": row._meta.label,
        "uid": str(row.uid),
        "before": None if before is None else {name: _shown(row, name, before.get(name)) for name in shown},
        "after": {name: _shown(row, name, after[name]) for name in shown},
    }


def _shown(row: Record, name: str, value: Any) -> Any:
    """A value as the chain keeps it: personal data only as a salted hash, so that erasure breaks nothing.

    A number with a fraction is kept as its text: a database writes 1e16 in its own way, and the hash would differ.
    """
    plain = json.loads(_json(value), parse_float=str, parse_constant=str)
    if name not in row.PERSONAL or value in ("", None):
        return plain
    salted = hmac.digest(settings.AUDIT_SALT.encode(), f"{row.uid}{name}{_json(plain)}".encode(), "sha256")
    return {"hash": salted.hex()}


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
