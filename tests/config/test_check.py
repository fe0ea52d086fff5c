"""`deepexpr check`: every kind of mistake has one message, asserted in full."""

from pathlib import Path

import pytest
import yaml

from deepexpr.cli import main

MISTAKES = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text())


def make(mistake: dict, path: Path) -> None:
    """Put one mistake into a file that is in order."""
    if isinstance(mistake["new"], float):
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * mistake["new"])])
    elif "old" not in mistake:
        path.write_text(mistake["new"])
    else:
        text = path.read_text()
        assert mistake["old"] in text
        times = -1 if mistake["old"] == "\t" else 1
        path.write_text(text.replace(mistake["old"], mistake["new"], times))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["name"])
def test_each_mistake_is_named(project, capsys, mistake):
    make(mistake, project / mistake["file"])
    assert main(["check", "--configfile", "config.yaml"]) == 1
    says = mistake["says"].replace("{folder}", str(project))
    assert capsys.readouterr().err == f"deepexpr check: error: {says}"


def test_what_is_in_order_passes(project, capsys):
    assert main(["check", "--configfile", "config.yaml"]) == 0
    assert capsys.readouterr().out == "No problems: 2 samples of 1 cell lines, 2 units.\n"
