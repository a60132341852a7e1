"""Every step the demonstration takes, taken on screen by the people whose steps they are, from an empty database."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from lims.home.demo import product
from lims.home.demo.cast import CENTRES, CUSTOMERS, EDITION, MEASURES, MODULES, STAFF
from lims.intake.models import ContractReview
from lims.reports.models import TestReport
from tests.flows.desk import Desk
from tests.flows.installation import PASSWORD, Installation

pytestmark = [pytest.mark.flow, pytest.mark.browser, pytest.mark.engine]

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]
SINCE = "2026-01-01"
UID_OF_AUTHORIZER = (
    "from lims.organization.models import User; print(User.objects.get(username='authorizer').uid)"
)
CENTRE = CENTRES[0]
LOAD = {
    "requests": "PROPFIND /owner/ 3 207 multistatus|OPTIONS /owner/ 1 200",
    "account": "owner",
    "warm_up_s": "0.5",
    "duration_s": "1",
}


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    home = Installation(tmp_path_factory.mktemp("home"))
    home.start()
    yield home
    home.stop()


@pytest.fixture(scope="module")
def desk_of(installation):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        desks: dict[str, Desk] = {}

        def desk(login: str) -> Desk:
            if login not in desks:
                desks[login] = Desk(browser, installation.site, login, PASSWORD)
            return desks[login]

        yield desk
        browser.close()


def test_every_step_of_the_main_job_can_be_taken_on_screen(installation, desk_of, tmp_path):
    open_the_centre(desk_of("admin"))
    register_the_customer(desk_of)
    adopt_the_modules(desk_of("technical"))
    request = agree_on_the_request(desk_of)
    receive_the_item(desk_of("reception"), request)
    plan = plan_the_test(desk_of, request)
    measure(desk_of("tester1"), plan)
    report = review_the_report(desk_of, plan)
    certificate = issue(installation, desk_of("authorizer"), report)

    pdf = download(desk_of("authorizer"), certificate, tmp_path)

    assert installation.run("manage.py", "verify_certificate", str(pdf))
    assert (
        "시험성적서"
        in subprocess.run(["pdftotext", pdf, "-"], capture_output=True, text=True, check=True).stdout
    )
    say_so_in_public(installation, desk_of("customer1"), pdf, tmp_path)
    assert installation.run("manage.py", "verify_records")  # exits 0 only when every chain holds


def open_the_centre(admin: Desk) -> None:
    admin.go("/centres/new")
    facts = {"name_ko": CENTRE.name_ko, "name_en": CENTRE.name_en, "address": CENTRE.address}
    admin.fill(code=CENTRE.code, accreditation_no=CENTRE.accreditation_no, **facts)
    admin.submit()
    centre = admin.page.url
    for login, name in [
        *((part.login, part.name) for part in STAFF),
        (CUSTOMERS[0].login, CUSTOMERS[0].person),
    ]:
        admin.go("/people/new")
        admin.fill(username=login, name=name, password=PASSWORD)
        admin.submit()
    admin.go(f"{centre}accreditation/new")
    admin.fill(state="valid", valid_from=SINCE)
    admin.submit()
    for measure_id in MEASURES:
        admin.go(f"{centre}scope/new")
        admin.fill(standard=EDITION, test_item=measure_id, place="fixed", valid_from=SINCE)
        admin.submit()
    for part in STAFF:
        for role in part.roles:
            admin.go(f"{centre}appointments/new")
            admin.fill(person=part.login, role=role, valid_from=SINCE)
            admin.submit()


def register_the_customer(desk_of) -> None:
    quality = desk_of("quality")
    quality.go("/centres/")
    centre = quality.follow("/centres/").url
    for part in STAFF:
        for step in part.steps:
            for module_id in MODULES:
                quality.go(f"{centre}authorizations/new")
                quality.fill(
                    person=part.name, module_id=module_id, step=step, basis="자격부여", valid_from=SINCE
                )
                quality.submit()
    reception, company = desk_of("reception"), CUSTOMERS[0]
    reception.go("/customers/new")
    reception.fill(name=company.name, address=company.address, contact=company.contact, is_fictitious=True)
    reception.submit()
    reception.go(f"{reception.page.url}people/new")
    reception.fill(person=company.login)
    reception.submit()


def adopt_the_modules(technical: Desk) -> None:
    for module_id in MODULES:
        technical.go("/modules/")
        technical.press(f"/modules/{module_id}/prove")
        technical.page.locator("form[action$='/adopt'] button").first.wait_for(timeout=600_000)
        technical.press("/adopt")


def agree_on_the_request(desk_of) -> str:
    customer, technical = desk_of("customer1"), desk_of("technical")
    customer.go("/customers/")
    customer.follow("/customers/")
    customer.follow("/products/new")
    customer.fill(name=product.NAME, developer=product.DEVELOPER)
    customer.submit()
    request = submit_the_request(customer)
    technical.go(f"{request}review")
    for question in ContractReview.QUESTIONS:
        technical.fill(**{question: "yes"})
    technical.submit()
    technical.go(f"{request}contract")
    technical.fill(decision_rule="simple", place="fixed")
    technical.submit()
    customer.go(request)
    customer.follow("/contracts/")
    customer.press("/agree")
    return request


def submit_the_request(customer: Desk) -> str:
    customer.go("/requests/new")
    customer.fill(
        centre=CENTRE.name_ko,
        product=product.NAME,
        product_version=product.VERSION,
        purpose="조달",
        wants_accredited=True,
    )
    criteria = (("FCp-1-G", ">=", "0.95"), ("FCr-1-G", ">=", "0.9"), ("PTb-1-G", "<=", "1000"))
    for number, (measure_id, comparator, limit) in enumerate(criteria):
        row = {"measure": f"{EDITION}|{measure_id}", "comparator": comparator, "limit": limit}
        customer.fill(**{f"wanted-{number}-{name}": value for name, value in row.items()})
    for number, measure_id in enumerate(MEASURES[3:], start=3):
        customer.fill(**{f"wanted-{number}-measure": f"{EDITION}|{measure_id}"})
    customer.submit()
    return customer.page.url


def receive_the_item(reception: Desk, request: str) -> None:
    wheel = Path(product.fetch())
    reception.go(f"{request}items/new")
    reception.fill(
        version=product.VERSION,
        product_files=[wheel],
        dependency_files=[product.FOLDER / "requirements.txt"],
        condition="이상 없음",
    )
    reception.submit()
    assert "7bf5f81e" in reception.page.content()  # the wheel's SHA-256, shown on receipt


def plan_the_test(desk_of, request: str) -> str:
    tester, technical = desk_of("tester1"), desk_of("technical")
    tester.go("/function-lists/new")
    tester.fill(product=product.NAME, centre=CENTRE.name_ko, file=product.FOLDER / "function_list.toml")
    tester.submit()
    tester.go("/plans/new")
    tester.fill(
        item="-S-0001",
        function_list=product.NAME,
        deployment=product.FOLDER / "deployment.toml",
        environment="시험 장비 한 대, 루프백",
    )
    tester.submit()
    plan = tester.page.url
    lines = (("func-http", {}), ("load-http", {"profile": "steady", "users": "2", **LOAD}))
    for module_id, parameters in (*lines, ("load-http", {"profile": "saturation", "users": "8", **LOAD})):
        tester.go(f"{plan}lines/new?module={module_id}")
        tester.fill(**parameters)
        tester.submit()
    technical.go(plan)
    for number in range(3):
        form = technical.page.locator("form[action$='/assign']").nth(number)
        form.locator("select[name=tester]").select_option(label="시험원 1")
        form.locator("button").click()
        technical.shown()
    technical.press("/approve")
    return plan


def measure(tester: Desk, plan: str) -> None:
    tester.go(plan)
    links = tester.page.locator("main a[href^='/plan-lines/']")
    lines = list(dict.fromkeys(links.nth(number).get_attribute("href") for number in range(links.count())))
    for line in lines:
        tester.go(line)
        tester.press("/start")
        wait_until_ended(tester)
        run_again_what_has_no_result(tester, line)
        tester.go(f"{plan}results")
        tester.press(f"{line}derive")
    tester.press("/judge")


def wait_until_ended(tester: Desk) -> None:
    """The page asks for news by itself and stops asking when every run has ended."""
    tester.page.locator("#line:not([hx-get])").wait_for(timeout=600_000)


def run_again_what_has_no_result(tester: Desk, line: str) -> None:
    """A busy machine makes a load run invalid: it stays on record, and its tester runs the repeat again."""
    for _round in range(3):
        links = tester.page.locator("#line a[href^='/runs/']")
        again = 0
        for address in [links.nth(number).get_attribute("href") for number in range(links.count())]:
            tester.go(address)
            if tester.page.locator("form[action$='/rerun']").count():
                tester.page.locator("form[action$='/rerun'] [name=why]").fill("부하 발생기가 바빴음")
                tester.press("/rerun")
                again += 1
        tester.go(line)
        if not again:
            return
        wait_until_ended(tester)


def review_the_report(desk_of, plan: str) -> str:
    tester, technical = desk_of("tester1"), desk_of("technical")
    tester.go(f"{plan}reports/")
    tester.submit()
    report = tester.page.url
    technical.go(report)
    for question in TestReport.QUESTIONS:
        technical.fill(**{question: True})
    technical.press("/review")
    return report


def issue(installation: Installation, authorizer: Desk, report: str) -> str:
    uid = installation.run("manage.py", "shell", "-c", UID_OF_AUTHORIZER).split()[-1]
    secret = installation.enrol(uid, CENTRE.code)
    authorizer.go(report)
    authorizer.follow("/certificate")
    authorizer.press("/prepare")
    authorizer.page.locator("input[name=code]").wait_for(timeout=180_000)
    authorizer.fill(code=installation.code_now(secret))
    authorizer.press("/authorize")
    authorizer.page.locator("a[href$='/document.pdf']").first.wait_for(timeout=180_000)
    return authorizer.page.url


def download(authorizer: Desk, certificate: str, folder: Path) -> Path:
    with authorizer.page.expect_download() as waiting:
        authorizer.page.locator("a[href$='/document.pdf']").first.click()
    path = folder / "certificate.pdf"
    waiting.value.save_as(path)
    return path


def say_so_in_public(installation: Installation, visitor: Desk, pdf: Path, folder: Path) -> None:
    """The page is public: a window in which nobody is signed in sees genuine and altered told apart."""
    page = visitor.page.context.browser.new_context().new_page()
    altered = folder / "altered.pdf"
    content = bytearray(pdf.read_bytes())
    content[len(content) // 3] ^= 1
    altered.write_bytes(content)
    for file, state in ((pdf, "진본"), (altered, "변조")):
        page.goto(f"{installation.site}/verify/")
        page.locator("input[type=file]").set_input_files(file)
        page.locator("form:has(input[type=file]) button[type=submit]").click()
        page.wait_for_load_state("networkidle")
        assert re.search(state, page.locator("main").inner_text()), (file, page.locator("main").inner_text())
