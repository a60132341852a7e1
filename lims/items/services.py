"""Receiving what is to be tested. Source: ISO/IEC 17025:2017, 7.4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from lims.errors import BadInput
from lims.intake.models import TestRequest
from lims.items import guards
from lims.items.models import ItemFile, TestItem
from lims.organization.models import User
from lims.records import store
from lims.records.chain import record
from lims.records.numbering import next_number
from lims.records.services import require
from test_modules.catalogue import digest_of_files

SERIES = "S"


@dataclass(frozen=True)
class Upload:
    """One file on its way in."""

    name: str
    size_bytes: int
    content: BinaryIO
    kind: str = ItemFile.Kind.PRODUCT


def receive_item(
    *, request: TestRequest, version: str, condition: str, uploads: Sequence[Upload], by: User
) -> TestItem:
    """Take in one build: check and store every file by its hash, then write the receipt in one transaction.

    Raises: Blocked (not now, not this person), BadInput (which file, which limit).
    """
    require(guards.against_receiving(by, request), step="receive_item", row=request, by=by)
    _check_all(uploads)
    stored = [(upload, *store.put_file(upload.content)) for upload in uploads]
    now = timezone.now()
    with transaction.atomic():
        item = TestItem.objects.create(
            request=request,
            number=next_number(request.centre.code, SERIES, now),
            version=version,
            digest=digest_of_files({upload.name: sha256 for upload, sha256, _size in stored}),
            condition=condition,
            received_by=by,
            received_at=now,
        )
        files = [
            ItemFile.objects.create(
                item=item, name=upload.name, sha256=sha256, size_bytes=size, kind=upload.kind
            )
            for upload, sha256, size in stored
        ]
        record("item.received", item, *files, chain=request.centre.code, by=by)
    return item


def _check_all(uploads: Sequence[Upload]) -> None:
    if not any(upload.kind == ItemFile.Kind.PRODUCT for upload in uploads):
        raise BadInput("upload.nothing")
    if len(uploads) > guards.MOST_FILES:
        raise BadInput("upload.too_many_files", status=413, limit=guards.MOST_FILES)
    names = [upload.name for upload in uploads]
    if len(set(names)) != len(names):
        raise BadInput("upload.same_name_twice")
    for upload in uploads:
        guards.check_upload(upload.name, upload.size_bytes, upload.content)
        if upload.kind == ItemFile.Kind.DEPENDENCIES:
            guards.check_dependencies(upload.name, upload.content)
