"""The configuration's page says what the schemas say."""

from deepexpr.config.documentation import config_page


def test_page_is_what_the_schemas_say(root):
    page = (root / "config/README.md").read_text()
    assert page == config_page(), "run `make docs`"
