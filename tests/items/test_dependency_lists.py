"""A list of dependencies that would run code where it is installed is refused at the desk."""

import io

import pytest

from lims.errors import BadInput
from lims.items import guards

HASH = "--hash=sha256:" + "a" * 64


def check(text: str) -> None:
    guards.check_dependencies("requirements.txt", io.BytesIO(text.encode()))


def test_pinned_and_hashed_packages_are_taken():
    check(f"six==1.16.0 \\\n    {HASH}\n# a comment\nidna==3.4 {HASH}\n")


@pytest.mark.parametrize(
    "line",
    [
        "--no-binary evil",
        "-r /etc/passwd",
        "--index-url http://127.0.0.1/",
        f"evil @ file:///tmp/evil.tar.gz {HASH}",
        "six",
    ],
)
def test_line_that_an_installer_would_obey_is_refused_by_its_number(line):
    with pytest.raises(BadInput) as refusal:
        check(f"six==1.16.0 {HASH}\n{line}\n")

    assert refusal.value.reason.code == "requirements.line_not_taken"
    assert refusal.value.reason.params["line"] == 2
    assert refusal.value.status == 422
