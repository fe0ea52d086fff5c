"""A browser to open the report of the demo with."""

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def browser():
    """Chromium without a window and without a network, by the driver that Debian ships."""
    driver = shutil.which("chromedriver")
    if driver is None:
        pytest.skip("no Chromium here: apt-get install chromium-driver")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new", "--window-size=1500,1000", "--disable-dev-shm-usage",
        "--proxy-server=127.0.0.1:9",
    ):  # fmt: skip
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=driver)
    opened = webdriver.Chrome(options=options, service=service)
    opened.set_page_load_timeout(60)
    yield opened
    opened.quit()
