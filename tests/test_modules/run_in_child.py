"""Run one order in a process of its own, which a test may then kill or freeze.

`python -m tests.test_modules.run_in_child LIBRARY MODULE OUT_DIR GUARD_S [bare]`
"""

import sys
from pathlib import Path

from test_modules import catalogue, engines
from test_modules.engines import process, sandbox
from tests.test_modules.builders import Watching, make_order


def main(library, module_id, out_dir, guard_s, how=""):
    catalogue.MODULES = Path(library)
    process.GUARD_S = float(guard_s)
    if how == "bare":
        sandbox.works = lambda: False
    outcome = engines.engine_of(module_id).run(make_order(Path(out_dir), module_id), Watching())
    print(outcome.state, outcome.reason, outcome.sandbox, outcome.reported)


if __name__ == "__main__":
    main(*sys.argv[1:])
