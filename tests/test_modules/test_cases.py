import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from test_modules import cases
from test_modules.contract import ModuleError

HEAD = """
[list]
product = "Shelf"
version = "1.0"
title_ko = "기능목록"
title_en = "Function list"
source = "Manual, edition 3"
"""
FUNCTION = """
[[function]]
code = "F1"
title_ko = "놓기"
title_en = "Put"
reference = "p. 4"
statement = "A text can be put on the shelf."
"""
CASE = """
[[function.case]]
code = "new"
title_ko = "새 글"
title_en = "a new text"
"""
STEP = """
[[function.case.step]]
call = "PUT /shelf/${unique}"
as = "owner"
body = "글"
expect = { status = [201], header = { ETag = '".+"' } }
keep = { tag = "header:ETag" }
function_call = true
"""
AGAIN = """
[[function.case.step]]
call = "GET /shelf/a"
headers = { If-None-Match = "${tag}" }
expect = { status = [304] }
"""
TEXT = HEAD + FUNCTION + CASE + STEP + AGAIN


def refusal(text):
    with pytest.raises(ModuleError) as caught:
        cases.parse_toml(text)
    return caught.value


def test_a_case_file_becomes_functions_cases_and_steps():
    read = cases.parse_toml(TEXT)

    (function,) = read.functions
    first, second = function.cases[0].steps
    assert read.case_ids() == ("F1/new",)
    assert (first.method, first.path, first.account) == ("PUT", "/shelf/${unique}", "owner")
    assert first.missing_status == cases.DEFAULT_MISSING
    assert second.missing_status == ()


def test_the_json_of_an_order_says_the_same_as_the_file():
    read = cases.parse_toml(TEXT)

    assert cases.parse_json(read.to_json()) == read
    assert cases.parse_json(read.to_json()).digest() == read.digest()


def test_equal_lists_give_equal_bytes_whatever_the_order_of_fields():
    shuffled = TEXT.replace('title_ko = "놓기"\ntitle_en = "Put"', 'title_en = "Put"\ntitle_ko = "놓기"')

    assert shuffled != TEXT
    assert cases.parse_toml(shuffled).to_json() == cases.parse_toml(TEXT).to_json()


def test_the_json_holds_every_field_of_a_step():
    (function,) = json.loads(cases.parse_toml(TEXT).to_json())["function"]

    assert set(function["case"][0]["step"][1]) == {
        "as", "body", "call", "expect", "function_call", "headers", "keep", "missing_status"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        ('product = "Shelf"', "", "file.missing_field", "file.list"),
        ('code = "F1"', 'code = "F 1"', "file.bad_code", "file.function[1]"),
        ('title_ko = "놓기"', "", "file.missing_field", "function F1"),
        ('title_ko = "놓기"', "title_ko = 7", "file.wrong_type", "function F1"),
        ('title_ko = "놓기"', f'title_ko = "{"가" * 301}"', "file.too_long", "function F1"),
        ("PUT /shelf/${unique}", "PUT shelf", "file.bad_call", "function F1, case new, step 1"),
        ("PUT /shelf/${unique}", "put /shelf", "file.bad_call", "function F1, case new, step 1"),
        ("PUT /shelf/${unique}", "PUT /a b", "file.bad_call", "function F1, case new, step 1"),
        ("status = [201]", "status = []", "file.missing_field", "function F1, case new, step 1.expect"),
        ("status = [201]", "status = [42]", "file.out_of_range", "function F1, case new, step 1.expect"),
        ("status = [201]", "status = [405]", "file.ambiguous_status", "function F1, case new, step 1"),
        ("""'".+"'""", "'(+'", "file.bad_pattern", "function F1, case new, step 1.expect"),
        ("header:ETag", "trailer:ETag", "file.bad_keep", "function F1, case new, step 1"),
        ("header:ETag", "body:no group", "file.bad_keep", "function F1, case new, step 1"),
        ("function_call = true", "", "file.no_function_call", "function F1, case new"),
        (
            "function_call = true",
            "function_cal = true",
            "file.unknown_field",
            "function F1, case new, step 1",
        ),
        ('"${tag}"', '"${tga}"', "file.unknown_name", "function F1, case new, step 2"),
        ("If-None-Match", '"If None"', "file.bad_header", "function F1, case new, step 2"),
        ('"${tag}"', '"a\\r\\nb"', "file.bad_header", "function F1, case new, step 2"),
        (
            'GET /shelf/a"',
            'GET /a"\nmissing_status = [404]',
            "file.only_with_function_call",
            "function F1, case new, step 2",
        ),
    ],
)
def test_a_mistake_is_refused_with_its_place(old, new, code, where):
    assert old in TEXT

    error = refusal(TEXT.replace(old, new, 1))

    assert (error.code, error.params["where"]) == (code, where)


def test_two_functions_of_one_code_are_refused():
    assert refusal(TEXT + FUNCTION.replace("F1", "f1") + CASE + STEP).code == "file.twice"


def test_a_name_kept_in_one_case_is_unknown_in_the_next():
    second = CASE.replace('"new"', '"next"') + STEP.replace('body = "글"', 'body = "${tag}"')

    assert refusal(TEXT + second).code == "file.unknown_name"


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (
            HEAD + "".join(FUNCTION.replace("F1", f"F{n}") + CASE + STEP for n in range(501)),
            cases.MOST_FUNCTIONS,
        ),
        (HEAD + FUNCTION + "".join(CASE.replace("new", f"c{n}") + STEP for n in range(51)), cases.MOST_CASES),
        (HEAD + FUNCTION + CASE + STEP * 61, cases.MOST_STEPS),
        ("#" * (cases.MOST_BYTES + 1), cases.MOST_BYTES),
    ],
)
def test_more_than_allowed_is_refused_with_the_limit(text, limit):
    error = refusal(text)

    assert error.code in ("file.too_many", "file.too_large")
    assert error.params["limit"] == limit


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "a = " + "[" * 5000,
        "a = " + "9" * 5000,
        "\ud800".encode("utf-16", "surrogatepass"),
        b"\xff",
    ],
)
def test_text_that_is_no_toml_is_refused_without_a_traceback(text):
    assert refusal(text).code == "file.not_toml"


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b"{" * 10, b'{"list": NaN}', b"null", b"[]", b'"x"', b"9" * 5000]
)
def test_json_of_another_shape_is_refused(data):
    with pytest.raises(ModuleError):
        cases.parse_json(data)


def test_a_lone_surrogate_in_json_is_refused():
    data = cases.parse_toml(TEXT).to_json().replace("놓기".encode(), b"\\ud800")

    with pytest.raises(ModuleError) as caught:
        cases.parse_json(data)

    assert caught.value.code == "file.control_character"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150)
@given(st.data())
def test_any_value_at_any_place_gets_a_refusal_or_a_list(data):
    shape = json.loads(cases.parse_toml(TEXT).to_json())
    place = shape
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if data.draw(st.booleans()) or not isinstance(place[key], dict | list):
            place[key] = data.draw(json_values)
            break
        place = place[key]
    try:
        read = cases.parse_json(json.dumps(shape).encode())
    except ModuleError as error:
        assert error.code.startswith("file.")  # noqa: PT017 - either end is right
    else:
        assert cases.parse_json(read.to_json()) == read


@settings(max_examples=150)
@given(st.binary(max_size=300) | st.text(max_size=300))
def test_any_bytes_get_a_refusal(data):
    with pytest.raises(ModuleError):
        cases.parse_toml(data)


def test_a_list_that_acts_as_an_account_the_run_lacks_is_refused():
    with pytest.raises(ModuleError) as caught:
        cases.require_accounts(cases.parse_toml(TEXT), {"reader": "r:r"})

    assert caught.value.params == {"account": "owner"}
