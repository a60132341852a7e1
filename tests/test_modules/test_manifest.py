import pytest
from hypothesis import given
from hypothesis import strategies as st

from test_modules import catalogue
from test_modules.contract import ModuleError
from test_modules.manifest import parse_manifest, read_faults, validate_parameters
from tests.test_modules.builders import LOCUST, ROBOT, write_module

LOAD = parse_manifest(LOCUST.replace("MODULE", "t-load").encode())


def refusal(call, *arguments):
    with pytest.raises(ModuleError) as caught:
        call(*arguments)
    return caught.value


def test_settings_are_completed_with_the_defaults():
    complete = validate_parameters(LOAD, {"users": 7})

    assert complete == {"profile": "steady", "users": 7, "warm_up_s": 0.3, "duration_s": 1.0}


@pytest.mark.parametrize(
    ("given_values", "code", "params"),
    [
        ({"user": 1}, "parameter.unknown", {"field": "user", "module": "t-load"}),
        ({"users": 0}, "parameter.too_small", {"field": "users", "limit": 1.0, "unit": "1"}),
        ({"users": 101}, "parameter.too_large", {"field": "users", "limit": 100.0, "unit": "1"}),
        ({"users": "7"}, "parameter.wrong_type", {"field": "users", "type": "int", "unit": "1"}),
        ({"users": True}, "parameter.wrong_type", {"field": "users", "type": "int", "unit": "1"}),
        ({"users": 7.5}, "parameter.wrong_type", {"field": "users", "type": "int", "unit": "1"}),
        (
            {"duration_s": float("nan")},
            "parameter.wrong_type",
            {"field": "duration_s", "type": "float", "unit": "s"},
        ),
        ({"duration_s": 61}, "parameter.too_large", {"field": "duration_s", "limit": 60.0, "unit": "s"}),
        (
            {"profile": "spiky"},
            "parameter.not_a_choice",
            {"field": "profile", "choices": "steady, saturation", "unit": ""},
        ),
        (
            {"profile": "x" * 8001},
            "parameter.too_long",
            {"field": "profile", "limit": 8000, "unit": "character"},
        ),
    ],
)
def test_a_wrong_setting_names_field_limit_and_unit(given_values, code, params):
    error = refusal(validate_parameters, LOAD, given_values)

    assert (error.code, error.params) == (code, params)


def test_a_whole_number_serves_where_a_float_is_wanted():
    assert validate_parameters(LOAD, {"duration_s": 2})["duration_s"] == 2.0


@given(
    st.dictionaries(
        st.text(), st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
    )
)
def test_settings_of_any_kind_get_a_refusal_or_a_value(values):
    try:
        complete = validate_parameters(LOAD, values)
    except ModuleError as error:
        assert error.code.startswith("parameter.")  # noqa: PT017 - either end is right
    else:
        assert set(complete) == {"profile", "users", "warm_up_s", "duration_s"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('id = "MODULE"', "", "file.missing_field"),
        ('version = "1.0.0"', 'version = "one"', "file.bad_version"),
        ('name = "robot"', 'name = "jmeter"', "file.not_a_choice"),
        ("timeout_s = 60", "timeout_s = 0", "file.out_of_range"),
        ("timeout_s = 60", 'timeout_s = "60"', "file.wrong_type"),
        ("timeout_s = 60", "timeout_s = 60\ntimout_s = 60", "file.unknown_field"),
        ('from = "journal.log"', 'from = "output.xml"', "file.not_a_choice"),
        ('id = "FCr-1-G"', 'id = "FCp-1-G"', "file.twice"),
        ('method = "ISO', 'method = "\\u0000ISO', "file.control_character"),
        ('method = "', "method = ", "file.not_toml"),
    ],
)
def test_a_manifest_with_a_mistake_is_refused_with_its_place(old, new, code):
    assert old in ROBOT

    error = refusal(parse_manifest, ROBOT.replace(old, new, 1 if code != "file.twice" else -1).encode())

    assert error.code == code


def test_a_default_above_its_own_ceiling_is_refused():
    text = LOCUST.replace("default = 2\n", "default = 2000\n")

    assert refusal(parse_manifest, text.encode()).code == "parameter.too_large"


def test_a_number_without_a_ceiling_is_refused():
    text = LOCUST.replace("max = 100\n", "")

    assert refusal(parse_manifest, text.encode()).params["field"] == "max"


def test_only_measures_of_the_chosen_profile_are_yielded():
    assert [m.id for m in LOAD.measures_for({"profile": "saturation"})] == ["PCa-1-G"]


def test_the_digest_changes_with_any_byte_and_any_name(library):
    folder = write_module(library, "t-robot")
    before = catalogue.digest("t-robot")

    (folder / "suite.robot").write_text("other")
    changed = catalogue.digest("t-robot")
    (folder / "good.py").rename(folder / "good2.py")
    renamed = catalogue.digest_of(folder)

    assert len({before, changed, renamed}) == 3


def test_compiled_files_do_not_change_the_digest(library):
    folder = write_module(library, "t-robot")
    before = catalogue.digest("t-robot")

    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/x.pyc").write_bytes(b"x")

    assert catalogue.digest("t-robot") == before


def test_a_bundle_with_a_link_has_no_digest(library):
    folder = write_module(library, "t-robot")
    (folder / "more.py").symlink_to("/etc/passwd")

    assert refusal(catalogue.digest, "t-robot").code == "module.not_regular"


@pytest.mark.parametrize("module_id", ["t-other", "../modules", "a/b", "", "..", "t robot"])
def test_an_unknown_module_is_refused(library, module_id):
    write_module(library, "t-robot")

    assert refusal(catalogue.find, module_id).code == "module.unknown"


def test_another_version_is_not_taken_for_the_ordered_one(library):
    write_module(library, "t-robot")

    assert refusal(catalogue.find, "t-robot", "1.0.1").code == "module.other_version"


def test_a_manifest_that_names_a_file_outside_its_bundle_is_refused(library):
    write_module(library, "t-robot", replace=[('good = ["good.py"]', 'good = ["../../good.py"]')])
    (library / "good.py").write_text("")

    assert refusal(catalogue.find, "t-robot").code == "module.file_missing"


def test_faults_are_read_with_what_must_come_out(library):
    fault = """
[[fault]]
code = "slow"
title_ko = "느림"
title_en = "slow"
item = "good.py"
arguments = ["--delay-ms", "20"]
is_hidden = true
[[fault.run]]
repeats = 2
[fault.run.expect."FCp-1-G"]
unit = "1"
reason = "result.not_applicable"
"""
    write_module(library, "t-robot", files={"faults.toml": fault})

    (read,) = read_faults(catalogue.find("t-robot"))

    assert (read.code, read.arguments, read.is_hidden) == ("slow", ("--delay-ms", "20"), True)
    assert read.runs[0].expect["FCp-1-G"].value is None


def test_every_module_of_the_library_is_well_formed():
    assert {manifest.id for manifest in catalogue.all_modules()} >= {"func-http"}
