import io
import os
import shutil
import subprocess
import sys
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pikepdf
import pytest

from lims.documents import checking, fonts, rendering
from lims.documents.rendering import RenderRefused, render
from tests.documents.authority import CREATED, make_unsigned, short_html

pytestmark = pytest.mark.process

SECRET = "the content of a file that no report may show"


def text_of(pdf: bytes, *options: str) -> str:
    return subprocess.run(
        ["pdftotext", *options, "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()


def render_body(body: str, **changes):
    asked = {"number": "N-1", "title": "시험", "language": "ko", "created": CREATED} | changes
    return render(short_html("N-1", body), b"{}", **asked)


def test_document_is_pdfa_3b_by_an_independent_checker():
    assert checking.check(make_unsigned()) == []


def test_checker_refuses_a_document_that_is_not_pdfa():
    damaged = make_unsigned().replace(b"/GTS_PDFA1", b"/GTS_PDFX1")

    assert checking.check(damaged) != []


def test_checker_refuses_what_is_no_document_at_all():
    assert checking.check(b"no document") != []


def test_check_runs_beside_other_work_and_gives_its_verdict_when_asked():
    check = checking.begin_check(make_unsigned())

    other = make_unsigned("DIP-2026-K-0002")

    assert check.findings() == []
    assert checking.check(other) == []


def test_number_stands_on_every_page_and_korean_text_can_be_read():
    pdf = make_unsigned("DIP-2026-K-0007")

    pages = text_of(pdf).split("\f")[:-1]

    assert len(pages) == 2
    assert all("DIP-2026-K-0007" in page for page in pages)
    assert "시험성적서" in pages[0]
    assert "2/2" in pages[1].replace(" ", "")


def test_document_names_its_number_and_carries_its_data(tmp_path):
    (tmp_path / "a.pdf").write_bytes(make_unsigned("DIP-2026-K-0007"))

    listed = subprocess.run(["pdfdetach", "-list", "a.pdf"], cwd=tmp_path, capture_output=True, check=True)
    told = subprocess.run(["pdfinfo", "a.pdf"], cwd=tmp_path, capture_output=True, check=True).stdout.decode()

    assert b"report.json" in listed.stdout
    assert "DIP-2026-K-0007" in told
    assert "Tagged:          yes" in told
    assert b"/AFRelationship /Data" in (tmp_path / "a.pdf").read_bytes()


@pytest.mark.parametrize(
    "place", [{"TZ": "America/New_York", "LC_ALL": "C"}, {"TZ": "Asia/Seoul", "LANG": "ko_KR"}]
)
def test_same_order_gives_the_same_bytes_in_another_process_zone_and_locale(place):
    here = make_unsigned()
    code = "import sys; from tests.documents.authority import make_unsigned; sys.stdout.buffer.write(make_unsigned())"

    there = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env=os.environ | place, capture_output=True, check=True
    ).stdout

    assert there == here


def test_character_without_a_glyph_is_refused_and_named():
    with pytest.raises(RenderRefused) as refusal:
        render_body("제품 \U0001f600 및 &#x1F601;")

    assert refusal.value.code == "render.no_glyph"
    assert refusal.value.params["count"] == 2
    assert "U+1F600" in str(refusal.value.params["characters"])


def test_decomposed_hangul_is_no_missing_glyph():
    assert fonts.missing_glyphs("\u1112\u1161\u11ab") == []
    assert fonts.missing_glyphs("한글 A ± ≥ ※ \n\u200b") == []


def test_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="aware"):
        render_body("", created=datetime(2026, 11, 6))


@pytest.fixture
def secret_file(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text(SECRET)
    (tmp_path / "secret.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>{SECRET}</text></svg>'
    )
    (tmp_path / "secret.css").write_text(f'p::before {{ content: "{SECRET}" }}')
    return path


@pytest.fixture
def listener():
    """A web server that remembers whether anybody came."""
    asked = []

    class Remember(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SECRET.encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Remember)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


PROBES = [
    '<img src="{}">',
    '<link rel="stylesheet" href="{}">',
    '<link rel="attachment" href="{}">',
    '<a rel="attachment" href="{}">x</a>',
    '<object data="{}"></object>',
    '<embed src="{}">',
    '<p style="background: url({})">x</p>',
    '<p style="border-image: url({}) 1">x</p>',
    "<style>@import url({});</style>",
    "<style>@font-face {{ font-family: Stolen; src: url({}) }} p {{ font-family: Stolen }}</style>",
    "<style>p::before {{ content: url({}) }}</style>",
    "<style>@page {{ background: url({}) }}</style>",
    "<style>li {{ list-style-image: url({}) }}</style><ul><li>x</ul>",
    "<style>@color-profile x {{ src: url({}) }}</style>",
    "<svg width='9' height='9' xmlns:xlink='http://www.w3.org/1999/xlink'>"
    "<image xlink:href='{}' width='9' height='9'/></svg>",
    "<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>"
    "<image href='{}' width='9' height='9'/></svg>\">",
]


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("name", ["secret.txt", "secret.svg", "secret.css"])
def test_no_file_of_the_machine_enters_a_document(probe, name, secret_file):
    made = rendered_or_refused(probe.format(secret_file.with_name(name).as_uri()))

    assert made == "render.address" or SECRET not in text_of(made)
    assert made == "render.address" or SECRET.encode() not in uncompressed(made)


@pytest.mark.parametrize("probe", PROBES)
def test_no_address_is_asked_for(probe, listener):
    address, asked = listener

    rendered_or_refused(probe.format(address + "/x.svg"))

    assert asked == []


def test_reference_in_a_style_is_refused_and_not_only_ignored():
    assert rendered_or_refused('<p style="background: url(file:///etc/hostname)">x</p>') == "render.address"


def rendered_or_refused(body: str) -> bytes | str:
    """The document, or the code of the refusal."""
    try:
        return render_body(body)
    except RenderRefused as refusal:
        return refusal.code


def uncompressed(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.all)
    return out.getvalue()


def test_document_that_takes_too_long_is_given_up_and_the_next_one_works():
    helper = rendering.Helper(
        "lims.documents.typesetting:typeset", str(fonts.FONTS), limits=rendering.Limits(4, 2 << 30)
    )
    order = rendering.RenderOrder(short_html("N", "<p>가" * 60000), b"{}", "N", "t", "ko", CREATED)

    with pytest.raises(rendering.HelperBroken, match="out_of_time"):
        helper.ask(rendering.question_of(order))
    small = rendering.RenderOrder("<p>가", b"{}", "N", "t", "ko", CREATED)
    made = helper.ask(rendering.question_of(small))
    helper.close()

    assert made.startswith(b"%PDF-1.7")


def test_document_that_needs_too_much_memory_is_given_up():
    helper = rendering.Helper(
        "lims.documents.typesetting:typeset", str(fonts.FONTS), limits=rendering.Limits(60, 400 << 20)
    )
    grid = '<div style="display: grid; grid-template-columns: repeat(4000000, 1px)">x</div>'
    order = rendering.RenderOrder(grid, b"{}", "N", "t", "ko", CREATED)

    with pytest.raises(rendering.HelperBroken, match=r"out_of_memory|died"):
        helper.ask(rendering.question_of(order))
    helper.close()


def test_warm_process_that_was_killed_is_replaced():
    make_unsigned()
    rendering.typesetter()._process.kill()

    assert make_unsigned().startswith(b"%PDF-")


def test_fonts_that_are_replaced_under_a_warm_process_change_nothing(tmp_path):
    for name in fonts.FILES:
        shutil.copy(fonts.FONTS / name, tmp_path / name)
    asked = {"number": "N", "title": "t", "language": "ko", "created": CREATED, "fonts": tmp_path}
    before = render(short_html("N", "<b>굵게</b>"), b"{}", **asked)

    for name in fonts.FILES:
        (tmp_path / name).unlink()

    assert render(short_html("N", "<b>굵게</b>"), b"{}", **asked) == before


def test_machine_without_our_fonts_is_told_what_is_missing(tmp_path):
    with pytest.raises(RenderRefused) as refusal:
        render("<p>x", b"{}", number="N", title="t", language="ko", created=CREATED, fonts=tmp_path / "none")

    assert refusal.value.code == "render.parts_missing"
    assert fonts.missing_parts() == []
    assert str(tmp_path / fonts.FILES[0]) in fonts.missing_parts(tmp_path)
