"""The product under test of the demonstration: a real one, fetched from the package index by name and hash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from django.conf import settings

FOLDER = Path(__file__).parent.parent / "demo_data" / "radicale"
NAME, DEVELOPER, VERSION = "Radicale", "Kozea community", "3.9.0"


def fetch() -> Path:
    """The product's wheel, downloaded once and checked against its pinned hash."""
    kept = settings.HOME / "cache" / "product"
    if not (wheels := sorted(kept.glob("*.whl"))):
        base = Path(sys.base_prefix) / "bin" / "python3"
        subprocess.run(
            [str(base), "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
             "--require-hashes", "--requirement", str(FOLDER / "product.txt"), "--dest", str(kept)],
            check=True,
        )  # fmt: skip
        wheels = sorted(kept.glob("*.whl"))
    return wheels[0]


def text(name: str) -> bytes:
    """One of the laboratory's own files about the product."""
    return (FOLDER / name).read_bytes()
