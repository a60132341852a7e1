"""What speaks against receiving an item, and what is wrong with an upload."""

from __future__ import annotations

import re
import stat
import zipfile
from typing import Any, BinaryIO

from django.conf import settings

from lims.errors import BadInput, Reason
from lims.intake.models import Contract, TestRequest
from lims.organization.guards import against_role
from lims.organization.models import User
from lims.organization.queries import Role
from test_modules import requirements
from test_modules.contract import ModuleError
from test_modules.requirements import check_requirements

ACCEPTED = (".whl", ".zip", ".py", ".txt", ".toml", ".tar.gz", ".jar", ".apk", ".exe", ".msi", ".deb", ".pdf")
NAME = re.compile(r"[\w가-힣][\w가-힣.+@ ()-]{0,199}")
MOST_FILES = 200
MOST_MEMBERS = 50_000
MOST_UNPACKED_BYTES = 2 << 30


def against_receiving(by: User, request: TestRequest) -> list[Reason]:
    """Every reason nothing may be received for this request now. Source: ISO/IEC 17025:2017, 7.4.1."""
    reasons = against_role(by, request.centre, Role.RECEPTION)
    if not request.contracts.filter(state=Contract.State.AGREED).exists():
        reasons.append(Reason("contract.not_agreed", clause="7.1.1"))
    return reasons


def check_upload(name: str, size_bytes: int, content: BinaryIO) -> None:
    """Refuse a file that is too large, of a kind not taken, or an archive made to do harm.

    Raises: BadInput with 413 (size), 415 (kind) or 422 (what is inside), with the limit.
    """
    if not NAME.fullmatch(name) or ".." in name:
        raise BadInput("upload.bad_name", name=name[:60])
    if size_bytes > settings.ITEM_MAX_BYTES:
        raise BadInput("upload.too_large", status=413, name=name, limit_mb=settings.ITEM_MAX_BYTES >> 20)
    if not size_bytes:
        raise BadInput("upload.empty", name=name)
    if not name.lower().endswith(ACCEPTED):
        raise BadInput("upload.kind_not_taken", status=415, name=name, taken=" ".join(ACCEPTED))
    if name.lower().endswith((".whl", ".zip", ".jar", ".apk")):
        _check_archive(name, content)
        content.seek(0)


def check_dependencies(name: str, content: BinaryIO) -> None:
    """A list of dependencies only pins packages and hashes; everything else could run code where it is installed.

    Raises: BadInput naming the line
    """
    try:
        check_requirements(content.read(requirements.MOST_BYTES + 1))
    except ModuleError as trouble:
        params: dict[str, Any] = {"name": name, **trouble.params}
        raise BadInput(trouble.code, **params) from trouble
    content.seek(0)


def _check_archive(name: str, content: BinaryIO) -> None:
    try:
        members = zipfile.ZipFile(content).infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise BadInput("upload.not_an_archive", name=name) from None
    if len(members) > MOST_MEMBERS:
        raise BadInput("upload.too_many_members", name=name, limit=MOST_MEMBERS)
    if sum(member.file_size for member in members) > MOST_UNPACKED_BYTES:
        raise BadInput("upload.unpacks_too_large", status=413, name=name, limit_mb=MOST_UNPACKED_BYTES >> 20)
    for member in members:
        parts = member.filename.replace("\\", "/").split("/")
        if member.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise BadInput("upload.member_outside", name=name, member=member.filename[:80])
        if stat.S_ISLNK(member.external_attr >> 16):
            raise BadInput("upload.member_link", name=name, member=member.filename[:80])
