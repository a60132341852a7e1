"""What the public page says of a file, at the command line. Exit 0: genuine; 2: not, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from certificates.register import verify_upload
from lims.records.reasons import text_of


class Command(BaseCommand):
    help = "Check a certificate's bytes against the register, its seal and the gate; exit 2 unless it is genuine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--number", help="the number it is said to be")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            data = path.read_bytes()
        except OSError as trouble:
            self.stderr.write(f"{path}: {trouble.strerror}")
            sys.exit(2)
        finding = verify_upload(data, options["number"])
        told = {"size": len(data), "limit": finding.detail}
        state = text_of(f"finding.{finding.state}")
        said = " ".join(
            part
            for part in (state, finding.number or "", text_of(finding.reason, told), finding.detail)
            if part
        )
        if not finding.is_genuine:
            self.stderr.write(said)
            sys.exit(2)
        self.stdout.write(said)
