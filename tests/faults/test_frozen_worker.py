"""A worker that is frozen past its lease: its engine is gone before another one starts, and its word is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LEASE_S = 10.0


@pytest.mark.kills
def test_a_frozen_worker_never_has_a_second_engine_beside_its_own():
    done = subprocess.run(
        [sys.executable, "-m", "bench.torturing.frozen"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    verdict = json.loads(done.stdout or "{}")
    assert done.returncode == 0, (verdict, done.stderr)
    assert verdict["two_at_once"] == []
    assert (
        verdict["engine_gone_after_s"] < LEASE_S < verdict["second_engine_after_s"] + 2
    )  # a beat may be two seconds old
    assert verdict["attempts"] == ["interrupted", "complete"]
