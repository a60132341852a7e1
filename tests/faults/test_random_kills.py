"""Web, worker, relay and broker die at random moments while tests run: nothing is lost, doubled, stuck or orphaned."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
KILLS = 20


@pytest.mark.kills
def test_twenty_random_kills_lose_nothing():
    seed = random.randrange(1 << 31)  # said below; `bench/torture --kills 20 --seed N` plays it again

    done = subprocess.run(
        [PROJECT / "bench/torture", "--kills", str(KILLS), "--seed", str(seed)],
        capture_output=True,
        text=True,
        check=False,
    )

    print(done.stderr)
    verdict = json.loads(done.stdout or "{}")
    assert done.returncode == 0, verdict
    assert (verdict["met"], verdict["ratio"], verdict["kills"], verdict["wrong"]) == (True, 1.0, KILLS, {})
    assert verdict["interrupted"] > 0 or "worker" not in verdict["victims"]
