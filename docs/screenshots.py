"""Pictures of a finished demo's report, and of the built site, for the site's own pages.

make demo && make site, then
python docs/screenshots.py results docs/images --site build/site

Needs Chromium with its driver (Debian: chromium-driver) and selenium (requirements/test.txt).
Each picture is reduced to a palette, so that it stays small.
"""

import argparse
import io
import os
import shutil
from pathlib import Path

from PIL import Image
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

#: Width and height of the window, and the seconds that a page may take to be ready.
WINDOW, PATIENCE = (1100, 800), 60
COLOURS = 64

#: Goes to the first page of Snakemake's report, a click each time that it is asked.
FIRST_PAGE = """
if (document.querySelector('iframe, embed, object')) return true;
const links = [...document.querySelectorAll('li a')];
const link = links.find(a => a.textContent.trim() === '1. Summary');
(document.querySelector("tbody tr a[iconname='eye']") || link)?.click();
return false;
"""

#: Picture -> (page of the results, script that is true once it is ready, script that runs then).
RESULTS = {
    "demo_report": ("report.html", FIRST_PAGE, ""),
    "demo_summary": ("summary.html", "return true", ""),
    "demo_tables": (
        "tables.html", "return !!document.querySelector('tbody tr')",
        "const field = document.querySelector('input'); field.value = 'alpha loops>3 motifs=NFYA';"
        "field.oninput(); document.querySelectorAll('th')[7].click()",
    ),
    "demo_browser": (
        "browser.demo.html", "return !!document.querySelector('#igv[data-ready]')",
        "document.querySelectorAll('.list tbody tr')[2].click()",
    ),
}  # fmt: skip
#: Picture -> page of the site.
SITE = {"site_own_data": "howto/own-data.html", "site_stopped": "howto/stopped.html"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="the demo's results")
    parser.add_argument("output", type=Path, help="folder of the pictures")
    parser.add_argument("--site", type=Path, help="the built site (left out: none of it)")
    args = parser.parse_args()
    browser = opened()
    try:
        for name, (page, ready, then) in RESULTS.items():
            take(browser, args.results / page, args.output / f"{name}.png", ready, then)
        for name, page in SITE.items() if args.site else ():
            take(browser, args.site / page, args.output / f"{name}.png")
    finally:
        browser.quit()


def opened() -> webdriver.Chrome:
    """Chromium without a window and without a network."""
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--hide-scrollbars", "--proxy-server=127.0.0.1:9",
                     f"--window-size={WINDOW[0]},{WINDOW[1]}"):  # fmt: skip
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


def take(browser, page: Path, output: Path, ready: str = "return true", then: str = "") -> None:
    """Write the window's picture of a page, when `ready` is true of it and `then` has run."""
    browser.get(page.resolve().as_uri())
    WebDriverWait(browser, PATIENCE).until(lambda one: one.execute_script(ready))
    browser.execute_script(then)
    browser.execute_async_script("setTimeout(arguments[0], 2000)")  # what `then` began is drawn
    picture = Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB")
    picture.quantize(COLOURS).save(output, optimize=True)
    print(f"{output}: {output.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
