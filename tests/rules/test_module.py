"""The workflow as others use it: a module of their own workflow, as the catalogue describes."""

import re
import subprocess
import sys

import pytest
import yaml
from workflow_copy import ROOT, Workflow

from deepexpr.config.settings import read_config


@pytest.mark.slow
def test_it_runs_as_a_module_of_another_workflow(tmp_path):
    """The example of docs/site/howto/module.md, with the demo's configuration."""
    (tmp_path / "deepexpr-workflow").mkdir()
    workflow = Workflow.copied_to(tmp_path / "deepexpr-workflow")
    own = tmp_path / "config/mine/config.yaml"
    own.parent.mkdir(parents=True)
    demo = read_config([ROOT / "config/demo/config.yaml"])
    own.write_text(yaml.safe_dump(demo | {name: f"deepexpr-workflow/{demo[name]}"
                                          for name in ("samples", "units")}))  # fmt: skip
    page = (ROOT / "docs/site/howto/module.md").read_text()
    (tmp_path / "Snakefile").write_text(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1])
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", "--quiet", "rules"]
    done = subprocess.run(
        command, cwd=tmp_path, env=workflow.environment(), text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"^train_network +\d+$", done.stdout, re.MULTILINE)
    assert re.search(r"^everything +1$", done.stdout, re.MULTILINE)
