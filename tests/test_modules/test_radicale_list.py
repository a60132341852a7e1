"""The demonstration's function list and recipe say what the issue of a report needs, and fit the modules."""

import re

import pytest

from lims.home.demo.product import FOLDER, text
from lims.home.demo.story import LINES
from test_modules import catalogue
from test_modules.cases import parse_toml, require_accounts
from test_modules.deployment import parse_deployment
from test_modules.manifest import validate_parameters

HANGUL = re.compile("[가-힣]")
LISTED = parse_toml(text("function_list.toml"))


def test_list_names_at_least_thirty_functions_each_with_its_place_in_the_documentation():
    assert len(LISTED.functions) >= 30
    assert LISTED.version == "3.9.0"
    for function in LISTED.functions:
        assert re.fullmatch(r"DOCUMENTATION\.md: .+ \(L[0-9]+\)", function.reference), function.code


def test_every_title_is_korean_and_english():
    rows = [*LISTED.functions, *(case for function in LISTED.functions for case in function.cases)]
    for row in rows:
        assert HANGUL.search(row.title_ko), row.title_ko
        assert not HANGUL.search(row.title_en), row.title_en


def test_every_statement_says_it_in_korean_and_then_in_english():
    for function in LISTED.functions:
        korean, english = function.statement.split("\n")
        assert HANGUL.search(korean), function.code
        assert not HANGUL.search(english), function.code


def test_every_account_of_the_cases_is_in_the_recipe():
    require_accounts(LISTED, parse_deployment(text("deployment.toml")).accounts)


def test_every_dependency_is_pinned_by_hash():
    lines = [line for line in text("requirements.txt").decode().splitlines() if line[:1].isalpha()]

    assert lines
    for line in lines:
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+ \\", line)
    assert "://" not in text("requirements.txt").decode()


def test_product_is_pinned_by_hash():
    assert re.fullmatch(r"radicale==3\.9\.0 --hash=sha256:[0-9a-f]{64}\n", text("product.txt").decode())
    assert not list(FOLDER.glob("*.whl"))


@pytest.mark.parametrize(("module_id", "given"), LINES)
def test_lines_of_the_demonstration_fit_their_modules(module_id, given):
    parameters = validate_parameters(catalogue.find(module_id), given)

    assert parameters.get("account", "owner") in parse_deployment(text("deployment.toml")).accounts
