"""The demo, reduced to two cell lines and a run of a few minutes."""

from pathlib import Path

import yaml
from workflow_copy import Workflow

#: Two lines are what cross-cell-line prediction needs; the demo has three.
LEFT_OUT = "Gamma"
SHEETS = ("samples", "units")
TINY = {
    "simulate": {"scale": 0.1},
    "loops": {"iterations": 200},
    "evaluation": {"folds": [3], "main_folds": 3, "tasks": ["regression"], "distances": []},
    "training": {"epochs": 3, "distal_epochs": 3, "members": 1},
    "baselines": {"regression": ["lasso"]},
    "motifs": {
        "enhancers": 20,
        "enhancer_motifs": 1,
        "null_shuffles": 1,
        "cismodule": {"iterations": 10, "burn_in": 5, "chains": 1},
    },
    "figures": {"formats": ["png"]},
}
ARGUMENTS = ("--configfile", "config/demo/config.yaml", "tiny.yaml")


def make(folder):
    """A copy of the workflow set up for the tiny run."""
    workflow = Workflow.copied_to(folder)
    sheets = {name: f"tiny.{name}.tsv" for name in SHEETS}
    for name, path in sheets.items():
        lines = Path(folder, f"config/demo/{name}.tsv").read_text().splitlines(keepends=True)
        Path(folder, path).write_text("".join(x for x in lines if not x.startswith(LEFT_OUT)))
    (folder / "tiny.yaml").write_text(yaml.safe_dump(TINY | sheets))
    return workflow
