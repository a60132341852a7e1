"""Which lists of dependencies are taken: names, exact versions and hashes, and nothing an installer would obey."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from test_modules import requirements
from test_modules.contract import ModuleError
from test_modules.requirements import check_requirements, locked_lines

HASH = "--hash=sha256:" + "a" * 64
DEMO = Path(__file__).parents[2] / "lims/home/demo_data/radicale/requirements.txt"


def refusal(data):
    with pytest.raises(ModuleError) as caught:
        check_requirements(data)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"six==1.17.0 {HASH}",
        f"six==1.17.0 \\\n    {HASH} \\\n    {HASH}\n    # via something\n",
        f"# 목록\r\nsix==1.17.0 \\\r\n    {HASH}\r\n",
        f"colorama==0.4.6 ; sys_platform == 'win32' and python_version >= \"3.8\" {HASH}",
        f"uvicorn[standard,http2]==0.30.1+local.1 {HASH}  # for the server",
    ],
)
def test_a_list_of_versions_and_hashes_is_taken(text):
    check_requirements(text.encode())


def test_the_demonstrations_list_is_taken():
    assert len(locked_lines(DEMO.read_bytes())) > 5


@pytest.mark.parametrize(
    "line",
    [
        "--no-binary six",
        "--no-binary=:all:",
        "-r /etc/passwd",
        "-c other.txt",
        "-e .",
        "--index-url http://127.0.0.1/simple",
        "--extra-index-url=http://127.0.0.1/simple",
        "--find-links /tmp",
        f"six @ file:///tmp/six {HASH}",
        f"six @ http://127.0.0.1/six.whl {HASH}",
        f"/tmp/six {HASH}",
        f"./six-1.0.tar.gz {HASH}",
        f"file:///tmp/six.whl {HASH}",
        f"git+https://127.0.0.1/six@1 {HASH}",
        f"six {HASH}",
        f"six>=1.0 {HASH}",
        f"six==1.* {HASH}",
        f"six==1.0,!=2.0 {HASH}",
        f"six===1.0 {HASH}",
        "six==1.0",
        "six==1.0 --hash=md5:" + "a" * 32,
        "six==1.0 --hash=sha256:" + "a" * 63,
        f"six==1.0 {HASH} --no-binary six",
        f"six==1.0 --config-settings=x=y {HASH}",
        f"six==1.0 ; python_version > '3' @ file:///tmp/x {HASH}",
        f"six==1.0 ; python_version > '${{HOME}}' {HASH}",
        f"six==${{VERSION}} {HASH}",
        f"six==1.0 {HASH} \\",
    ],
)
def test_any_other_line_is_named_and_refused(line):
    trouble = refusal(f"# head\nsix==1.17.0 {HASH}\n{line}".encode())

    assert trouble.code == "requirements.line_not_taken"
    assert trouble.params["line"] == 3
    assert str(trouble.params["text"]).startswith(line[:20].removesuffix("\\"))


@pytest.mark.parametrize("sign", ["\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\x00"])
def test_a_line_that_others_would_read_as_two_is_refused(sign):
    trouble = refusal(f"# harmless{sign}--no-binary six\n".encode())

    assert trouble.code == "requirements.line_not_taken"
    assert str(trouble.params["text"]).isprintable()


def test_a_continued_option_does_not_slip_through():
    assert refusal(f"six==1.17.0 {HASH} \\\n--no-binary six".encode()).params["line"] == 1
    assert refusal(b"# comment \\\n--no-binary six").params["line"] == 2


def test_what_the_installer_reads_has_neither_comments_nor_continuations():
    text = f"# a\nsix==1.17.0 \\\n  {HASH} \\\n\t{HASH} # b\n\nidna==3.10 {HASH}"

    assert locked_lines(text.encode()) == (f"six==1.17.0 {HASH} {HASH}", f"idna==3.10 {HASH}")


def test_size_and_lines_are_limited(monkeypatch):
    monkeypatch.setattr(requirements, "MOST_BYTES", 100)
    monkeypatch.setattr(requirements, "MOST_LINES", 10)

    assert refusal(b"#" * 101).params == {"size": 101, "limit": 100, "unit": "byte"}
    assert refusal(b"\n" * 10).params == {"size": 11, "limit": 10, "unit": "line"}


def test_what_is_no_text_is_refused():
    assert refusal(b"\xff\xfe").code == "requirements.not_text"


@given(st.binary(max_size=300))
def test_whatever_is_taken_holds_nothing_but_pinned_lines(data):
    try:
        lines = locked_lines(data)
    except ModuleError:
        return
    assert all("==" in line and "--hash=sha256:" in line for line in lines)
