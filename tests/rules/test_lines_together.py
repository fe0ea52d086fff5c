"""With training.trainer: stacked one job trains a network of all cell lines that are alike."""

import re

import pytest
import yaml


def jobs(text, rule):
    """Outputs of each job of a rule in a dry run."""
    found = re.findall(
        rf"^rule {rule}:.*?^ *output: ([^\n]*)", text, flags=re.DOTALL | re.MULTILINE
    )
    return [output.split(", ") for output in found]


@pytest.mark.parametrize("trainer", ["stacked", "sequential"])
def test_a_job_for_all_lines_and_for_kinds_of_one_line_its_own(workflow, trainer):
    """The distance scan of the demo is of Alpha alone."""
    settings = {"training": {"trainer": trainer}}
    (workflow.folder / "more.yaml").write_text(yaml.safe_dump(settings))
    text = workflow.run("-n", "--configfile", "config/demo/config.yaml", "more.yaml")
    together, alone = jobs(text, "train_lines"), jobs(text, "train_network")
    lines = ["Alpha", "Beta", "Gamma"]
    if trainer == "sequential":
        assert not together
        assert len(alone) == 19
        return
    assert len(together) == 6
    for outputs in together:
        bundles = [path.split("/") for path in outputs if path.endswith("/bundle")]
        assert [path[2] for path in bundles] == lines
        assert len(outputs) == 9
        assert len({tuple(path[3:]) for path in bundles}) == 1
    assert [outputs[0] for outputs in alone] == [
        "results/models/Alpha/regression/K5/full-100kb/bundle"
    ]
