"""The laboratory at work: who is there, what is planned. Every row is made by the service that a screen calls."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import uuid4

from lims.intake.models import Contract
from lims.items import services as items
from lims.items.models import TestItem
from lims.plans import services as plans
from lims.plans.models import FunctionList, PlanLine
from lims.runs import services as runs
from lims.runs.models import TestRun
from test_modules import catalogue
from tests import laboratory

PASSWORD = "tortured-but-patient-1"
ITEM = Path(__file__).with_name("item.py")
DEPLOYMENT = b"""
[product]
kind = "python-file"
command = ["{python}", "{files}/item.py", "{host}", "{port}"]
"""
LIST = """
[list]
product = "Item"
version = "1"
title_ko = "{name}"
title_en = "{name}"
source = "its own address"
"""
FUNCTION = """
[[function]]
code = "F{number}"
title_ko = "기다렸다가 답한다"
title_en = "Answers after a wait"
reference = "its own address"
statement = "It answers."
[[function.case]]
code = "1"
title_ko = "답한다"
title_en = "Answers"
[[function.case.step]]
call = "GET /wait/{seconds}"
function_call = true
expect.status = [200]
"""
WAITS = {"short": [0.1, 0.1], "long": [2.0] * 10}  # seconds of each function
LOAD = {"users": 2, "warm_up_s": 0.0, "duration_s": 1.0}


class Floor:
    """Lays plan lines of the wanted kind, ready to be started by the tester."""

    def __init__(self) -> None:
        self.lab = laboratory.open_laboratory()
        self.lab.tester.set_password(PASSWORD)
        self.lab.tester.save()
        for module_id in laboratory.MODULES:
            laboratory.adopt(self.lab, module_id, catalogue.engine_versions(module_id))
        self._functional = laboratory.agree(self.lab, "FCp-1-G", "FCr-1-G")
        self._load = laboratory.agree(self.lab, "PTb-1-G", "PTb-5-G")
        self._lists = {name: self._list(name, waits) for name, waits in WAITS.items()}

    def _received(self, contract: Contract) -> TestItem:
        """A build of its own: what was measured once is not planned again."""
        content = ITEM.read_bytes() + f"# build {uuid4()}\n".encode()
        return items.receive_item(
            request=contract.request,
            version="1.0",
            condition="이상 없음",
            uploads=[items.Upload(ITEM.name, len(content), io.BytesIO(content))],
            by=self.lab.reception,
        )

    def _list(self, name: str, waits: list[float]) -> FunctionList:
        rows = [FUNCTION.format(number=number, seconds=wait) for number, wait in enumerate(waits, 1)]
        return plans.import_function_list(
            product=self.lab.product,
            centre=self.lab.centre,
            text=(LIST.format(name=name) + "".join(rows)).encode(),
            by=self.lab.tester,
        )

    def lay(self, kind: str) -> PlanLine:
        """An approved plan with one line: "short" and "long" are functional, "load" asks when it is interrupted."""
        contract = self._load if kind == "load" else self._functional
        plan = plans.draft_plan(
            contract=contract,
            item=self._received(contract),
            function_list=self._lists.get(kind),
            deployment_text=DEPLOYMENT,
            environment="한 장비의 되돌림 주소",
            by=self.lab.tester,
        )
        if kind == "load":
            line = laboratory.add_line(self.lab, plan, "load-http", **LOAD)
        else:
            line = laboratory.add_line(self.lab, plan, "func-http")
        plans.approve_plan(plan=plan, by=self.lab.technical)
        return line

    def decide(self, run: TestRun) -> None:
        """An interrupted load run is tried again, by name."""
        runs.decide_waiting(run=run, again=True, why="중단된 시도를 다시 실행", by=self.lab.tester)
