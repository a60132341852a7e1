"""What the gates of a certificate cost: the whole pipeline over a warm WeasyPrint render of the same HTML.

Ours: lay out, render with limits, PDF/A check beside, authorize and seal at the signer process, the seal's rules,
self-verification as a stranger would do it, stored write-once and synced. Bare: WeasyPrint in this process, warm,
with the same fonts, HTML, embedded data and PDF/A options.

    .venv/bin/python bench/certificate.py [--pairs 11]
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lims.config.settings")

import django  # noqa: E402
import weasyprint  # noqa: E402
from weasyprint.logger import PROGRESS_LOGGER  # noqa: E402
from weasyprint.text.fonts import FontConfiguration  # noqa: E402

django.setup()

from bench.pairs import interleave, report  # noqa: E402
from certificates.canonical import canonical_json  # noqa: E402
from certificates.rendering import report_html  # noqa: E402
from certificates.verification import verify  # noqa: E402
from lims.documents import signer_client  # noqa: E402
from lims.documents.checking import begin_check  # noqa: E402
from lims.documents.fonts import FONTS, configuration  # noqa: E402
from lims.documents.rendering import render  # noqa: E402
from lims.documents.sealing import seal  # noqa: E402
from tests.certificates.snapshots import make_function, make_snapshot  # noqa: E402
from tests.documents.authority import CREATED, Authority, FakeRegister, Sealed  # noqa: E402

GOAL = 1.7
FUNCTIONS = 90  # six pages, as a usual report has


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=11)
    asked = parser.parse_args()
    functions = [make_function(n) for n in range(1, FUNCTIONS + 1)]
    snapshot = make_snapshot(functions=functions)
    with Authority() as authority, tempfile.TemporaryDirectory() as store:
        pipeline = Pipeline(authority, snapshot, Path(store), people=asked.pairs + 1)
        bare = bare_render(report_html(snapshot), canonical_json(snapshot), Path(store))
        pipeline.issue()
        bare()
        cpu = Meter()
        result = interleave(cpu.of("ours", pipeline.issue), cpu.of("bare", bare), asked.pairs)
        cpu.tell()
        return report("certificate", result, GOAL)


class Pipeline:
    """Issues the same report again and again, each time with a person whose code is still unspent."""

    def __init__(self, authority: Authority, snapshot: dict, store: Path, people: int) -> None:
        self.authority, self.snapshot, self.store = authority, snapshot, store
        self.people = [authority.enrol(f"person-{n}") for n in range(people)]
        self.credential = signer_client.credential(authority.socket, "DIP")

    def issue(self) -> None:
        snapshot, data = self.snapshot, canonical_json(self.snapshot)
        pdf = render(
            report_html(snapshot),
            data,
            number=snapshot["number"],
            title=snapshot["title"],
            language="ko",
            created=CREATED,
        )
        check = begin_check(pdf)
        try:
            sealed = self.sealed(pdf)
            finding = verify(
                sealed, FakeRegister(Sealed(snapshot["number"], pdf, sealed)), self.authority.trust
            )
        finally:
            found = check.findings()
        if found or not finding.is_genuine:
            raise SystemExit(f"not issued: {found} {finding}")
        self.keep(sealed)

    def sealed(self, pdf: bytes) -> bytes:
        token = self.authority.authorize(pdf, self.people.pop())
        return seal(
            pdf,
            socket=self.authority.socket,
            centre="DIP",
            token=token.secret,
            credential=self.credential,
            sealed_at=datetime.now(UTC),
        )

    def keep(self, sealed: bytes) -> None:
        path = self.store / hashlib.sha256(sealed).hexdigest()
        with path.open("xb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(0o400)


def bare_render(html: str, data: bytes, folder: Path) -> Callable[[], None]:
    """WeasyPrint alone, warm, in this process, without its log on the screen."""
    PROGRESS_LOGGER.setLevel(logging.CRITICAL)
    (folder / "fonts.conf").write_text(configuration(FONTS, folder))
    os.environ["FONTCONFIG_FILE"] = str(folder / "fonts.conf")
    fonts = FontConfiguration()

    def once() -> None:
        attached = weasyprint.Attachment(string=data, name="report.json", relationship="Data")
        source = weasyprint.HTML(string=html)
        made = source.write_pdf(
            font_config=fonts, pdf_variant="pdf/a-3b", pdf_tags=True, attachments=[attached]
        )
        assert len(made) > len(data), "the fonts are missing"

    return once


class Meter:
    """CPU of this process and everything below it, running or ended, side by side."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {"ours": [], "bare": []}

    def of(self, name: str, side: Callable[[], None]) -> Callable[[], None]:
        def measured() -> None:
            before = tree_cpu_s()
            side()
            self.seconds[name].append(tree_cpu_s() - before)

        return measured

    def tell(self) -> None:
        for name, seconds in self.seconds.items():
            print(f"{name}: median CPU with helpers and signer {statistics.median(seconds):.3f} s")
        ratios = [ours / bare for ours, bare in zip(*self.seconds.values(), strict=True)]
        print(f"CPU ratio: median {statistics.median(ratios):.3f} [{min(ratios):.3f} to {max(ratios):.3f}]")


def tree_cpu_s() -> float:
    """Own and waited-for time of this process and its living descendants, from /proc."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        found[int(path.parent.name)] = int(fields[1]), sum(int(ticks) for ticks in fields[11:15])
    ours = {os.getpid()}
    while more := {pid for pid, (parent, _) in found.items() if parent in ours} - ours:
        ours |= more
    return sum(found[pid][1] for pid in ours) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
