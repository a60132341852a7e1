"""Receiving an item: who, when, and what is not taken."""

from __future__ import annotations

import hashlib
import io
import re
import stat
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from lims.errors import BadInput, Blocked
from lims.intake.models import TestRequest
from lims.items import guards, services
from lims.items.models import ItemFile, TestItem
from lims.records import store
from tests.intake.test_intake_guards import submit
from tests.laboratory import agree, receive
from tests.screens import ask, assert_asks_for_login, assert_hidden, client_of, text_of_page


@pytest.fixture
def request_row(lab) -> TestRequest:
    return agree(lab).request


def archive(*members: str, link: bool = False) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in members:
            info = zipfile.ZipInfo(name)
            if link:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            zipped.writestr(info, "/etc/passwd")
    return packed.getvalue()


def bomb() -> bytes:
    """Few bytes that would unpack to more than the limit: the directory says so."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("zeros", b"0" * 1000)
        zipped.infolist()[0].file_size = guards.MOST_UNPACKED_BYTES + 1
    return packed.getvalue()


def send(lab, request_row, *files, kind="product_files", **changed):
    sent = {"version": "1.0", "condition": "이상 없음", kind: list(files), **changed}
    return client_of(lab.reception).post(reverse("items:receive", args=[request_row.uid]), sent)


def test_reception_receives_files_of_both_kinds(lab, request_row):
    product = SimpleUploadedFile("product.py", b"print()\n")
    listed = SimpleUploadedFile("requirements.txt", b"flask==3.0 --hash=sha256:" + b"a" * 64 + b"\n")

    answer = send(lab, request_row, product, dependency_files=[listed])

    item = TestItem.objects.get()
    files = {row.name: row for row in item.files.all()}
    assert answer.headers["Location"] == f"/items/{item.uid}/"
    assert files["product.py"].sha256 == hashlib.sha256(b"print()\n").hexdigest()
    assert files["requirements.txt"].kind == ItemFile.Kind.DEPENDENCIES
    assert store.read(files["product.py"].sha256) == b"print()\n"


def test_receipt_shows_the_hash_of_every_file(lab, request_row):
    item = receive(lab, request_row.contracts.get())

    page = ask(lab.customer, "GET", "items:detail", item.uid).content.decode()

    assert item.files.get().sha256 in page
    assert item.digest in page


def test_received_file_comes_back_as_it_was_and_is_never_shown(lab, request_row):
    item = receive(lab, request_row.contracts.get())

    answer = ask(lab.reception, "GET", "items:file", item.files.get().uid)

    assert answer.content == store.read(item.files.get().sha256)
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_foreign_items_are_not_there(lab, request_row):
    item = receive(lab, request_row.contracts.get())

    for person in (lab.stranger, lab.other_customer):
        assert_hidden(person, "GET", "items:detail", item.uid)
        assert_hidden(person, "GET", "items:file", item.files.get().uid)
        for method in ("GET", "POST"):
            assert_hidden(person, method, "items:receive", request_row.uid)
    assert_hidden(lab.customer, "POST", "items:receive", request_row.uid)


def test_nobody_receives_without_signing_in(lab, request_row):
    assert_asks_for_login("POST", "items:receive", request_row.uid)


def test_only_reception_receives(lab, request_row):
    with pytest.raises(Blocked) as refusal:
        services.receive_item(request=request_row, version="1", condition="", uploads=[], by=lab.tester)

    assert refusal.value.codes == {"person.without_role"}


def test_nothing_is_received_before_the_contract_is_agreed(lab):
    answer = send(lab, submit(lab), SimpleUploadedFile("product.py", b"x"))

    assert answer.status_code == 409
    assert "7.1.1" in text_of_page(answer)
    assert not TestItem.objects.exists()


@pytest.mark.parametrize(
    "case",
    [
        ("product.py", b"", 422, "upload.empty"),
        ("product.php", b"x", 415, "upload.kind_not_taken"),
        ("product", b"x", 415, "upload.kind_not_taken"),
        ("../product.py", b"x", 422, "upload.bad_name"),
        ("a/product.py", b"x", 422, "upload.bad_name"),
        ("a\\product.py", b"x", 422, "upload.bad_name"),
        (".product.py", b"x", 422, "upload.bad_name"),
        ("product\n.py", b"x", 422, "upload.bad_name"),
        ("product\u202eyp.exe", b"x", 422, "upload.bad_name"),
        ("p" * 300 + ".py", b"x", 422, "upload.bad_name"),
        ("product.whl", b"no archive", 422, "upload.not_an_archive"),
        ("product.whl", archive("../outside.py"), 422, "upload.member_outside"),
        ("product.zip", archive("/etc/passwd"), 422, "upload.member_outside"),
        ("product.zip", archive("a\\..\\..\\b"), 422, "upload.member_outside"),
        ("product.zip", archive("C:/windows"), 422, "upload.member_outside"),
        ("product.whl", archive("link", link=True), 422, "upload.member_link"),
        ("product.whl", bomb(), 413, "upload.unpacks_too_large"),
    ],
)
def test_hostile_upload_is_refused_by_the_service(lab, request_row, case):
    name, content, status, code = case
    upload = services.Upload(name, len(content), io.BytesIO(content))

    with pytest.raises(BadInput) as refusal:
        services.receive_item(
            request=request_row, version="1", condition="이상 없음", uploads=[upload], by=lab.reception
        )

    assert (refusal.value.status, refusal.value.reason.code) == (status, code)
    assert not TestItem.objects.exists()


def test_two_files_of_one_name_and_no_product_are_refused(lab, request_row):
    def upload(kind: str) -> services.Upload:
        return services.Upload("a.txt", 1, io.BytesIO(b"x"), kind)

    for uploads, code in (
        ([upload("product"), upload("product")], "upload.same_name_twice"),
        ([upload("dependencies")], "upload.nothing"),
        ([upload("product")] * (guards.MOST_FILES + 1), "upload.too_many_files"),
    ):
        with pytest.raises(BadInput) as refusal:
            services.receive_item(
                request=request_row, version="1", condition="", uploads=uploads, by=lab.reception
            )
        assert refusal.value.reason.code == code


def test_archive_with_too_many_members_is_refused(monkeypatch):
    monkeypatch.setattr(guards, "MOST_MEMBERS", 2)

    content = archive("a", "b", "c")

    with pytest.raises(BadInput) as refusal:
        guards.check_upload("product.zip", len(content), io.BytesIO(content))

    assert refusal.value.reason.params["limit"] == 2


@pytest.mark.parametrize(
    "case",
    [
        ("product.php", b"x", 415, ".whl"),
        ("product.py", b"", 422, "product.py"),
        ("product.whl", archive("../outside.py"), 422, "../outside.py"),
        ("product.whl", bomb(), 413, "2048"),
    ],
)
def test_page_says_what_is_wrong_with_the_file(lab, request_row, case):
    name, content, status, said = case

    answer = send(lab, request_row, SimpleUploadedFile(name, content))

    assert answer.status_code == status
    assert said in text_of_page(answer)
    assert not TestItem.objects.exists()


def test_file_over_the_limit_is_413_with_the_limit(lab, request_row, settings):
    settings.ITEM_MAX_BYTES = 1 << 20

    in_form = send(lab, request_row, SimpleUploadedFile("product.py", b"x" * ((1 << 20) + 1)))
    whole = send(lab, request_row, SimpleUploadedFile("product.py", b"x" * (3 << 20)))

    for answer in (in_form, whole):
        assert answer.status_code == 413
        assert re.search(r"[12] MB", text_of_page(answer))
    assert not TestItem.objects.exists()


def test_too_many_files_are_413_with_the_limit(lab, request_row, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 5
    client = client_of(lab.reception)
    client.raise_request_exception = False
    sent = {"version": "1", "condition": "x"}
    sent["product_files"] = [SimpleUploadedFile(f"f{n}.py", b"x") for n in range(6)]

    answer = client.post(reverse("items:receive", args=[request_row.uid]), sent)

    assert answer.status_code == 413
    assert "5" in text_of_page(answer)


def test_form_without_a_file_says_so(lab, request_row):
    answer = send(lab, request_row)

    assert answer.status_code == 422
    assert not TestItem.objects.exists()
