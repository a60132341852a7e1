"""The LIMS's side of `robot_run.py --path lims`: what a worker does from claiming a run to its end.

A database, a store and a laboratory of its own below the bench's folder; the rows are made by the services that
screens call. What is measured: the claim, the guard asked again, the item's bytes hashed again and brought up, the
run in the sandbox with its chained journal, every raw file stored by hash, the attempt ended under its lease with its
audit event.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from pathlib import Path
from uuid import uuid4

import django
from django.core.management import call_command

MODULE = "bench-robot"
RUNS = 100  # queued at the start; each call of the measured side takes the oldest
SERVER = b"""
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
    def log_message(self, *words): pass
http.server.HTTPServer((sys.argv[1], int(sys.argv[2])), Answer).serve_forever()
"""


def prepared(work: Path, bundle: Path, tests: int):
    """A laboratory with queued runs of the bundle; returns what carries out the oldest of them."""
    _install(work / "home")
    queue = _queue_runs(bundle, tests)
    from lims.runs import execution
    from lims.runs.models import Attempt, TestRun

    def run() -> None:
        claimed = TestRun.objects.claim_oldest(queue, uuid4())
        execution.execute(claimed)
        attempt = Attempt.objects.get(run=claimed)
        assert attempt.state == Attempt.State.COMPLETE, (attempt.state, attempt.reason)
        assert attempt.reported == tests
        assert attempt.files.filter(name="output.xml").exists()

    return run


def _install(home: Path) -> None:
    home.mkdir()
    own = os.environ.get("SIHEOM_HOME") or str(Path(__file__).resolve().parents[1] / "var")
    os.environ.setdefault("ENGINES_PYTHON_SITE", f"{own}/engines/lib/python3.11/site-packages")
    os.environ |= {
        "SIHEOM_HOME": str(home),
        "DATABASE_URL": f"sqlite:///{home / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "lims.config.settings",
    }
    django.setup()
    call_command("migrate", verbosity=0)


def _queue_runs(bundle: Path, tests: int) -> str:
    """Everything up to the queue, by the people whose steps it is; tests name functions F0, F1 … of ten cases each."""
    laboratory = importlib.import_module("tests.laboratory")
    from lims.items import services as items
    from lims.plans import services as plans
    from lims.runs import services as runs

    lab = laboratory.open_laboratory()
    laboratory.authorize(lab.tester, lab.centre, MODULE, laboratory.Step.RUN)
    contract = laboratory.agree(lab, "FCr-1-G", wants_accredited=False)
    item = items.receive_item(
        request=contract.request,
        version="1.0",
        condition="이상 없음",
        uploads=[items.Upload("product.py", len(SERVER), io.BytesIO(SERVER))],
        by=lab.reception,
    )
    listed = plans.import_function_list(
        product=lab.product, centre=lab.centre, text=_function_list(tests).encode(), by=lab.tester
    )
    plan = plans.draft_plan(
        contract=contract,
        item=item,
        function_list=listed,
        deployment_text=laboratory.DEPLOYMENT,
        environment="-",
        by=lab.tester,
    )
    line = plans.add_line(plan=plan, module_id=MODULE, parameters={}, repeats=RUNS, by=lab.tester)
    plans.assign_tester(line=line, tester=lab.tester, by=lab.technical)
    plans.approve_plan(plan=plan, by=lab.technical)
    return str(runs.start_line(line=line, by=lab.tester)[0].queue)


def _function_list(tests: int) -> str:
    """The list that the bundle's suite was written for."""
    head = '[list]\nproduct = "P"\nversion = "1"\ntitle_ko = "측정"\ntitle_en = "bench"\nsource = "-"\n'
    functions = []
    for first in range(0, tests, 10):
        titles = 'title_ko = "측정"\ntitle_en = "bench"'
        functions.append(f'[[function]]\ncode = "F{first // 10}"\n{titles}\nreference = "-"\nstatement = "-"')
        for number in range(first, first + 10):
            functions.append(f'[[function.case]]\ncode = "c{number}"\n{titles}')
            functions.append(
                '[[function.case.step]]\ncall = "GET /"\nfunction_call = true\nexpect.status = [204]'
            )
    return head + "\n".join(functions)


if __name__ == "__main__":
    sys.exit("measured by: python bench/robot_run.py --path lims")
