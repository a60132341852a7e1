"""The import contracts hold: what comes later in the day may import what comes earlier, never back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import PROJECT


def test_every_import_goes_down():
    program = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([program, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout
