"""Snakemake's report as a reader uses it: categories, their results, what each shows."""

from __future__ import annotations

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
        self._click(f"//li//a[normalize-space()='{name}']")
        self._until(self._rows)
        self._until(lambda: self._read_labels(name))
        return self.labels[name]

    def show(self, number: int) -> None:
        """Show the result of that number; fails unless its picture or page is loaded."""
        self._click_icon(number, "eye")
        self._until(lambda: self.browser.execute_script(IS_SHOWN))
        self._keep_errors()
        asked = self.browser.execute_script(RESOURCES)
        self.outside |= {name for name in asked if not name.startswith(("data", "blob"))}

    def caption(self, category: str, number: int) -> str:
        """The caption of a result, and back to its category."""
        self._click_icon(number, "information-circle")
        heading = (
            "//*[translate(normalize-space(text()),'description','DESCRIPTION')='DESCRIPTION']"
        )
        below = f"{heading}/following::*[1]"
        text = self._until(lambda: self.browser.find_element(By.XPATH, below).text)
        self._click(f"//a[normalize-space()='{category}']")
        self._until(self._rows)
        return text

    def _rows(self) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, "tbody tr")

    def _read_labels(self, name: str) -> bool:
        self.labels[name] = [row.text.strip() for row in self._rows()]
        return all(self.labels[name])

    def _click(self, path: str) -> None:
        self._until(lambda: self.browser.find_element(By.XPATH, path).click() is None)

    def _click_icon(self, number: int, icon: str) -> None:
        selector = f"a[iconname='{icon}']"
        self._until(
            lambda: self._rows()[number].find_element(By.CSS_SELECTOR, selector).click() is None
        )

    def _keep_errors(self) -> None:
        entries = self.browser.get_log("browser")
        self.errors += [entry["message"] for entry in entries if entry["level"] == "SEVERE"]

    def _until(self, condition):
        """What `condition` gives as soon as it is true."""
        wait = WebDriverWait(
            self.browser, PATIENCE, poll_frequency=0.05, ignored_exceptions=PASSING
        )
        return wait.until(lambda _: condition())
