"""The demo's report, clicked through in Chromium, which has no network."""

import pytest

pytestmark = pytest.mark.slow

#: In the order of the paper, after what was run and what was found.
CATEGORIES = ["1. Summary", "2. Data", "3. Network", "4. Performance", "5. Motifs", "6. Quality"]


@pytest.fixture(scope="module")
def page(browser, demo_run):
    from report_page import ReportPage

    return ReportPage(browser, demo_run / "results" / "report.html")


def test_categories_stand_in_the_papers_order(page):
    assert page.categories() == CATEGORIES


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_result_is_shown_and_has_its_caption(page, category):
    labels = page.open_category(category)
    assert labels
    assert len(set(labels)) == len(labels)
    for number, label in enumerate(labels):
        page.show(number)
        assert len(page.caption(category, number)) > 60, label
    assert page.errors == []
    assert page.outside == set()


def test_every_figure_of_the_run_is_in_the_report(page, demo_run):
    listed = [page.labels.get(name) or page.open_category(name) for name in CATEGORIES]
    shown = [label for labels in listed for label in labels]
    made = list((demo_run / "results" / "figures").glob("*.png"))
    pages = list((demo_run / "results").glob("*.html"))
    assert len(shown) == len(made) + len(pages) - 1, shown  # less the report itself


def test_the_page_in_ten_lines_opens_alone(browser, demo_run):
    browser.get((demo_run / "results" / "summary.html").as_uri())
    text = browser.find_element("tag name", "body").text
    assert "What was run on what" in text
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_the_report_stays_small(demo_run):
    assert (demo_run / "results" / "report.html").stat().st_size < 15e6


def test_tables_are_searched_sorted_and_lead_to_loops(browser, demo_run):
    """As a reader does it: the strongest predictions of one line, then the loops of the first."""
    from selenium.webdriver.support.ui import WebDriverWait

    def find(selector):
        return browser.find_elements("css selector", selector)

    browser.get((demo_run / "results" / "tables.html").as_uri())
    WebDriverWait(browser, 20, poll_frequency=0.05).until(lambda _: find("tbody tr"))
    assert [tab.text.split()[0] for tab in find("button.tab")] == ["genes", "loops", "scores"]
    find("input")[0].send_keys("alpha loops>=3")
    headings = [heading.text for heading in find("th")]
    column = headings.index(next(h for h in headings if h.startswith("Predicted percentile")))
    find("th")[column].click()
    rows = [[cell.text for cell in row.find_elements("css selector", "td")] for row in find("tr")]
    shown = [row for row in rows if row]
    assert {row[0] for row in shown} == {"Alpha"}
    assert all(int(row[headings.index("Loops")]) >= 3 for row in shown)
    percentiles = [int(row[column]) for row in shown]
    assert percentiles == sorted(percentiles, reverse=True)
    gene = shown[0][1]
    find("tbody a")[0].click()
    assert find("input")[0].get_attribute("value") == f"cellline=Alpha genes={gene}"
    assert len(find("tbody tr")) == int(shown[0][headings.index("Loops")])
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_a_gene_is_chosen_in_the_genome_browser(browser, demo_run):
    """Its place is shown with the arcs of its loops, a gene is found by name, and all offline."""
    from report_page import RESOURCES
    from selenium.webdriver.support.ui import WebDriverWait

    def shown():
        return browser.execute_script(
            "return document.querySelector('#igv').shadowRoot.querySelector('input').value"
        )

    browser.get((demo_run / "results" / "browser.demo.html").as_uri())
    wait = WebDriverWait(browser, 60, poll_frequency=0.1)
    wait.until(lambda b: b.find_elements("css selector", "#igv[data-ready]"))
    rows = browser.find_elements("css selector", ".list tbody tr")
    assert len(rows) == 90
    first = shown()
    rows[1].click()
    wait.until(lambda _: shown() != first)
    browser.find_element("css selector", "#genes input").send_keys("gamma")
    assert {row.text.split()[0] for row in rows if row.is_displayed()} == {"Gamma"}
    tracks = browser.execute_script(
        "return document.querySelector('#igv').shadowRoot.querySelectorAll('canvas').length"
    )
    assert tracks >= 10  # genes, and three of each cell line
    assert browser.execute_script(RESOURCES) == []
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_requests_for_anything_outside_are_noticed(browser, tmp_path):
    """A page that needs the network leaves an error and an entry: the tests above can fail."""
    from report_page import RESOURCES

    path = tmp_path / "page.html"
    path.write_text("<title>x</title><img src='http://localhost:9/x.png'>")
    browser.get_log("browser")  # what earlier pages left
    browser.get(path.as_uri())
    assert browser.execute_script(RESOURCES) == ["http://localhost:9/x.png"]
    assert [entry["level"] for entry in browser.get_log("browser")] == ["SEVERE"]
