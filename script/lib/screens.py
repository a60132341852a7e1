"""Take a picture of each main page of a running site, as a person who may see it (`script/screens`)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
PUBLIC = {"sign-in": "/accounts/login/", "verify": "/verify/"}
LISTS = {
    "work-list": "/",
    "requests": "/requests/",
    "modules": "/modules/",
    "centres": "/centres/",
    "customers": "/customers/",
    "training": "/training/",
    "consulting": "/consulting/",
}
# From the newest request on, each page names the next: what its link's address begins with.
DETAILS = ("requests", "contracts", "items", "plans", "runs", "reports", "certificates")


def main(folder: Path, person: str) -> None:
    home = Path(os.environ["SIHEOM_HOME"])
    port = json.loads((home / "processes.json").read_text())["port"]
    password = json.loads((home / "demo" / "people.json").read_text())["password"]
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        site = f"http://localhost:{port}"
        page = browser.new_page(base_url=site, viewport={"width": 1280, "height": 900}, locale="ko-KR")
        for name, address in PUBLIC.items():
            take(page, folder, name, address)
        sign_in(page, person, password)
        for name, address in LISTS.items():
            take(page, folder, name, address)
        for name, address in found_on_the_way(page):
            take(page, folder, name, address)
        browser.close()


def sign_in(page: Page, person: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", person)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/")


def take(page: Page, folder: Path, name: str, address: str) -> None:
    answer = page.goto(address)
    status = answer.status if answer else 0
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    print(f"{status} {name:18} {address}")


def found_on_the_way(page: Page) -> Iterator[tuple[str, str]]:
    address = "/requests/"
    known: set[str] = set()
    for kind in DETAILS:
        page.goto(address)
        links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
        known |= {link for link in links if link.startswith("/")}
        details = sorted(link for link in known if link.startswith(f"/{kind}/") and link.count("-") >= 4)
        if details:
            address = details[0]
            yield f"{kind}-one", address


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
