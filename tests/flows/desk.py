"""A person at a desk: a browser window of one's own, signed in, that fills in forms and presses buttons."""

from __future__ import annotations

import re
import time
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page


class Desk:
    """One person's window. Every step goes through a form or a link of the page that is shown."""

    def __init__(self, browser: Browser, site: str, login: str, password: str) -> None:
        self.site = site
        self.page: Page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        self.page.set_default_timeout(30_000)
        self.go("/accounts/login/")
        self.fill(login=login, password=password)
        self.page.locator("form:has([name=password]) [type=submit]").click()
        self.page.wait_for_url(re.compile(r"^(?!.*/accounts/login)"))

    def go(self, path: str) -> Page:
        answer = self.page.goto(path if path.startswith("http") else self.site + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        return self.page

    def fill(self, **values: str | bool | Path | list[Path]) -> None:
        """Fill in the fields of the page's form by their names."""
        for name, value in values.items():
            field = self.page.locator(f"[name='{name}']").first
            if isinstance(value, Path | list):
                field.set_input_files(value)
            elif isinstance(value, bool):
                field.set_checked(value)
            elif field.evaluate("field => field.tagName") == "SELECT":
                self._choose(field, value)
            elif field.get_attribute("type") == "radio":
                self.page.locator(f"[name='{name}'][value='{value}']").check()
            else:
                field.fill(value)

    def submit(self) -> Page:
        """Press the first submit button of the page's main form; the answer must not be a refusal."""
        self.page.locator("main form[method=post] button[type=submit]").first.click()
        return self.shown()

    def press(self, action: str) -> Page:
        """Press the button of the step whose form posts to an address that ends like this."""
        self.page.locator(f"main form[action$='{action}'] button[type=submit]").first.click()
        return self.shown()

    def follow(self, part: str) -> Page:
        """Follow the first link of the page whose address holds this."""
        self.page.locator(f"main a[href*='{part}']").first.click()
        return self.shown()

    def shown(self) -> Page:
        self.page.wait_for_load_state("networkidle")
        errors = self.page.locator(".invalid-feedback, .error-list, .notice-stop").all_inner_texts()
        assert not errors, f"{self.page.url}: {errors}"
        return self.page

    def wait_for(self, *texts: str, within_s: float) -> None:
        """Wait without reloading until the page shows one of these texts: the page must do it by itself."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            shown = self.page.locator("main").inner_text()
            if any(text in shown for text in texts):
                return
            self.page.wait_for_timeout(500)
        raise AssertionError(f"{self.page.url} never showed {texts}: {shown[:2000]}")

    def _choose(self, field: Locator, value: str) -> None:
        """By value, or by a part of the text people read."""
        options = field.locator("option")
        for number in range(options.count()):
            option = options.nth(number)
            if option.get_attribute("value") == value or value in (option.text_content() or ""):
                field.select_option(index=number)
                return
        raise AssertionError(f"no option {value}: {options.all_text_contents()}")
