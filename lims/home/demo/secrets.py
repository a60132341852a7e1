"""The demonstration's people sign in and authorize by secrets that lie in one file of mode 0600, and it says so."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from lims.documents.signer import totp


class DemoSecrets:
    """Passwords and authenticator secrets, made on the first run and kept in var/demo/people.json."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "people.json"
        self.kept: dict[str, Any] = json.loads(self.path.read_text()) if self.path.exists() else {}

    def password(self) -> str:
        if "password" not in self.kept:
            self._keep("password", secrets.token_urlsafe(9))
        return str(self.kept["password"])

    def totp_secret(self, person_uid: str, centre_code: str) -> str:
        """The person's authenticator secret, enrolled at the signer by its own command line."""
        enrolled = self.kept.setdefault("totp", {})
        if person_uid not in enrolled:
            command = ["enrol", str(settings.SIGNER_HOME), person_uid, centre_code, "--replace"]
            enrolled[person_uid] = parse_qs(urlsplit(_signer(*command)).query)["secret"][0]
            self._keep("totp", enrolled)
        return str(enrolled[person_uid])

    def code_now(self, person_uid: str, centre_code: str) -> str:
        """The one-time code of this half minute."""
        secret = self.totp_secret(person_uid, centre_code)
        padded = secret + "=" * (-len(secret) % 8)
        return totp.code_at(base64.b32decode(padded), int(time.time() // totp.STEP_S))

    def _keep(self, name: str, value: Any) -> None:
        self.kept[name] = value
        scratch = self.path.with_suffix(".part")
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self.kept, file, ensure_ascii=False, indent=1)
        scratch.replace(self.path)


def _signer(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "lims.documents.signer", *arguments],
        check=True,
        capture_output=True,
        text=True,
        cwd=settings.PROJECT,
    )
    return done.stdout.strip()
