"""Runs of the library's own modules, on its reference items or on a target, with what came out."""

from test_modules import catalogue
from test_modules.cases import parse_json, parse_toml
from test_modules.contract import Product, RunOrder, State
from test_modules.derive import derive
from test_modules.engines import engine_of
from test_modules.engines.installation import sha256_of
from test_modules.events import FunctionalEvents
from test_modules.evidence import read_record
from test_modules.manifest import validate_parameters
from test_modules.tools import Tools
from tests.test_modules.builders import Watching


def reference_item(module_id, name, *arguments):
    """A reference item of a module as a product of one file."""
    path = catalogue.find(module_id).folder / "reference" / name
    start = ("{python}", "{files}/" + name, "--host", "{host}", "--port", "{port}", *arguments)
    digest = catalogue.digest_of_files({path.name: sha256_of(path)})
    return Product(kind="python-file", files=(path,), digest=digest, command=start)


def carried_out(module_id, out_dir, *, given=None, listed=None, accounts=None, **where):
    """Run a module to its complete end and derive; gives the measures by id and the folder of evidence."""
    manifest = catalogue.find(module_id)
    parameters = validate_parameters(manifest, given or {})
    out_dir.mkdir(parents=True)
    order = RunOrder(
        run_uid="tried",
        module_id=manifest.id,
        module_version=manifest.version,
        parameters=parameters,
        out_dir=out_dir,
        timeout_s=120,
        seed=1,
        cases=listed,
        accounts=accounts or {},
        **where,
    )
    outcome = engine_of(module_id, Tools.of_environment()).run(order, Watching())
    assert outcome.state is State.COMPLETE, outcome.reason
    found = derive(manifest, [out_dir], parameters=parameters, cases=listed)
    return {derived.measure_id: derived for derived in found}


def wrong_functions(found):
    """Functions that are not correct, and what they are."""
    rows = found["FCp-1-G"].details["functions"]
    return {row["code"]: row["outcome"] for row in rows if row["outcome"] != "correct"}


def result_of_only_case(out_dir, listed):
    """The result of the one case of a list, from the journal."""
    told = FunctionalEvents(parse_json(listed).case_ids())
    for event in read_record(out_dir).events:
        if event["from"] == "tool":
            told.take(event)
    (result,) = told.results()
    return result


def one_function(*steps):
    """A function list of one function with one case, as canonical JSON."""
    head = '[list]\nproduct = "p"\nversion = "1"\ntitle_ko = "가"\ntitle_en = "a"\nsource = "s"\n'
    function = (
        '[[function]]\ncode = "F1"\ntitle_ko = "가"\ntitle_en = "a"\nreference = "r"\nstatement = "s"\n'
    )
    case = '[[function.case]]\ncode = "1"\ntitle_ko = "${값}과 %{글}"\ntitle_en = "a"\n'
    text = head + function + case + "".join(f"[[function.case.step]]\n{step}\n" for step in steps)
    return parse_toml(text).to_json()
