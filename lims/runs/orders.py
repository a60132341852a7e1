"""From a run's frozen rows to the order an engine understands."""

from __future__ import annotations

from pathlib import Path

from lims.items.models import ItemFile, TestItem
from lims.records import store
from lims.runs.models import TestRun
from test_modules import catalogue, deployment
from test_modules.contract import Product, RunOrder

OUT = "out"  # below the attempt's scratch folder: what the engine leaves is evidence


def order_of(run: TestRun, folder: Path) -> RunOrder:
    """Lay the received files beside an empty folder for the evidence, and say what is to be run."""
    line = run.plan_line
    module = catalogue.find(line.module_id)
    out_dir = folder / OUT
    out_dir.mkdir()
    recipe = deployment.from_dict(line.plan.deployment)
    listed = line.plan.function_list
    return RunOrder(
        run_uid=str(run.uid),
        module_id=line.module_id,
        module_version=line.module_version,
        parameters=line.parameters,
        out_dir=out_dir,
        timeout_s=module.engine.timeout_s,
        seed=module.engine.seed + run.repeat_no - 1,
        repeat_no=run.repeat_no,
        product=_product(run.item, recipe, folder / "item"),
        cases=listed.document.encode() if listed else None,
        accounts=recipe.accounts,
    )


def _product(item: TestItem, recipe: deployment.Deployment, folder: Path) -> Product:
    for file in item.files.all():
        store.copy_to(file.sha256, folder / file.name)
    products = [folder / f.name for f in item.files.all() if f.kind == ItemFile.Kind.PRODUCT]
    lists = [folder / f.name for f in item.files.all() if f.kind == ItemFile.Kind.DEPENDENCIES]
    return recipe.product(tuple(products), item.digest, lists[0] if lists else None)
