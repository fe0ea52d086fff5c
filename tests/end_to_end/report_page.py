"""Snakemake's report as a reader uses it: categories, their results, what each shows."""

from __future__ import annotations

import contextlib
from pathlib import Path

from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    NoSuchElementException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

#: Seconds a click may take to show its effect.
PATIENCE = 20

#: What an action meets while the page draws itself anew; it is tried again.
PASSING = (
    ElementClickInterceptedException, ElementNotInteractableException, IndexError,
    NoSuchElementException, StaleElementReferenceException,
)  # fmt: skip

#: Whether every picture on the page, and every page in a frame, holds something.
IS_SHOWN = """
const icon = 200;
const pictures = [...document.images].filter(i => !i.src.includes('filename=logo'));
const frames = [...document.querySelectorAll('iframe, embed, object')];
if (pictures.length + frames.length == 0) return false;
return pictures.every(i => i.complete && i.naturalWidth > icon && i.naturalHeight > icon)
    && frames.every(f => (f.src || f.data).startsWith('data:') && f.src.length > 1000);
"""

#: The cells of the row whose result is shown have this background.
CHOSEN = "td[class~='bg-slate-700']"

#: A result's caption, on the page about it.
CAPTION = (
    "//*[translate(normalize-space(text()),'description','DESCRIPTION')='DESCRIPTION']"
    "/following::*[1]"
)

#: Beginnings of the addresses of everything the page asked for.
RESOURCES = "return performance.getEntriesByType('resource').map(r => r.name.slice(0, 200))"


class ReportPage:
    """An open report; collects errors of the console and requests for anything outside."""

    def __init__(self, browser, path: Path) -> None:
        self.browser = browser
        self.address = path.as_uri()
        self.errors: list[str] = []
        self.outside: set[str] = set()
        self.labels: dict[str, list[str]] = {}
        self.open()

    def open(self) -> None:
        """The start page."""
        self.browser.get(self.address)
        self._until(lambda: self.categories())

    def categories(self) -> list[str]:
        """Names of the categories, in their order."""
        links = self.browser.find_elements(By.CSS_SELECTOR, "li a")
        return [text for link in links if (text := link.text.strip())[:1].isdigit()]

    def open_category(self, name: str) -> list[str]:
        """Labels of the results in a category."""
        self.open()
        self._reach(lambda: self._click_link(name), lambda: self._read_labels(name))
        return self.labels[name]

    def show(self, number: int) -> None:
        """Show the result of that number; fails unless its picture or page is loaded."""
        self._reach(
            lambda: self._click_icon(number, "eye"),
            lambda: self._is_chosen(number) and self.browser.execute_script(IS_SHOWN),
        )
        self._keep_errors()
        asked = self.browser.execute_script(RESOURCES)
        self.outside |= {name for name in asked if not name.startswith(("data", "blob"))}

    def caption(self, category: str, number: int) -> str:
        """The caption of a result, and back to its category."""
        text = self._reach(
            lambda: self._click_icon(number, "information-circle"),
            lambda: self.browser.find_element(By.XPATH, CAPTION).text,
        )
        labels = self.labels[category]
        self._reach(lambda: self._click_link(category), lambda: self._row_texts() == labels)
        return text

    def _rows(self) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, "tbody tr")

    def _row_texts(self) -> list[str]:
        return [row.text.strip() for row in self._rows()]

    def _read_labels(self, name: str) -> bool:
        self.labels[name] = self._row_texts()
        return bool(self.labels[name]) and all(self.labels[name])

    def _is_chosen(self, number: int) -> bool:
        return bool(self._rows()[number].find_elements(By.CSS_SELECTOR, CHOSEN))

    def _click_link(self, name: str) -> None:
        self.browser.find_element(By.XPATH, f"//a[normalize-space()='{name}']").click()

    def _click_icon(self, number: int, icon: str) -> None:
        self._rows()[number].find_element(By.CSS_SELECTOR, f"a[iconname='{icon}']").click()

    def _keep_errors(self) -> None:
        entries = self.browser.get_log("browser")
        self.errors += [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def _reach(self, click, reached):
        """What `reached` gives, true, after clicks.

        A click is judged by what the page shows, not by its own outcome: one that meets the page
        while it draws itself may do nothing and say nothing, or do its work and raise.
        """

        def attempt():
            with contextlib.suppress(*PASSING):
                if result := reached():
                    return result
            click()
            return reached()

        return self._until(attempt)

    def _until(self, condition):
        """What `condition` gives as soon as it is true."""
        wait = WebDriverWait(
            self.browser, PATIENCE, poll_frequency=0.05, ignored_exceptions=PASSING
        )
        return wait.until(lambda _: condition())
