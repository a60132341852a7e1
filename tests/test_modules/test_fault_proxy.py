"""Faults planted between the module and a real product lower FCp and FCr by exactly what was predicted."""

from contextlib import contextmanager

import pytest

from lims.home.demo import product as demo_product
from test_modules import catalogue
from test_modules.cases import parse_toml
from test_modules.contract import RunOrder, State
from test_modules.deployment import parse_deployment
from test_modules.derive import derive
from test_modules.engines import engine_of
from test_modules.engines.installation import sha256_of
from test_modules.engines.journal import Journal
from test_modules.engines.product import Launcher
from test_modules.engines.sandbox import works
from test_modules.engines.supervisor import Watch
from test_modules.manifest import validate_parameters
from test_modules.tools import Tools
from tests.targets.fault_proxy import before, changed_description, no_free_busy, no_tag_after_writing
from tests.test_modules.builders import Watching

pytestmark = pytest.mark.engine

OWN = {"F11", "F37"}  # what Radicale 3.9.0 does otherwise than its documentation says
LISTED = 52


@pytest.fixture(scope="module")
def wheel():
    return demo_product.fetch()


@contextmanager
def radicale(wheel, folder):
    """The real product, fresh, from the bytes received; gives its address, and a watcher that keeps it alive."""
    recipe = parse_deployment(demo_product.text("deployment.toml"))
    requirements = demo_product.FOLDER / "requirements.txt"
    files = {path.name: sha256_of(path) for path in (wheel, requirements)}
    product = recipe.product((wheel,), catalogue.digest_of_files(files), requirements)
    with Journal(folder / "product-journal.log") as journal:
        watch = Watch(Watching(), journal, deadline_at=float("inf"))
        launcher = Launcher(product, Tools.of_environment(), journal, watch)
        with launcher.running(folder / "work", folder / "product.log", is_sandboxed=works()) as (
            child,
            address,
        ):
            yield address, Watching(lambda _: child.beat() or "")  # without a beat its guard ends it


def measured(target_url, watcher, out_dir):
    """FCp-1-G and FCr-1-G, and the functions behind them, of whatever answers at this address."""
    manifest = catalogue.find("func-http")
    parameters = validate_parameters(manifest, {})
    listed = parse_toml(demo_product.text("function_list.toml")).to_json()
    out_dir.mkdir()
    order = RunOrder(
        run_uid="proxied",
        module_id=manifest.id,
        module_version=manifest.version,
        parameters=parameters,
        out_dir=out_dir,
        timeout_s=120,
        seed=1,
        target_url=target_url,
        cases=listed,
        accounts=parse_deployment(demo_product.text("deployment.toml")).accounts,
    )
    assert engine_of(manifest.id, Tools.of_environment()).run(order, watcher).state is State.COMPLETE
    found = {
        derived.measure_id: derived
        for derived in derive(manifest, [out_dir], parameters=parameters, cases=listed)
    }
    rows = found["FCp-1-G"].details["functions"]
    return found, {row["code"]: row["outcome"] for row in rows if row["outcome"] != "correct"}


@pytest.mark.parametrize(
    ("faults", "missing", "incorrect"),
    [
        pytest.param((), set(), set(), id="none"),
        pytest.param((no_free_busy,), {"F48"}, {"F15"}, id="no-call"),
        pytest.param((no_tag_after_writing,), set(), {"F28", "F32", "F33"}, id="no-header"),
        pytest.param((changed_description,), set(), {"F19"}, id="one-letter"),
        pytest.param(
            (no_free_busy, no_tag_after_writing, changed_description),
            {"F48"},
            {"F15", "F19", "F28", "F32", "F33"},
            id="all",
        ),
    ],
)
def test_fault_before_the_product_lowers_the_measures_by_exactly_its_functions(
    wheel, tmp_path, faults, missing, incorrect
):
    with radicale(wheel, tmp_path) as (address, watcher), before(address, *faults) as proxied:
        found, wrong = measured(proxied, watcher, tmp_path / "out")

    expected_wrong = dict.fromkeys(OWN | incorrect, "incorrect") | dict.fromkeys(missing, "missing")
    assert wrong == expected_wrong
    coverage, correctness = found["FCp-1-G"], found["FCr-1-G"]
    existing = LISTED - len(missing)
    assert (coverage.a, coverage.b) == (len(missing), LISTED)
    assert coverage.value == pytest.approx(existing / LISTED)
    assert (correctness.a, correctness.b) == (len(OWN | incorrect), existing)
    assert correctness.value == pytest.approx(1 - len(OWN | incorrect) / existing)
