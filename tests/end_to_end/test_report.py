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


def test_requests_for_anything_outside_are_noticed(browser, tmp_path):
    """A page that needs the network leaves an error and an entry: the tests above can fail."""
    from report_page import RESOURCES

    path = tmp_path / "page.html"
    path.write_text("<title>x</title><img src='http://localhost:9/x.png'>")
    browser.get(path.as_uri())
    assert browser.execute_script(RESOURCES) == ["http://localhost:9/x.png"]
    assert [entry["level"] for entry in browser.get_log("browser")] == ["SEVERE"]
